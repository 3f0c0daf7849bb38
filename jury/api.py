"""REST routes of the jury, for leads: its jurors, and its runs."""

from typing import ClassVar

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_202_ACCEPTED

from corpus.access import Role
from corpus.api import NewestFirst, NumberedView, ProjectView
from corpus.errors import Refused
from jury import actions, queries, tasks, workers
from jury.models import Ballot, Juror, Run
from jury.serializers import ConveneSerializer, JurorSerializer, as_run


class Jurors(ProjectView):
    """The jurors of a project by name, and a new one on its panel."""

    least_role: ClassVar[Role] = Role.LEAD

    def get(self, request: Request, slug: str) -> Response:
        jurors = Juror.objects.filter(project=self.project).exclude(asks=[]).select_related("prompt").order_by("name")
        return Response(JurorSerializer(jurors, many=True).data)

    def post(self, request: Request, slug: str) -> Response:
        body = JurorSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        juror = actions.add_juror(project=self.project, by=self.access.user, **body.validated_data)
        return Response(JurorSerializer(juror).data, status=HTTP_201_CREATED)


class RunPages(NewestFirst):
    page_size = 20


class Runs(ProjectView):
    """The runs of a project, the latest first, and a new one: 202, for it goes on in the workers."""

    least_role: ClassVar[Role] = Role.LEAD

    def get(self, request: Request, slug: str) -> Response:
        pages = RunPages()
        runs = Run.objects.filter(project=self.project).select_related("project")
        page = pages.paginate_queryset(runs, request, view=self) or []
        return pages.get_paginated_response([as_run(run) for run in page])

    def post(self, request: Request, slug: str) -> Response:
        body = ConveneSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        jurors = queries.panel(self.project, wanted["jurors"])
        if not workers.worker_answers():
            raise Refused("No worker is running, so nothing was started. Start one with `make run`.")
        run = actions.start_run(
            project=self.project,
            jurors=jurors,
            limit=wanted["limit"],
            budget_usd=wanted["budget_usd"],
            budget_calls=wanted["max_calls"],
            asks_again=[Ballot.Outcome.FAILED.value, *wanted["retry"]],
            uses_cache=wanted["cache"],
            by=self.access.user,
        )
        tasks.enqueue(run)
        return Response(as_run(run), status=HTTP_202_ACCEPTED)


class RunView(NumberedView):
    """A route of one run, found in its project, or by its number alone."""

    least_role: ClassVar[Role] = Role.LEAD
    part, slug_from = "run", (Run, "project__slug")

    def run_named(self, number: int) -> Run:
        """
        :raises Http404: if the project has no such run
        """
        try:
            return queries.run_of(self.project, number)
        except Refused as error:
            raise Http404(str(error)) from error


class RunDetail(RunView):
    """One run, and how far it is."""

    def get(self, request: Request, run: int, slug: str = "") -> Response:
        return Response(as_run(self.run_named(run)))


class RunChange(RunView):
    """Pause a run, let it go on, or cancel it; 409 where its state does not allow it."""

    def post(self, request: Request, run: int, verb: str, slug: str = "") -> Response:
        found, by = self.run_named(run), self.access.user
        if verb == "pause":
            found = actions.pause_run(run=found, by=by)
        elif verb == "cancel":
            found = actions.cancel_run(run=found, by=by)
        elif verb == "resume":
            found = actions.resume_run(run=found, by=by)
            tasks.enqueue(found)
        else:
            raise Http404(f"A run can be told to pause, resume or cancel, not {verb}.")
        return Response(as_run(found))

"""REST routes of jurors, generators and runs, for leads."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListCreateAPIView, RetrieveUpdateAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_202_ACCEPTED

from corpus.access import Role
from corpus.api.base import PAGE, NewestFirst, NumberedView, ProjectView, page_of
from corpus.errors import Refused
from corpus.models import TokenGrant
from jury import actions, queries, tasks
from jury.models import Ballot, Juror, Run
from jury.serializers import (
    ConveneSerializer,
    GeneratorSerializer,
    JurorSerializer,
    ModelSerializer,
    PromptSerializer,
    TrySerializer,
    as_prompt,
    as_run,
    as_runs,
    as_trial,
)
from jury.shapes import PromptInFull, PromptShape, RunShape, TrialShape
from jury.starting import start_with_worker


class Jurors(ProjectView, ListCreateAPIView[Juror]):
    """List the jurors of a project by name, or add one."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"
    scope: ClassVar[str] = TokenGrant.Scope.JURY
    queryset = Juror.objects.none()
    serializer_class: type[ModelSerializer] = JurorSerializer
    pagination_class = None

    def get_queryset(self) -> QuerySet[Juror]:
        """Return the jurors of the project."""
        return queries.jurors_of(self.project)

    def perform_create(self, serializer: Any) -> None:
        """Add the juror."""
        serializer.save(project=self.project, by=self.access.user)


class Generators(Jurors):
    """List the generators of a project by name, or add one."""

    serializer_class = GeneratorSerializer

    def get_queryset(self) -> QuerySet[Juror]:
        """Return the generators of the project."""
        return queries.generators_of(self.project)


class JurorDetail(NumberedView, RetrieveUpdateAPIView[Juror]):
    """A juror. Limits and prices may change, and the fields of its requests until it has answered."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"
    scope: ClassVar[str] = TokenGrant.Scope.JURY
    http_method_names = ("get", "patch", "head", "options")
    part = lookup_url_kwarg = "juror"
    slug_from = (Juror, "project__slug")
    queryset = Juror.objects.none()
    serializer_class: type[ModelSerializer] = JurorSerializer

    def get_queryset(self) -> QuerySet[Juror]:
        """Return the jurors of the project."""
        return queries.jurors_of(self.project)

    def perform_update(self, serializer: Any) -> None:
        """Change the juror."""
        serializer.save(by=self.access.user)


class GeneratorDetail(JurorDetail):
    """A generator. Limits and prices may change, and the fields of its requests until it has answered."""

    part = lookup_url_kwarg = "generator"
    serializer_class = GeneratorSerializer

    def get_queryset(self) -> QuerySet[Juror]:
        """Return the generators of the project."""
        return queries.generators_of(self.project)


class TryJuror(NumberedView):
    """Ask a juror or generator about one dialogue; nothing is stored. Suggests settings if they are refused."""

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"
    scope: ClassVar[str] = TokenGrant.Scope.JURY
    part, slug_from = "juror", (Juror, "project__slug")

    @extend_schema(request=TrySerializer, responses={200: TrialShape})
    def post(self, request: Request, slug: str = "", **number: int) -> Response:
        body = TrySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        found = get_object_or_404(self.candidates(), pk=number[self.part])
        item = body.validated_data["item"]
        trial = actions.try_juror(project=self.project, juror=found, item=item, by=self.access.user)
        return Response(as_trial(trial))

    def candidates(self) -> QuerySet[Juror]:
        """Return what the number may be of: jurors and generators of the project."""
        return Juror.objects.filter(project=self.project).select_related("prompt")


class TryGenerator(TryJuror):
    """Ask a generator about one dialogue; nothing is stored. Suggests settings if they are refused."""

    part = "generator"

    def candidates(self) -> QuerySet[Juror]:
        """Return the generators of the project."""
        return queries.generators_of(self.project)


class RunPages(NewestFirst):
    """Pages of runs. Smaller than usual: the answers to each run are counted."""

    page_size = 20


class Runs(ProjectView):
    """List the runs of a project, latest first, or start one: 202, since workers carry it out."""

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"
    scope: ClassVar[str] = TokenGrant.Scope.JURY

    @extend_schema(parameters=PAGE, responses={200: page_of(RunShape)})
    def get(self, request: Request, slug: str) -> Response:
        pages = RunPages()
        runs = Run.objects.filter(project=self.project).select_related("project")
        page = pages.paginate_queryset(runs, request, view=self) or []
        return pages.get_paginated_response(as_runs(page))

    @extend_schema(request=ConveneSerializer, responses={202: RunShape})
    def post(self, request: Request, slug: str) -> Response:
        body = ConveneSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        run = start_with_worker(
            actions.start_run,
            project=self.project,
            jurors=queries.panel(self.project, data["jurors"]),
            limit=data["limit"],
            budget_usd=data["budget_usd"],
            budget_calls=data["max_calls"],
            asks_again=[Ballot.Outcome.FAILED.value, *data["retry"]],
            uses_cache=data["cache"],
            allow_trained=data["allow_trained"],
            by=self.access.user,
        )
        return Response(as_run(run), status=HTTP_202_ACCEPTED)


class RunView(NumberedView):
    """Base of the routes of one run, addressed within its project or by its number alone."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"
    scope: ClassVar[str] = TokenGrant.Scope.JURY
    part, slug_from = "run", (Run, "project__slug")

    def run_named(self, number: int) -> Run:
        """
        Return a run of the project.

        :raises Http404: if the project has no such run
        """
        try:
            return queries.find_run(self.project, number)
        except Refused as error:
            raise Http404(str(error)) from error


class RunDetail(RunView):
    """One run and its progress."""

    @extend_schema(responses={200: RunShape})
    def get(self, request: Request, run: int, slug: str = "") -> Response:
        return Response(as_run(self.run_named(run)))


class PauseRun(RunView):
    """Pause a run; 409 if its state does not allow it."""

    @extend_schema(request=None, responses={200: RunShape})
    def post(self, request: Request, run: int, slug: str = "") -> Response:
        return Response(as_run(actions.pause_run(run=self.run_named(run), by=self.access.user)))


class ResumeRun(RunView):
    """Resume a paused run; 409 if its state does not allow it."""

    @extend_schema(request=None, responses={200: RunShape})
    def post(self, request: Request, run: int, slug: str = "") -> Response:
        resumed = actions.resume_run(run=self.run_named(run), by=self.access.user)
        tasks.enqueue_soon(resumed)
        return Response(as_run(resumed))


class CancelRun(RunView):
    """Cancel a run and keep its answers; 409 if its state does not allow it."""

    @extend_schema(request=None, responses={200: RunShape})
    def post(self, request: Request, run: int, slug: str = "") -> Response:
        return Response(as_run(actions.cancel_run(run=self.run_named(run), by=self.access.user)))


class Prompts(ProjectView):
    """The prompt versions that a project may use, by name; and a new one, which never changes: 201."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"
    scope: ClassVar[str] = TokenGrant.Scope.JURY

    @extend_schema(responses={200: list[PromptShape]})
    def get(self, request: Request, slug: str) -> Response:
        versions = queries.prompts_for(self.project).select_related("project")
        return Response([as_prompt(version) for version in versions])

    @extend_schema(request=PromptSerializer, responses={201: PromptInFull})
    def post(self, request: Request, slug: str) -> Response:
        body = PromptSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        version = actions.freeze_prompt(project=self.project, by=self.access.user, **body.validated_data)
        return Response({**as_prompt(version), "text": version.text}, status=HTTP_201_CREATED)


class PromptDetail(ProjectView):
    """One prompt version with its text."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"

    @extend_schema(responses={200: PromptInFull})
    def get(self, request: Request, slug: str, prompt: str) -> Response:
        try:
            version = queries.prompt_named(prompt, self.project)
        except Refused as error:
            raise Http404(f"There is no prompt version {prompt!r} here.") from error
        return Response({**as_prompt(version), "text": version.text})

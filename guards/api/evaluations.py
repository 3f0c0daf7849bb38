"""REST routes of benchmarks and evaluations, for leads."""

from collections.abc import Generator
from contextlib import ExitStack
from typing import ClassVar

import orjson
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED

from corpus.access import Role
from corpus.api.base import PAGE, NewestFirst, ProjectView, page_of
from corpus.models import TokenGrant
from corpus.snapshot import snapshot
from guards import queries
from guards.figures.report import report
from guards.models import Evaluation
from guards.serializers import EvaluationSerializer, as_benchmark, as_contamination, as_evaluation, as_evaluations
from guards.shapes import BenchmarkShape, ContaminationShape, EvaluationShape, ReportShape, VerdictShape
from guards.starting import start_evaluation_with_worker
from jury import queries as jury_queries
from releases.streaming import joined, streaming_response, take_slot


class GuardView(ProjectView):
    """A route of guards, for leads."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "guards"
    scope: ClassVar[str] = TokenGrant.Scope.JURY

    def evaluation_numbered(self, number: int) -> Evaluation:
        """
        Return an evaluation of the project.

        :raises Http404: if the project has none of that number
        """
        try:
            return queries.find_evaluation(self.project, number)
        except queries.NoSuchEvaluation as error:
            raise Http404(str(error)) from error


class Benchmarks(GuardView):
    """The benchmarks of a project, by name. `add_benchmark` adds one from its file."""

    @extend_schema(responses={200: list[BenchmarkShape]})
    def get(self, request: Request, slug: str) -> Response:
        return Response([as_benchmark(each) for each in queries.benchmarks_of(self.project)])


class BenchmarkContamination(GuardView):
    """Which dialogues of the project stand in a benchmark, word for word or nearly; workers compare them."""

    @extend_schema(responses={200: ContaminationShape})
    def get(self, request: Request, slug: str, benchmark: str) -> Response:
        try:
            return Response(as_contamination(queries.find_benchmark(self.project, benchmark)))
        except queries.NoSuchBenchmark as error:
            raise Http404(str(error)) from error


class EvaluationPages(NewestFirst):
    """Pages of evaluations. Smaller than usual: the verdicts of each are counted."""

    page_size = 20


class Evaluations(GuardView):
    """List the evaluations of a project, latest first, or start one: 202, since workers carry it out."""

    heavy_methods = ("POST",)

    @extend_schema(parameters=PAGE, responses={200: page_of(EvaluationShape)})
    def get(self, request: Request, slug: str) -> Response:
        pages = EvaluationPages()
        page = pages.paginate_queryset(queries.evaluations_of(self.project), request, view=self) or []
        return pages.get_paginated_response(as_evaluations(page))

    @extend_schema(request=EvaluationSerializer, responses={202: EvaluationShape})
    def post(self, request: Request, slug: str) -> Response:
        body = EvaluationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        [juror] = jury_queries.panel(self.project, [data["juror"]])
        evaluation = start_evaluation_with_worker(
            project=self.project,
            juror=juror,
            benchmark=queries.find_benchmark(self.project, data["benchmark"]),
            transforms=data["transforms"],
            limit=data["limit"],
            budget_usd=data["budget_usd"],
            budget_calls=data["max_calls"],
            uses_cache=data["cache"],
            keeps_near=data["keep_near"],
            by=self.access.user,
        )
        return Response(as_evaluation(evaluation), status=HTTP_202_ACCEPTED)


class EvaluationDetail(GuardView):
    """One evaluation with its figures, made from the verdicts there are."""

    @extend_schema(responses={200: ReportShape})
    def get(self, request: Request, slug: str, evaluation: int) -> Response:
        found = self.evaluation_numbered(evaluation)
        return Response({**as_evaluation(found), "report": report(queries.evaluated_cases(found))})


class Verdicts(GuardView):
    """The verdicts of an evaluation as JSON lines, case by case, each followed by those on its transformed texts."""

    @extend_schema(responses={(200, "application/x-ndjson"): list[VerdictShape]})
    def get(self, request: Request, slug: str, evaluation: int) -> HttpResponseBase:
        found = self.evaluation_numbered(evaluation)
        with take_slot() as slot:
            lines = verdict_lines(found, slot.pop_all())
            next(lines)  # a generator that has not begun frees nothing when it is closed, as after HEAD
        return streaming_response(request, lines, "jsonl", name=f"{slug}-evaluation-{found.pk}.jsonl")


def verdict_lines(evaluation: Evaluation, slot: ExitStack) -> Generator[bytes]:
    """Yield an empty block, then blocks of JSON lines. Closing the generator ends the snapshot and frees the slot."""
    with slot, snapshot():
        yield b""
        with connection.cursor() as cursor:  # a statement lasts as long as its reader takes
            cursor.execute(f"SET LOCAL statement_timeout = '{settings.EXPORT_SECONDS}s'")
        yield from joined(
            orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in queries.stream_verdicts(evaluation)
        )

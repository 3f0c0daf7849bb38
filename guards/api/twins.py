"""The REST route of sets of twins, for leads."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from guards import actions, queries
from guards.api.evaluations import GuardView
from guards.serializers import TwinsSerializer, as_benchmark
from guards.shapes import BenchmarkShape
from guards.twins.templates import parse_templates, shipped_templates


class Twins(GuardView):
    """
    The sets of twins of a project, by name; and a new one: texts that differ in the identity group they name.

    201 with the set, which is a benchmark without labels. The same again is the one there is.
    """

    heavy_methods = ("POST",)

    @extend_schema(responses={200: list[BenchmarkShape]})
    def get(self, request: Request, slug: str) -> Response:
        return Response([as_benchmark(each) for each in queries.benchmarks_of(self.project) if each.is_of_twins])

    @extend_schema(request=TwinsSerializer, responses={201: BenchmarkShape})
    def post(self, request: Request, slug: str) -> Response:
        body = TwinsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        shipped = shipped_templates() if data["shipped"] else None
        made = actions.make_twins(
            project=self.project,
            name=data["name"],
            task=data["task"],
            templates=parse_templates(data["templates"]) if data["templates"] else shipped,
            uses_dialogues=data["dialogues"],
            by=self.access.user,
        )
        return Response(as_benchmark(made), status=HTTP_201_CREATED)

"""The REST route that starts a generator, for leads."""

from typing import ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED

from corpus.access import Role
from corpus.api.base import NumberedView
from corpus.models import TokenGrant
from jury.models import Juror
from jury.queries import generators_of
from jury.serializers import BudgetSerializer, as_run
from jury.shapes import RunShape
from jury.starting import start_with_worker
from workspace import actions


class Generate(NumberedView):
    """
    Have a generator write responses or refusals, as its prompt says, for the items that lack one.

    202 with the run, since workers carry it out; `/jury-runs/` shows, pauses, resumes and cancels it.
    """

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "jury"
    scope: ClassVar[str] = TokenGrant.Scope.JURY
    part, slug_from = "generator", (Juror, "project__slug")

    @extend_schema(request=BudgetSerializer, responses={202: RunShape})
    def post(self, request: Request, generator: int, slug: str = "") -> Response:
        body = BudgetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        chosen = get_object_or_404(generators_of(self.project), pk=generator)
        run = start_with_worker(
            actions.start_generator,
            project=self.project,
            generator=chosen,
            by=self.access.user,
            **body.validated_data,
        )
        return Response(as_run(run), status=HTTP_202_ACCEPTED)

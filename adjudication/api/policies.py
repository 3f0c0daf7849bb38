"""REST routes of a project's recount and its policy, for leads."""

import time
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from adjudication import actions, queries
from adjudication.actions.policy_change import compare, proposal
from adjudication.policy_diff import Kind
from adjudication.serializers.policies import ChangePolicySerializer, CompareSerializer, as_difference
from adjudication.shapes import ComparedShape, DifferenceShape, RecountShape
from corpus.access import Role
from corpus.api.base import ProjectView


class Recount(ProjectView):
    """Recount every item now, and answer with the counts, as `adjudicate` does."""

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(request=None, responses={200: RecountShape})
    def post(self, request: Request, slug: str) -> Response:
        began = time.monotonic()
        counted = actions.recount(project=self.project)
        seconds = round(time.monotonic() - began, 3)
        return Response({**queries.decision_counts(self.project, counted.policy), "seconds": seconds})


class ComparePolicy(ProjectView):
    """What would change under another policy, from what to what, and which items, in pages."""

    heavy_methods = ("GET",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(parameters=[CompareSerializer], responses={200: ComparedShape})
    def get(self, request: Request, slug: str) -> Response:
        asked = CompareSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        size, offset = given["page_size"], (given["page"] - 1) * given["page_size"]
        found = compare(
            self.project,
            proposal(self.project, **asked.wanted()),
            kind=Kind(given["field"], given["before"], given["after"]),
            limit=size,
            offset=offset,
        )
        following = given["page"] + 1 if offset + size < found.total else None
        compared: ComparedShape = {
            **as_difference(found),
            "total": found.total,
            "next_page": following,
            "changes": found.rows,
        }
        return Response(compared)


class Policy(ProjectView):
    """Change the policy of the project, and recount it at once."""

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(request=ChangePolicySerializer, responses={200: DifferenceShape})
    def post(self, request: Request, slug: str) -> Response:
        asked = ChangePolicySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        reason = asked.validated_data["reason"]
        done = actions.change_policy(project=self.project, by=self.access.user, reason=reason, **asked.wanted())
        return Response(as_difference(done))

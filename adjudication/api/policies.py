"""REST routes of a project's recount and its policy, for leads."""

import time
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from adjudication import actions, queries
from adjudication.actions.policy_change import compare, proposal
from adjudication.policy_diff import ChangeFilter
from adjudication.serializers.policies import ChangePolicySerializer, CompareSerializer, as_difference
from adjudication.shapes import ComparedShape, DifferenceShape, RecountShape
from adjudication.visible_opinions import note_items_shown
from corpus.access import Role
from corpus.api.base import ProjectView


class Recount(ProjectView):
    """Recount every item now, and return the counts, as `adjudicate` does."""

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
    """The labels and cases that would change under another policy, with the changed items in pages."""

    heavy_methods = ("GET",)
    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(parameters=[CompareSerializer], responses={200: ComparedShape})
    def get(self, request: Request, slug: str) -> Response:
        asked = CompareSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        size, offset = data["page_size"], (data["page"] - 1) * data["page_size"]
        difference = compare(
            self.project,
            proposal(self.project, **asked.to_settings()),
            matching=ChangeFilter(data["field"], data["before"], data["after"]),
            limit=size,
            offset=offset,
        )
        note_items_shown(self.access.user, self.project, [row["id"] for row in difference.rows])
        compared: ComparedShape = {
            **as_difference(difference),
            "total": difference.total,
            "next_page": data["page"] + 1 if offset + size < difference.total else None,
            "changes": difference.rows,
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
        changes = actions.change_policy(project=self.project, by=self.access.user, reason=reason, **asked.to_settings())
        return Response(as_difference(changes))

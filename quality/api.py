"""The REST route of a project's figures, for leads."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.access import Role
from corpus.api.base import ProjectView
from quality import actions
from quality.shapes import MetricsShape


class Metrics(ProjectView):
    """The figures of the project as they were last measured; nothing is computed for the answer."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(responses={200: MetricsShape})
    def get(self, request: Request, slug: str) -> Response:
        found = actions.reports_of(self.project)
        state = actions.state_of(self.project, found)
        figures: MetricsShape = {
            "policy": self.project.policy,
            "as_of": state.as_of,
            "is_current": state.is_current,
            "is_being_measured": state.is_being_measured,
            "reports": {kind: report.content for kind, report in found.items()},
        }
        return Response(figures)

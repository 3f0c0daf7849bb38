"""The REST route of a project's figures, for leads."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.access import Role
from corpus.api.base import ProjectView
from quality.queries.freshness import freshness_of, latest_reports
from quality.shapes import MetricsShape


class Metrics(ProjectView):
    """The figures of the project as of its last measurement; the request computes nothing."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(responses={200: MetricsShape})
    def get(self, request: Request, slug: str) -> Response:
        reports = latest_reports(self.project)
        freshness = freshness_of(self.project, reports)
        figures: MetricsShape = {
            "policy": self.project.policy,
            "as_of": freshness.as_of,
            "is_current": freshness.is_current,
            "is_being_measured": freshness.is_being_measured,
            "reports": {kind: report.content for kind, report in reports.items()},
        }
        return Response(figures)

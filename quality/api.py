"""The REST routes of a project's figures, for leads."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from adjudication.panel_scores import ScoreBy
from corpus.access import Role
from corpus.api.base import ProjectView
from corpus.models import Project
from quality.actions import publish_perspectives, watch_promise
from quality.models import Perspectives, Report
from quality.queries.freshness import freshness_of, latest_reports
from quality.queries.perspectives import next_attempt, publications
from quality.reports.audit import AUDIT, latest_promise
from quality.reports.certified import EVIDENCE, error_and_risk, promise_figures, score_asked
from quality.reports.disagreement import EXAMPLES
from quality.serializers import PromiseSerializer
from quality.shapes import CertifiedShape, MetricsShape, PerspectivesShape, PublicationShape, WatchedShape

INTERNAL = (EVIDENCE, EXAMPLES)
"Kinds of reports that are not shown as they are: they tell of single items."


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
            "reports": {kind: report.content for kind, report in reports.items() if kind not in INTERNAL},
        }
        return Response(figures)


class PerspectivesView(ProjectView):
    """What was published of groups of people by what they say of themselves; never of few, and of no person."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(responses={200: PerspectivesShape})
    def get(self, request: Request, slug: str) -> Response:
        found = list(publications(self.project))
        shape: PerspectivesShape = {
            "next_at": next_attempt(found[0] if found else None),
            "publications": [as_publication(each) for each in found],
        }
        return Response(shape)

    @extend_schema(request=None, responses={201: PublicationShape})
    def post(self, request: Request, slug: str) -> Response:
        """Publish how groups compare by questions that were never published; once a week at most, else 409."""
        made = publish_perspectives(project=self.project, by=self.access.user)
        return Response(as_publication(made), status=HTTP_201_CREATED)


def as_publication(made: Perspectives) -> PublicationShape:
    """Return a publication as JSON."""
    return {"made_at": made.made_at, "divisions": made.content["divisions"]}


class CertifiedLabels(ProjectView):
    """
    What the jurors could decide alone, at a promised error and risk, as of the last measurement.

    With confidence 1 - risk, at most the share `error` of these labels differs from what people would say. POST has
    this promise watched.
    """

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(parameters=[PromiseSerializer], responses={200: CertifiedShape})
    def get(self, request: Request, slug: str) -> Response:
        asked = PromiseSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        terms = terms_asked(self.project, asked.validated_data)
        reports = latest_reports(self.project)
        freshness, report = freshness_of(self.project, reports), reports.get(EVIDENCE)
        found: CertifiedShape = {
            "as_of": freshness.as_of,
            "is_current": freshness.is_current,
            "promise": None,
            "watched": watched_shape(self.project, reports),
        }
        if report:
            found["promise"] = promise_figures(report.content, **terms)
        return Response(found)

    @extend_schema(request=PromiseSerializer, responses={201: WatchedShape})
    def post(self, request: Request, slug: str) -> Response:
        asked = PromiseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        terms = terms_asked(self.project, asked.validated_data)
        watch_promise(project=self.project, by=self.access.user, **terms)
        return Response(watched_shape(self.project, latest_reports(self.project)), status=201)


def terms_asked(project: Project, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return error, risk and score that are asked for; by default those of the project."""
    error, risk = error_and_risk(project, asked.get("error"), asked.get("risk"))
    return {"error": error, "risk": risk, "score_by": score_asked(project, asked.get("score_by"))}


def watched_shape(project: Project, reports: Mapping[str, Report]) -> WatchedShape | None:
    """Return the promise that is watched, and how it stands; None if none was made."""
    promise, report = latest_promise(project), reports.get(AUDIT)
    if promise is None:
        return None
    found: WatchedShape = {
        "made_at": promise.made_at,
        "follows": promise.follows,
        "error": promise.error,
        "risk": promise.risk,
        "thresholds": {
            field: {"agreeing": agreeing, "counted": counted}
            for field, (agreeing, counted) in promise.thresholds.items()
        },
        "fields": report.content["fields"] if report and report.content["promise"] == promise.pk else [],
        "broken_at": promise.broken_at,
    }
    if promise.score_by != ScoreBy.SHARE:
        found["score_by"] = promise.score_by
    return found

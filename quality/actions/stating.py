"""Keep what the papers of releases state of the figures that are measured and published."""

from collections.abc import Iterable
from datetime import UTC, datetime

from adjudication.models import StatedFigures
from corpus.models import Project
from corpus.queries import category_names
from quality.models import Report
from quality.reports.bias import BIAS
from quality.reports.disagreement import DISAGREEMENT
from quality.reports.page_rows import Content
from quality.reports.stated import stated_bias, stated_disagreement, stated_perspectives

Kind = StatedFigures.Kind
UPDATED = ["policy", "content", "made_at"]


def state_reports(project: Project, reports: Iterable[Report]) -> None:
    """Keep what papers state of the reports of a measurement, in the place of what the last one said."""
    by_kind = {report.kind: report for report in reports}
    disagreement, bias = by_kind[DISAGREEMENT], by_kind[BIAS]
    contents = {
        Kind.DISAGREEMENT: stated_disagreement(disagreement.content, category_names(project)),
        Kind.BIAS: stated_bias(bias.content),
    }
    for kind, content in contents.items():
        keep(project, kind, content, bias.computed_at, policy=bias.policy)


def state_perspectives(project: Project, published: Content, at: datetime) -> None:
    """Keep what papers state of a publication, beside what they state of those before."""
    row = StatedFigures.objects.filter(project=project, kind=Kind.PERSPECTIVES).first()
    earlier = row.content["divisions"] if row else []
    divisions = stated_perspectives(earlier, published, f"{at.astimezone(UTC):%Y-%m-%d}")
    if divisions != earlier:
        keep(project, Kind.PERSPECTIVES, {"divisions": divisions}, at)


def keep(project: Project, kind: Kind, content: Content, at: datetime, *, policy: str = "") -> None:
    """Store one kind of figures."""
    row = StatedFigures(project=project, kind=kind, content=content, made_at=at, policy=policy)
    StatedFigures.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["project", "kind"], update_fields=UPDATED
    )

"""How far a project is, for its first page."""

from dataclasses import dataclass
from typing import Any

from adjudication import queries
from adjudication.models import Decision
from corpus.models import Item, Project

STATUSES = ("decided", "settled", "disputed", "pending")
LATEST = 12


@dataclass(frozen=True)
class Bar:
    """A stretch of the progress bar; start and width in percent, as text that no locale changes."""

    status: str
    name: str
    count: int
    start: str
    width: str


@dataclass(frozen=True)
class Overview:
    project: Project
    items: int
    votes: int
    ballots: int
    bars: list[Bar]
    latest: list[dict[str, Any]]


def overview(project: Project) -> Overview:
    """Give the counts as of the last recount; what is not counted yet is pending."""
    counts = queries.decision_counts(project, project.policy)
    items = Item.objects.filter(project=project).count()
    counts["pending"] += items - counts["items"]
    votes, ballots = queries.opinion_counts(project)
    return Overview(project, items, votes, ballots, bars(counts, items), queries.latest_labels(project, LATEST))


def bars(counts: dict[str, Any], items: int) -> list[Bar]:
    drawn, start = [], 0.0
    for status in STATUSES:
        width = 100 * counts[status] / items if items else 0.0
        drawn.append(Bar(status, Decision.Status(status).label, counts[status], f"{start:.3f}", f"{width:.3f}"))
        start += width
    return drawn

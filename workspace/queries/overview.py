"""How far a project is, for its first page."""

from dataclasses import dataclass
from typing import Any

from adjudication.models import Decision
from adjudication.queries import decision_counts
from annotation.models import Vote
from corpus.models import Category, Item, Project
from jury.models import Ballot
from workspace.queries import overview as queries

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
    """Return the counts as of the last recount; what is not counted yet is pending."""
    counts = decision_counts(project, project.policy)
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


def opinion_counts(project: Project) -> tuple[int, int]:
    """Count the current votes of people and the cast ballots of models."""
    votes = Vote.objects.filter(annotator__project=project, is_current=True).count()
    ballots = Ballot.objects.filter(juror__project=project, is_current=True, outcome=Ballot.Outcome.CAST).count()
    return votes, ballots


def latest_labels(project: Project, count: int) -> list[dict[str, Any]]:
    """Return the labels that were decided last, without any text of their dialogues."""
    decided = Decision.objects.filter(
        item__project=project,
        item__withdrawn_at=None,
        policy=project.policy,
        status__in=[Decision.Status.DECIDED, Decision.Status.SETTLED],
    ).select_related("item")
    names = dict(Category.objects.filter(taxonomy_id=project.taxonomy_id).values_list("slug", "name"))
    return [
        {
            "external_id": decision.item.external_id,
            "prompt": decision.prompt_label,
            "response": decision.response_label,
            "categories": [names.get(slug, slug) for slug in decision.categories],
            "decided_by": decision.get_decided_by_display(),
        }
        for decision in decided.order_by("-changed_at", "item__external_id")[:count]
    ]

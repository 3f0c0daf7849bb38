"""The progress and the latest labels of a project, for its overview and the home page."""

from dataclasses import dataclass
from typing import Any

from adjudication.models import Decision
from adjudication.queries import decision_counts
from annotation.queries import votes_in
from corpus.kept import item_count, kept_if_large
from corpus.models import Category, Project
from jury.models import Ballot
from jury.queries import ballots_in
from releases.models import Release

STATUSES = ("decided", "settled", "disputed", "pending")
BY_MAJORITY = "By majority"
"The name of the bar of decided items: the funnel calls those and the settled ones decided."
LATEST_LABELS = 12


@dataclass(frozen=True)
class Bar:
    """One part of the progress bar. Start and width are percentages, formatted independently of the locale."""

    status: str
    name: str
    count: int
    start: str
    width: str


@dataclass(frozen=True)
class Step:
    """One step of the way from an imported dialogue to a released one."""

    name: str
    count: int
    share: str
    "Percentage of the imported items, formatted independently of the locale."
    meaning: str


@dataclass(frozen=True)
class Overview:
    """How far a project is."""

    project: Project
    items: int
    votes: int
    ballots: int
    bars: list[Bar]
    released: int
    "Items in the newest release; 0 if there is none."

    @property
    def decided(self) -> int:
        """Return the number of items decided by majority or settled."""
        return sum(bar.count for bar in self.bars if bar.status in {"decided", "settled"})

    @property
    def funnel(self) -> list[Step]:
        """Return the steps from imported to released. Items whose opinions are not counted yet are not labelled yet."""
        by_status = {bar.status: bar.count for bar in self.bars}
        settled = by_status.get("settled", 0)
        decided = f"{by_status.get('decided', 0):,} by majority, {settled:,} settled"
        labelled = sum(bar.count for bar in self.bars if bar.status != "pending")
        counts = (
            ("Imported", self.items, "dialogues in the project"),
            ("Labelled", labelled, "enough people or jurors have judged them"),
            ("Decided", self.decided, decided),
            ("Released", self.released, "in the newest release"),
        )
        return [Step(name, count, f"{percentage(count, self.items):.1f}", meaning) for name, count, meaning in counts]


def percentage(count: int, total: int) -> float:
    """Return a share in percent, at most 100; 0 of nothing."""
    return min(100.0, 100 * count / total) if total else 0.0


def overview(project: Project) -> Overview:
    """Return the counts of the last recount; items without a decision yet are pending."""
    counts = kept_if_large(project, f"statuses {project.policy}", lambda: decision_counts(project, project.policy))
    items = item_count(project)
    counts["pending"] += items - counts["items"]
    votes, ballots = kept_if_large(project, "opinions", lambda: opinion_counts(project))
    newest = Release.objects.filter(project=project).order_by("-made_at", "-pk").first()
    return Overview(project, items, votes, ballots, progress_bars(counts, items), newest.rows if newest else 0)


def progress_bars(counts: dict[str, Any], items: int) -> list[Bar]:
    """Return the parts of the progress bar from left to right."""
    parts, start = [], 0.0
    for status in STATUSES:
        width = 100 * counts[status] / items if items else 0.0
        name = BY_MAJORITY if status == "decided" else Decision.Status(status).label
        parts.append(Bar(status, name, counts[status], f"{start:.3f}", f"{width:.3f}"))
        start += width
    return parts


def opinion_counts(project: Project) -> tuple[int, int]:
    """Return the numbers of current human votes and of cast ballots."""
    votes = votes_in(project).filter(is_current=True).count()
    ballots = ballots_in(project).filter(is_current=True, outcome=Ballot.Outcome.CAST).count()
    return votes, ballots


def latest_labels(project: Project, count: int) -> list[dict[str, Any]]:
    """Return the items decided last with their labels, without the text of the dialogues."""
    decided = Decision.objects.filter(
        item__project=project,
        item__withdrawn_at=None,
        policy=project.policy,
        status__in=[Decision.Status.DECIDED, Decision.Status.SETTLED],
    ).order_by("-changed_at", "item__external_id")
    # Sorted by their keys alone: with the dialogues, all of a million would be read from their table.
    latest = Decision.objects.filter(pk__in=list(decided.values_list("pk", flat=True)[:count]))
    names = dict(Category.objects.filter(taxonomy_id=project.taxonomy_id).values_list("slug", "name"))
    return [
        {
            "external_id": decision.item.external_id,
            "prompt": decision.prompt_label,
            "response": decision.response_label,
            "categories": [names.get(slug, slug) for slug in decision.categories],
            "decided_by": decision.get_decided_by_display(),
        }
        for decision in latest.select_related("item").order_by("-changed_at", "item__external_id")
    ]

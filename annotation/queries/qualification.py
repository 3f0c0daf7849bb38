"""Read the qualification of a project: its set, a person's attempts, and figures for leads."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from annotation.models import Annotator, AttemptItem, Check, Gold, Qualification, QualificationAttempt, Slot, Vote
from annotation.qualifying import Comparison, compare_with_gold
from annotation.queries.votes import asked_fields
from annotation.session import read_session
from corpus.labels import FIELDS, NEEDS_RESPONSE, Judgement, Label, label_columns_of
from corpus.models import Project

OFTEN_FAILED = 0.5
"A gold item that more than this share of people answers otherwise may itself be wrong."
FEW_ANSWERS = 3
"Below so many answers, a share says nothing."


def qualification_of(project: Project) -> Qualification:
    """Return how people qualify in a project; the defaults, switched off, if nothing is stored."""
    return Qualification.objects.filter(project=project).first() or Qualification(project=project)


def caution_of(project: Project) -> str:
    """Return what needs_caution counts as in a project: every policy's own is safe (domain.md 3)."""
    return str(project.caution or Label.SAFE)


def usable_gold(project: Project, *uses: str) -> QuerySet[Gold]:
    """
    Return the gold labels of these uses that have a label for every field people are asked for, with their items.

    Withdrawn items are left out.
    """
    rows = Gold.objects.filter(project=project, use__in=uses, item__withdrawn_at=None).select_related("item")
    for name in asked_fields(project):
        has_label = Q(**{f"{name}__isnull": False})
        rows = rows.filter(has_label | Q(item__has_response=False) if name in NEEDS_RESPONSE else has_label)
    return rows.order_by("pk")


def practice_gold(project: Project, user: User) -> QuerySet[Gold]:
    """
    Return the gold labels that a person may practise with, unordered.

    Those set apart for practice, and the qualification's for people who need not pass it any more; none that the
    person has voted on or has to label now, nor in their qualification, for the answer would tell them what to vote.
    """
    session = read_session(project, user)
    uses = [Gold.Use.PRACTICE] if session.must_qualify else [Gold.Use.PRACTICE, Gold.Use.QUALIFICATION]
    rows = usable_gold(project, *uses).exclude(item__author=user)
    votes = Vote.objects.filter(item=OuterRef("item"), annotator=session.annotator)
    held = Slot.objects.filter(item=OuterRef("item"), leased_to=session.annotator)
    checked = Check.objects.filter(item=OuterRef("item"), annotator=session.annotator)
    attempts = QualificationAttempt.objects.filter(annotator=session.annotator, ended_at=None)
    waiting = AttemptItem.objects.filter(item=OuterRef("item"), attempt__in=attempts)
    rows = rows.filter(~Exists(votes), ~Exists(held), ~Exists(checked), ~Exists(waiting))
    return rows.exclude(item__expected_categories__overlap=session.avoided)


@dataclass(frozen=True)
class Standing:
    """How far a person is with the qualification of a project."""

    must_qualify: bool
    qualification: Qualification
    attempts: list[QualificationAttempt] = field(default_factory=list)
    "The oldest first; the last one may be under way."
    granted: int = 0
    current: AttemptItem | None = None
    "The item to answer next, with its item."
    answered: int = 0
    total: int = 0
    "Items of the attempt that is under way, without those withdrawn before an answer."

    @property
    def running(self) -> QualificationAttempt | None:
        """Return the attempt that is under way, if one is."""
        return next((attempt for attempt in self.attempts if attempt.ended_at is None), None)

    @property
    def held(self) -> AttemptItem | None:
        """Return the item to answer next if it was shown to the person: it is theirs to finish, also at a limit."""
        return self.current if self.current and self.current.shown_at else None

    @property
    def ended(self) -> list[QualificationAttempt]:
        """Return the attempts that have a result, the newest first."""
        return [attempt for attempt in reversed(self.attempts) if attempt.ended_at]

    @property
    def attempts_left(self) -> int:
        """Return how many attempts the person may still begin."""
        return max(0, self.qualification.attempts + self.granted - len(self.attempts))


def standing_of(project: Project, user: User) -> Standing:
    """Return how far a person is with the qualification of a project."""
    must_qualify, qualification = read_session(project, user).must_qualify, qualification_of(project)
    annotator = Annotator.objects.filter(project=project, user=user).first()
    if annotator is None:
        return Standing(must_qualify, qualification)
    attempts = list(QualificationAttempt.objects.filter(annotator=annotator).order_by("number", "pk"))
    running = next((attempt for attempt in attempts if attempt.ended_at is None), None)
    items = list(asked_items(running)) if running else []
    return Standing(
        must_qualify,
        qualification,
        attempts=attempts,
        granted=annotator.granted_attempts,
        current=next((each for each in items if each.answered_at is None), None),
        answered=sum(each.answered_at is not None for each in items),
        total=len(items),
    )


def asked_items(attempt: QualificationAttempt) -> QuerySet[AttemptItem]:
    """Return the items of an attempt in its order: those answered, and those that are not withdrawn."""
    rows = AttemptItem.objects.filter(attempt=attempt).select_related("item")
    return rows.filter(Q(answered_at__isnull=False) | Q(item__withdrawn_at=None)).order_by("position")


def answer_of(item: AttemptItem) -> Judgement:
    """Return a person's answer to an item of an attempt."""
    return Judgement(
        **label_columns_of(item),
        categories=tuple(item.categories),
        other_text=item.other_text,
        rationale=item.rationale,
    )


def gold_of(item: AttemptItem) -> Judgement:
    """Return the gold label that an item of an attempt is compared with; its reason as the rationale."""
    labels = label_columns_of(item, prefix="gold_")
    return Judgement(**labels, categories=tuple(item.gold_categories), rationale=item.gold_reason)


def comparison_of(item: AttemptItem, attempt: QualificationAttempt) -> Comparison:
    """Compare the answer to an item of an attempt with its gold label, by the attempt's own rules."""
    return compare_with_gold(
        answer_of(item), gold_of(item), caution=attempt.caution, with_categories=attempt.compares_categories
    )


PEOPLE = """
    SELECT u.id, u.username, a.is_qualified, coalesce(a.granted_attempts, 0), count(t.id), count(t.ended_at),
        max(t.ended_at) FILTER (WHERE t.has_passed), max(100 * t.agreed / greatest(t.compared, 1))
    FROM corpus_member m JOIN auth_user u ON u.id = m.user_id
    LEFT JOIN annotation_annotator a ON a.project_id = m.project_id AND a.user_id = m.user_id
    LEFT JOIN annotation_qualificationattempt t ON t.annotator_id = a.id
    WHERE m.project_id = %(project)s AND (m.role = 'annotator' OR t.id IS NOT NULL)
    GROUP BY u.id, u.username, a.is_qualified, a.granted_attempts ORDER BY u.username
"""


def people_who_qualify(project: Project) -> list[dict[str, Any]]:
    """
    Return the annotators of a project, and whoever made an attempt, by name.

    Each has `user`, `name`, `is_qualified`, the attempts `granted`, begun (`attempts`), `ended` and `left`, when they
    `passed_at`, and the `best` percentage.
    """
    keys = ("user", "name", "is_qualified", "granted", "attempts", "ended", "passed_at", "best")
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"project": project.pk})
        rows = [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]
    allowed = qualification_of(project).attempts
    return [row | {"left": max(0, allowed + row["granted"] - row["attempts"])} for row in rows]


def failures_by_item(project: Project) -> dict[int, dict[str, Any]]:
    """
    Return how often each item of ended attempts was answered, and answered otherwise than its gold label.

    :return: by primary key of the item: `answers`, `failed`, and whether it is `often_failed`
    """
    rows = AttemptItem.objects.filter(attempt__annotator__project=project, attempt__ended_at__isnull=False)
    counts: dict[int, dict[str, Any]] = {}
    for each in rows.filter(answered_at__isnull=False).select_related("attempt"):
        count = counts.setdefault(each.item_id, {"answers": 0, "failed": 0})
        count["answers"] += 1
        count["failed"] += not comparison_of(each, each.attempt).is_equal
    for count in counts.values():
        is_enough = count["answers"] >= FEW_ANSWERS
        count["often_failed"] = is_enough and count["failed"] > OFTEN_FAILED * count["answers"]
    return counts


def unusable_count(project: Project, *uses: str) -> int:
    """Count the gold labels of these uses that lack a label people are asked for, or whose item is withdrawn."""
    return Gold.objects.filter(project=project, use__in=uses).count() - usable_gold(project, *uses).count()


def gold_judgement(gold: Gold) -> Judgement:
    """Return a gold label as a judgement; its reason as the rationale."""
    labels = {str(name): getattr(gold, name) for name in FIELDS}
    return Judgement(**labels, categories=tuple(gold.categories), rationale=gold.reason)

"""Reads of cases, named for what comes back. What shows an opinion says so, and is for who has answered blind."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from adjudication.models import BlindAnswer, Case, CaseSettings, Decision
from adjudication.policies import Kind, Policy, policy_of
from annotation.models import Slot, Vote
from corpus.labels import Field
from corpus.models import Item, Project
from jury.models import Ballot

STATES = ("open", "settled", "stale", "second", "reopened", "closed")
MARGINS = {"0": "Even as cast", "1": "1", "2": "2 or more"}


@dataclass(frozen=True)
class CaseFilter:
    """Which cases of a project are asked for; an empty filters asks for all."""

    state: str = "open"
    "One of STATES: `stale` and `second` are settled ones with new opinions, or that want a second answer."
    field: str = ""
    "A label field that is disputed."
    source: str = ""
    category: str = ""
    "A slug that an opinion names."
    margin: str = ""
    "One of MARGINS: how far apart safe and unsafe are as cast, before needs_caution is counted to a side."


def cases_matching(project: Project, filters: CaseFilter) -> QuerySet[Case]:
    """Return the cases that match with their items, in no order."""
    found = Case.objects.filter(item__project=project).select_related("item", "adjudicator", "holder")
    found = of_state(found, project, filters.state)
    if filters.source:
        found = found.filter(item__source=filters.source)
    if filters.field:
        column = {Field.PROMPT: "prompt_status", Field.RESPONSE: "response_status"}[Field(filters.field)]
        disputed = own_decisions(project).filter(**{column: "disputed"})
        found = found.filter(Exists(disputed))
    if filters.category:
        found = found.filter(Exists(naming(Vote, filters.category)) | Exists(naming(Ballot, filters.category)))
    if filters.margin:
        found = found.filter(item__in=items_by_margin(project, filters.field, filters.margin))
    return found


def of_state(cases: QuerySet[Case], project: Project, state: str) -> QuerySet[Case]:
    if state == "stale":
        return cases.filter(Exists(own_decisions(project).filter(stale=True)), state=Case.State.SETTLED)
    if state == "second":
        return cases.filter(~Exists(second_answers()), state=Case.State.SETTLED, wants_second=True)
    return cases.filter(state=state, item__withdrawn_at=None) if state == Case.State.OPEN else cases.filter(state=state)


def own_decisions(project: Project) -> QuerySet[Decision]:
    """Return the decision of a case's item under the project's own policy, for a subquery."""
    return Decision.objects.filter(item=OuterRef("item"), policy=project.policy)


def settled_count(project: Project) -> int:
    """Count the settlements ever made, those reopened since too."""
    made = [Case.State.SETTLED, Case.State.REOPENED]
    return Case.objects.filter(item__project=project, state__in=made, adjudicator__isnull=False).count()


def second_answers() -> QuerySet[BlindAnswer]:
    return BlindAnswer.objects.filter(case=OuterRef("pk"), is_second=True)


def naming(model: Any, category: str) -> QuerySet[Any]:
    """Return the counted votes, or ballots, on a case's item that name a category, for a subquery."""
    names = Q(categories__contains=[category])
    if category == "needs_caution":  # the label names the category of that slug
        names |= Q(prompt_label="needs_caution") | Q(response_label="needs_caution")
    found: QuerySet[Any] = model.objects.filter(names, counted(model), item=OuterRef("item"))
    return found


def counted(model: Any) -> Q:
    return Q(is_current=True) if model is Vote else Q(is_current=True, outcome=Ballot.Outcome.CAST)


BY_MARGIN = """
SELECT item_id FROM (
    SELECT o.item_id, abs(count(*) FILTER (WHERE label = 'unsafe') - count(*) FILTER (WHERE label = 'safe')) AS margin
    FROM ({opinions}) AS o JOIN adjudication_decision d ON d.item_id = o.item_id AND d.policy = %(policy)s
    WHERE CASE o.field WHEN 'prompt_label' THEN d.prompt_status ELSE d.response_status END = 'disputed'
        AND (%(field)s = '' OR o.field = %(field)s)
    GROUP BY o.item_id, o.field
) AS each WHERE CASE %(margin)s WHEN '2' THEN margin >= 2 ELSE margin::text = %(margin)s END
"""


def items_by_margin(project: Project, label_field: str, margin: str) -> list[int]:
    policy = policy_of(project)
    parameters: dict[str, Any] = {"project": project.pk, "policy": policy.name, "field": label_field, "margin": margin}
    with connection.cursor() as cursor:
        cursor.execute(BY_MARGIN.format(opinions=" UNION ALL ".join(labels_heard(policy))), parameters)
        return [row[0] for row in cursor.fetchall()]


def labels_heard(policy: Policy) -> list[str]:
    """Return a query for the labels of each field by each kind of opinion that the policy listens to there."""
    tables = {Kind.HUMAN: ("annotation_vote", ""), Kind.LLM: ("jury_ballot", "AND outcome = 'cast'")}
    return [
        f"""SELECT item_id, '{name}' AS field, {name} AS label FROM {tables[kind][0]} x
            JOIN corpus_item i ON i.id = item_id AND i.project_id = %(project)s WHERE is_current {tables[kind][1]}"""
        for name, kinds in ((Field.PROMPT, policy.prompt_kinds), (Field.RESPONSE, policy.response_kinds))
        for kind in sorted(kinds)
    ]


def within_reach(cases: QuerySet[Case], user: User) -> QuerySet[Case]:
    """Keep the open cases a person could be handed: nobody else's, not voted on by them, not waiting for votes."""
    own = Vote.objects.filter(item=OuterRef("item"), annotator__user=user)
    slots = Slot.objects.filter(item=OuterRef("item"), vote=None)
    is_free = Q(holder=None) | Q(held_until__lt=Now()) | Q(holder=user)
    return cases.filter(is_free, ~Exists(own), Q(sent_back_at=None) | ~Exists(slots))


def case_settings_of(project: Project) -> CaseSettings:
    """Return how a project settles its cases; what nobody has said is as it is for all."""
    return CaseSettings.objects.filter(project=project).first() or CaseSettings(project=project)


Answers = Sequence[BlindAnswer]


def blind_answer(case: Case, user: User) -> BlindAnswer | None:
    return own_of(answers_on([case])[case.pk], user)


def second_answer(case: Case) -> BlindAnswer | None:
    return second_of(answers_on([case])[case.pk])


def answers_on(cases: Sequence[Case]) -> dict[int, list[BlindAnswer]]:
    """Return all blind answers on each of some cases, in one query."""
    found: dict[int, list[BlindAnswer]] = {case.pk: [] for case in cases}
    for answer in BlindAnswer.objects.filter(case__in=list(found)).select_related("adjudicator").order_by("pk"):
        found[answer.case_id].append(answer)
    return found


def own_of(answers: Answers, user: User) -> BlindAnswer | None:
    return next((answer for answer in answers if answer.adjudicator_id == user.pk), None)


def second_of(answers: Answers) -> BlindAnswer | None:
    return next((answer for answer in answers if answer.is_second), None)


def may_read_settlement(case: Case, user: User, answers: Answers) -> bool:
    """Whether a settlement may be shown to a person: not while they could still be the one to label it blind."""
    is_past = not case.wants_second or second_of(answers) is not None
    return is_past or case.adjudicator_id == user.pk or own_of(answers, user) is not None


def stale_among(project: Project, cases: Sequence[Case]) -> set[int]:
    """Name those of some cases whose settlement stands while opinions have changed since, in one query."""
    items = {case.item_id: case.pk for case in cases if case.state == Case.State.SETTLED}
    stale = Decision.objects.filter(item__in=list(items), policy=project.policy, stale=True)
    return {items[item] for item in stale.values_list("item", flat=True)}


def fields_of(project: Project, item: Item) -> tuple[str, ...]:
    """Return the label fields to settle: those the project wants and the item has."""
    return tuple(name for name in project.fields if item.has_response or name == Field.PROMPT)


@dataclass(frozen=True)
class ShownOpinion:
    """A vote or a ballot as an adjudicator reads it."""

    rater: str
    "A pseudonym for a person, a juror by its name."
    kind: str
    version: str
    "Of the guideline or the prompt."
    cast_at: datetime
    prompt_label: str | None = None
    response_label: str | None = None
    categories: list[str] = field(default_factory=list)
    other_text: str = ""
    rationale: str = ""
    outcome: str = "cast"
    reason: str = ""
    "Why it is not cast."
    raw_reply: str = ""
    ballot: int | None = None

    @property
    def is_counted(self) -> bool:
        return self.outcome == "cast"


def opinions_on(project: Project, item: Item) -> list[ShownOpinion]:
    """Return the standing opinions on an item, people first; for who has answered blind."""
    votes = Vote.objects.filter(item=item, is_current=True).select_related("annotator", "guideline")
    ballots = (
        Ballot.objects.filter(item=item, is_current=True).select_related("juror", "prompt").order_by("juror__name")
    )
    shown = [
        ShownOpinion(
            rater=pseudonym(project, vote.annotator),
            kind=Kind.HUMAN.value,
            version=vote.guideline.name,
            **said(vote),
        )
        for vote in votes
    ]
    # By pseudonym: any other order would tell who is who.
    return sorted(shown, key=lambda each: each.rater) + [
        ShownOpinion(
            rater=ballot.juror.name,
            kind=Kind.LLM.value,
            version=ballot.prompt.name,
            outcome=ballot.outcome,
            reason=ballot.reason,
            raw_reply=ballot.raw_reply,
            ballot=ballot.pk,
            **said(ballot),
        )
        for ballot in ballots
    ]


def said(opinion: Any) -> dict[str, Any]:
    names = ("prompt_label", "response_label", "categories", "other_text", "rationale", "cast_at")
    return {name: getattr(opinion, name) for name in names}


def pseudonym(project: Project, annotator: Any) -> str:
    """Name a person as releases do: by nothing but a number that only the project can make again."""
    if annotator.released_as:
        return str(annotator.released_as)
    name = annotator.name if annotator.user_id is None else f"@{annotator.name}"
    return "human-" + hashlib.sha256(f"{project.salt}:human:{name}".encode()).hexdigest()[:12]


def seen_by(item: Item) -> tuple[list[int], list[int]]:
    """Return the primary keys of the votes and the ballots that count on an item, in order."""
    votes = Vote.objects.filter(counted(Vote), item=item).order_by("pk").values_list("pk", flat=True)
    ballots = Ballot.objects.filter(counted(Ballot), item=item).order_by("pk").values_list("pk", flat=True)
    return list(votes), list(ballots)


def mark_of(seen: tuple[Sequence[int], Sequence[int]]) -> str:
    """Make a short mark of the opinions shown, which is another one once they have changed."""
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def sources_of(project: Project) -> list[str]:
    """Return the sources that cases come from, by name."""
    cases = Case.objects.filter(item__project=project).exclude(item__source="")
    return sorted(set(cases.values_list("item__source", flat=True)))


def counts_of(project: Project) -> dict[str, int]:
    """Count the cases of a project by what a filters may ask for."""
    cases = Case.objects.filter(item__project=project)
    return {state: of_state(cases, project, state).count() for state in STATES}

"""The history of one item, in time order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from adjudication.models import BlindAnswer, Case, Decision
from adjudication.queries import cases
from annotation.models import Audit, Vote
from corpus.errors import Refused
from corpus.models import Event, Item
from jury.models import Ballot

# Subjects are names of many things; these are the nouns whose subject is an item's id.
NOUNS = ("item.", "items.", "vote.", "case.", "lease.", "gold.")


class BlindFirst(Refused):
    code = "blind_first"


@dataclass(frozen=True)
class Entry:
    """One thing that happened to an item, or that was said of it."""

    at: datetime
    kind: str
    "item, vote, ballot, decision, case, blind, settlement, audit or event."
    what: str
    "In words."
    who: str = ""
    prompt_label: str | None = None
    response_label: str | None = None
    categories: list[str] = field(default_factory=list)
    text: str = ""
    "A rationale or a reason, as written."
    is_current: bool = True
    "False for what no longer counts."
    ballot: int | None = None
    case: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def check_may_read(item: Item, user: User) -> None:
    """
    :raises BlindFirst: if the person has the item's case in hand, and has not labelled it blind
    """
    held = Case.objects.filter(item=item, holder=user, state=Case.State.OPEN).first()
    if held and cases.blind_answer(held, user) is None:
        raise BlindFirst("You have this dialogue in hand as a case. Label it blind first, or let the case go.")


def history_of(item: Item) -> list[Entry]:
    """Return all that is known of an item, the oldest first."""
    entries = [*begun(item), *votes(item), *ballots(item), *decisions(item), *of_cases(item), *audits(item)]
    return sorted([*entries, *events(item)], key=lambda entry: entry.at)


def begun(item: Item) -> Iterator[Entry]:
    yield Entry(item.imported_at, "item", "imported", text=item.source)


def votes(item: Item) -> Iterator[Entry]:
    superseded = set(Vote.objects.filter(item=item, supersedes__isnull=False).values_list("supersedes", flat=True))
    for vote in Vote.objects.filter(item=item).select_related("annotator", "guideline"):
        what = "vote" if not vote.supersedes_id else "corrected vote"
        what += ", superseded since" if vote.pk in superseded else ""
        if not vote.is_current and vote.pk not in superseded:
            what = "vote that only checked the person"
        yield Entry(
            kind="vote",
            what=f"{what}, guideline {vote.guideline}",
            who=vote.annotator.name,
            is_current=vote.is_current,
            detail={"vote": vote.pk, "supersedes": vote.supersedes_id, "other_text": vote.other_text},
            **spoken(vote),
        )


def ballots(item: Item) -> Iterator[Entry]:
    for ballot in Ballot.objects.filter(item=item).select_related("juror", "prompt"):
        what = f"ballot, {ballot.get_outcome_display().lower()}, prompt {ballot.prompt}"
        yield Entry(
            kind="ballot",
            what=what if ballot.is_current else f"{what}, asked again since",
            who=ballot.juror.name,
            is_current=ballot.is_current,
            ballot=ballot.pk,
            detail={"outcome": ballot.outcome, "reason": ballot.reason, "other_text": ballot.other_text},
            **spoken(ballot),
        )


def spoken(opinion: Any) -> dict[str, Any]:
    names = ("prompt_label", "response_label", "categories")
    return {"at": opinion.cast_at, "text": opinion.rationale} | {name: getattr(opinion, name) for name in names}


def decisions(item: Item) -> Iterator[Entry]:
    for decision in Decision.objects.filter(item=item):
        yield Entry(
            decision.changed_at,
            "decision",
            f"{decision.status} under {decision.policy}" + (", stale" if decision.stale else ""),
            prompt_label=decision.prompt_label,
            response_label=decision.response_label,
            categories=decision.categories,
            detail={"policy": decision.policy, "status": decision.status, "stale": decision.stale},
        )


def of_cases(item: Item) -> Iterator[Entry]:
    for case in Case.objects.filter(item=item).select_related("adjudicator"):
        yield Entry(case.opened_at, "case", "case opened", case=case.pk)
        if case.adjudicator and case.closed_at:
            holds = case.state == Case.State.SETTLED
            yield Entry(
                case.closed_at,
                "settlement",
                "case settled" if holds else "case settled; reopened since",
                who=case.adjudicator.username,
                prompt_label=case.prompt_label,
                response_label=case.response_label,
                categories=case.categories,
                text=case.reason,
                is_current=holds,
                case=case.pk,
            )
        elif case.state == Case.State.CLOSED and case.closed_at:
            yield Entry(case.closed_at, "case", "case closed: later opinions decided it", case=case.pk)
    for answer in BlindAnswer.objects.filter(case__item=item).select_related("adjudicator"):
        yield Entry(
            answer.answered_at,
            "blind",
            "second answer, blind" if answer.is_second else "blind answer",
            who=answer.adjudicator.username,
            prompt_label=answer.prompt_label,
            response_label=answer.response_label,
            categories=answer.categories,
            text=answer.note,
            case=answer.case_id,
        )


def audits(item: Item) -> Iterator[Entry]:
    for audit in Audit.objects.filter(item=item, audited_at__isnull=False).select_related("auditor"):
        if audit.audited_at and audit.auditor:
            yield Entry(
                audit.audited_at,
                "audit",
                "audit",
                who=audit.auditor.username,
                prompt_label=audit.prompt_label,
                response_label=audit.response_label,
                categories=audit.categories,
                text=audit.reason,
            )


def events(item: Item) -> Iterator[Entry]:
    about = Q()
    for noun in NOUNS:
        about |= Q(verb__startswith=noun)
    found = Event.objects.filter(about, project=item.project_id, subject=item.external_id).select_related("actor")
    for event in found:
        who = event.actor.username if event.actor else ""
        yield Entry(event.at, "event", event.verb, who=who, detail=event.detail)

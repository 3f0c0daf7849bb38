"""Everything known about one item, in time order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adjudication.case_states import State
from adjudication.consensus import RULES
from adjudication.models import AnswerDecision, BlindAnswer, Case, Decision
from adjudication.policies import POLICIES
from adjudication.queries.audit_log import verb_label
from adjudication.queries.opinions import Opinions, sightings_of
from annotation.models import Audit, Vote
from corpus.labels import FIELDS
from corpus.models import ITEM_VERBS, Event, Item, Project
from jury.models import Ballot


@dataclass(frozen=True)
class Entry:
    """One thing that happened to an item, or one opinion on it."""

    at: datetime
    kind: str
    "item, vote, ballot, decision, case, blind, settlement, audit or event."
    what: str
    "In words; the verb, for an event."
    who: str = ""
    prompt_label: str | None = None
    response_label: str | None = None
    categories: list[str] = field(default_factory=list)
    "Slugs, in the order chosen."
    answers: dict[str, Any] = field(default_factory=dict)
    "Answers to questions, by key."
    text: str = ""
    "A rationale or a reason, as written."
    is_current: bool = True
    "False for what no longer counts."
    ballot: int | None = None
    case: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What happened, as a heading."""
        return verb_label(self.what) if self.kind == "event" else self.what[:1].upper() + self.what[1:]


def history_of(opinions: Opinions) -> list[Entry]:
    """Return everything known about the item of these opinions, the oldest first."""
    item = opinions.item
    entries = [
        Entry(item.imported_at, "item", "imported", text=item.source),
        *vote_entries(opinions),
        *ballot_entries(opinions),
        *decision_entries(item),
        *case_entries(item),
        *blind_answer_entries(item),
        *audit_entries(item),
        *event_entries(item),
    ]
    return sorted(entries, key=lambda entry: entry.at)


def vote_entries(opinions: Opinions) -> Iterator[Entry]:
    """Return an entry for every vote, superseded or not."""
    votes = list(opinions.votes)
    superseded = {vote.supersedes_id for vote in votes}
    for vote in votes:
        what = "vote" if not vote.supersedes_id else "corrected vote"
        what += ", superseded since" if vote.pk in superseded else ""
        if not vote.is_current and vote.pk not in superseded:
            what = "vote that only checked the person"
        yield Entry(
            vote.cast_at,
            "vote",
            f"{what}, guideline {vote.guideline}",
            who=vote.annotator.name,
            text=vote.rationale,
            is_current=vote.is_current,
            detail={"vote": vote.pk, "supersedes": vote.supersedes_id, "other_text": vote.other_text},
            **labels_of(vote),
        )


def ballot_entries(opinions: Opinions) -> Iterator[Entry]:
    """Return an entry for every ballot, of any outcome."""
    for ballot in opinions.ballots:
        what = f"ballot, {ballot.get_outcome_display().lower()}, prompt {ballot.prompt}"
        yield Entry(
            ballot.cast_at,
            "ballot",
            what if ballot.is_current else f"{what}, asked again since",
            who=ballot.juror.name,
            text=ballot.rationale,
            is_current=ballot.is_current,
            ballot=ballot.pk,
            detail={"outcome": ballot.outcome, "reason": ballot.reason, "other_text": ballot.other_text},
            **labels_of(ballot),
        )


def labels_of(judged: Vote | Ballot | Decision | Case | BlindAnswer | Audit) -> dict[str, Any]:
    """Return the labels, the categories and the answers of anything that has them, by field name."""
    return {str(name): getattr(judged, name) for name in (*FIELDS, "categories")} | {
        "answers": getattr(judged, "answers", {})
    }


def decision_entries(item: Item) -> Iterator[Entry]:
    """Return an entry for the decision under each policy; one by earlier rules or settings is not current."""
    answers = decided_answers(item) if item.project.has_questions else {}
    for decision in Decision.objects.filter(item=item):
        is_current = is_by_rules_in_force(decision, item.project)
        what = f"{decision.status} under {decision.policy}" + (", stale" if decision.stale else "")
        names = ("policy", "status", "stale", "rules", "quorum", "caution")
        yield Entry(
            decision.changed_at,
            "decision",
            what if is_current else f"{what}, by earlier rules or settings",
            is_current=is_current,
            detail={name: getattr(decision, name) for name in names},
            **labels_of(decision) | {"answers": answers.get(decision.policy, {})},
        )


def decided_answers(item: Item) -> dict[str, dict[str, Any]]:
    """Return the decided and settled answers by policy and by key of the question."""
    decided: dict[str, dict[str, Any]] = {}
    rows = AnswerDecision.objects.filter(item=item, value__isnull=False)
    for policy, key, value in rows.values_list("policy", "question__key", "value"):
        decided.setdefault(policy, {})[key] = value
    return decided


def is_by_rules_in_force(decision: Decision, project: Project) -> bool:
    """Return whether the present rules, and the present settings of its policy, made a decision."""
    policy = POLICIES.get(decision.policy)
    if policy is None:
        return False
    policy = policy.with_settings(quorum=project.quorum, caution=project.caution)
    return (decision.rules, decision.quorum, decision.caution) == (RULES, policy.quorum, policy.caution)


def case_entries(item: Item) -> Iterator[Entry]:
    """Return entries for the opening of each case, and for its settlement or closing."""
    for case in Case.objects.filter(item=item).select_related("adjudicator"):
        yield Entry(case.opened_at, "case", "case opened", case=case.pk)
        if case.adjudicator and case.closed_at:
            is_settled = case.state == State.SETTLED
            yield Entry(
                case.closed_at,
                "settlement",
                "case settled" if is_settled else "case settled; reopened since",
                who=case.adjudicator.username,
                text=case.reason,
                is_current=is_settled,
                case=case.pk,
                **labels_of(case),
            )
        elif case.state == State.CLOSED and case.closed_at:
            yield Entry(case.closed_at, "case", "case closed: later opinions decided it", case=case.pk)


def blind_answer_entries(item: Item) -> Iterator[Entry]:
    """Return an entry for every blind answer on the item's cases."""
    for blind in BlindAnswer.objects.filter(case__item=item).select_related("adjudicator"):
        yield Entry(
            blind.answered_at,
            "blind",
            "second answer, blind" if blind.is_second else "blind answer",
            who=blind.adjudicator.username,
            text=blind.note,
            case=blind.case_id,
            **labels_of(blind),
        )


def audit_entries(item: Item) -> Iterator[Entry]:
    """Return an entry for every audit that is done."""
    for audit in Audit.objects.filter(item=item, audited_at__isnull=False).select_related("auditor"):
        if audit.audited_at and audit.auditor:
            who = audit.auditor.username
            yield Entry(audit.audited_at, "audit", "audit", who=who, text=audit.reason, **labels_of(audit))


def event_entries(item: Item) -> Iterator[Entry]:
    """Return an entry for every event about the item, and for those that list it among others."""
    about = Event.objects.filter(verb__in=ITEM_VERBS, project=item.project_id, subject=item.external_id)
    for event in (about | sightings_of(item)).select_related("actor"):
        who = event.actor.username if event.actor else ""
        detail = event.detail if event.subject == item.external_id else {}
        yield Entry(event.at, "event", event.verb, who=who, detail=detail)

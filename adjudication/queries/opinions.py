"""
Read the opinions on one item.

Pages and routes get them from `adjudication.visible_opinions`, which checks who may see them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from adjudication.case_states import State
from adjudication.models import BlindAnswer, Case
from adjudication.policies import Kind
from annotation.models import Vote
from annotation.pseudonyms import pseudonym
from corpus.labels import FIELDS
from corpus.models import Event, Item, Project, Verb
from jury.models import Ballot

POLICY_COMPARISON = "policy comparison"
"The subject of the events that list items whose opinions were compared under two policies."
SIMILAR_DIALOGUES = "similar dialogues"
"That of those that list items whose decisions were shown beside the case of a similar one."
DISAGREEMENT_EXAMPLES = "examples of disagreement"
"That of those that list items on which people disagree for a reason that is shown."
EARLIER_CASES = "earlier cases"
"That of those that list items whose settlements were shown."
LISTS = (POLICY_COMPARISON, SIMILAR_DIALOGUES, DISAGREEMENT_EXAMPLES, EARLIER_CASES)


@dataclass(frozen=True)
class Opinions:
    """All votes and ballots on one item, current or not; lazy."""

    item: Item
    votes: QuerySet[Vote]
    "With annotator and guideline."
    ballots: QuerySet[Ballot]
    "With juror and prompt."


def opinions_on(item: Item) -> Opinions:
    """Return all opinions on an item, unchecked. Pages use `visible_opinions` instead."""
    return Opinions(
        item,
        votes=Vote.objects.filter(item=item).select_related("annotator", "guideline"),
        ballots=Ballot.objects.filter(item=item).select_related("juror", "prompt"),
    )


def cases_to_label_blind(user: User) -> QuerySet[Case]:
    """Return the open cases that a person holds and has not labelled blind yet."""
    blind = BlindAnswer.objects.filter(case=OuterRef("pk"), adjudicator=user)
    return Case.objects.filter(~Exists(blind), holder=user, state=State.OPEN)


def has_seen_opinions(user: User, item: Item) -> bool:
    """Return whether it is recorded that a person has seen the opinions on an item, alone or in a list."""
    return sightings_of(item).filter(actor=user).exists()


def sightings_of(item: Item) -> QuerySet[Event]:
    """Return the events by which somebody saw the opinions on an item, alone or in a list."""
    alone = Q(verb=Verb.OPINIONS_SEEN, subject=item.external_id)
    in_list = Q(verb=Verb.OPINIONS_LISTED, subject__in=LISTS, detail__items__contains=[item.external_id])
    return Event.objects.filter(alone | in_list, project=item.project_id)


def items_seen(user: User, project: Project, items: Sequence[str]) -> set[str]:
    """
    Return those of the items whose opinions a person has seen, by record, alone or in a list.

    :param items: external ids
    """
    theirs = Event.objects.filter(project=project, actor=user)
    alone = theirs.filter(verb=Verb.OPINIONS_SEEN, subject__in=items).values_list("subject", flat=True)
    lists = theirs.filter(verb=Verb.OPINIONS_LISTED, detail__items__has_any_keys=items)
    return set(alone).union(*lists.values_list("detail__items", flat=True)) & set(items)


def saw_opinions(user: User, item: Item) -> bool:
    """Return whether a person has seen opinions on an item: on a page of it, or in a file with those on all items."""
    if has_seen_opinions(user, item):
        return True
    downloads = Event.objects.filter(verb=Verb.OPINIONS_DOWNLOADED, project=item.project_id, actor=user)
    until = [datetime.fromisoformat(each) for each in downloads.values_list("detail__until", flat=True)]
    cast = [model.objects.filter(item=item).aggregate(first=Min("cast_at"))["first"] for model in (Vote, Ballot)]
    return any(first <= max(until) for first in cast if first) if until else False


@dataclass(frozen=True)
class ShownOpinion:
    """A vote or a ballot as an adjudicator reads it."""

    rater: str
    "A pseudonym for a person, the name of a juror."
    kind: str
    "human or llm."
    version: str
    "Of the guideline or the prompt."
    cast_at: datetime
    prompt_label: str | None = None
    response_label: str | None = None
    categories: list[str] = field(default_factory=list)
    "Slugs, in the order chosen."
    other_text: str = ""
    rationale: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    "Answers to questions, by key."
    outcome: str = "cast"
    reason: str = ""
    "Why it is not cast."
    raw_reply: str = ""
    ballot: int | None = None
    "Primary key, for a ballot."

    @property
    def labels(self) -> list[tuple[str, str]]:
        """The display name of each field that has a label, and the label."""
        return [(field.display_name, label) for field in FIELDS if (label := getattr(self, field))]

    @property
    def is_counted(self) -> bool:
        """Whether the opinion counts: an unreadable or failed ballot does not."""
        return self.outcome == "cast"


def current_opinions(project: Project, opinions: Opinions) -> list[ShownOpinion]:
    """Return the current opinions, human ones first."""
    # Sorted by pseudonym, because any other order could show who is who.
    votes = sorted(
        (shown_vote(project, vote) for vote in opinions.votes.filter(is_current=True)), key=lambda shown: shown.rater
    )
    ballots = opinions.ballots.filter(is_current=True).order_by("juror__name", "pk")
    return votes + [shown_ballot(ballot) for ballot in ballots]


def shown_vote(project: Project, vote: Vote) -> ShownOpinion:
    """Return a vote under its annotator's pseudonym."""
    rater = pseudonym(project, vote.annotator)
    return ShownOpinion(rater, Kind.HUMAN.value, vote.guideline.name, **opinion_fields(vote))


def shown_ballot(ballot: Ballot) -> ShownOpinion:
    """Return a ballot under its juror's name."""
    return ShownOpinion(
        rater=ballot.juror.name,
        kind=Kind.LLM.value,
        version=ballot.prompt.name,
        outcome=ballot.outcome,
        reason=ballot.reason,
        raw_reply=ballot.raw_reply,
        ballot=ballot.pk,
        **opinion_fields(ballot),
    )


def opinion_fields(opinion: Vote | Ballot) -> dict[str, Any]:
    """Return what votes and ballots have in common, by field name."""
    names = (*FIELDS, "categories", "other_text", "rationale", "answers", "cast_at")
    return {str(name): getattr(opinion, name) for name in names}


def is_counted(model: Any) -> Q:
    """
    Return the condition by which an opinion counts.

    :param model: Vote or Ballot
    """
    return Q(is_current=True) if model is Vote else Q(is_current=True, outcome=Ballot.Outcome.CAST)


def counted_opinion_ids(item: Item) -> tuple[list[int], list[int]]:
    """Return the primary keys of the counted votes and of the counted ballots on an item, each in ascending order."""
    votes, ballots = (
        list(model.objects.filter(is_counted(model), item=item).order_by("pk").values_list("pk", flat=True))
        for model in (Vote, Ballot)
    )
    return votes, ballots


def opinions_etag(opinion_ids: tuple[Sequence[int], Sequence[int]]) -> str:
    """Return 16 hexadecimal digits that differ once other opinions count."""
    return hashlib.sha256(repr(opinion_ids).encode()).hexdigest()[:16]

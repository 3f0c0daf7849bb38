"""What was decided of dialogues that are similar to one, as far as a person may see it; and a record that they have."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from adjudication.actions.opinions_seen import record_opinions_listed
from adjudication.case_states import State
from adjudication.models import Case, Decision
from adjudication.queries.cases import blind_answers_on, may_read_settlement
from adjudication.queries.opinions import SIMILAR_DIALOGUES
from annotation.models import Slot, Vote
from corpus.models import Item
from corpus.similar_items import SimilarItem, similar_items

MOST_SHOWN = 5


@dataclass(frozen=True)
class SimilarDecision:
    """A similar dialogue and its decision."""

    similar: SimilarItem
    decision: Decision


def visible_similar(user: User, item: Item) -> list[SimilarDecision]:
    """
    Return similar dialogues in use that are decided, the most similar first, and record that the person has seen them.

    The caller checks that the person may see the opinions on the item itself. Left out are those that wait for a vote
    which the person might still cast, those whose case they might still label blind, and settlements on which they
    might still give the second answer.
    """
    found = [each for each in similar_items(item) if each.item.withdrawn_at is None]
    hidden = hidden_from(user, [each.item.pk for each in found])
    decided = decisions_on(item, [each.item.pk for each in found if each.item.pk not in hidden])
    shown = [SimilarDecision(each, decided[each.item.pk]) for each in found if each.item.pk in decided][:MOST_SHOWN]
    names = [each.similar.item.external_id for each in shown]
    record_opinions_listed(project=item.project, items=names, by=user, subject=SIMILAR_DIALOGUES)
    return shown


def hidden_from(user: User, items: Sequence[int]) -> set[int]:
    """Return those of the items of which a person must not see what others said: they may still have to judge them."""
    waiting = Slot.objects.filter(item__in=items, vote=None).values_list("item", flat=True)
    voted = Vote.objects.filter(item__in=items, annotator__user=user).values_list("item", flat=True)
    cases = list(Case.objects.filter(item__in=items).exclude(state=State.REOPENED))
    answers = blind_answers_on(cases)
    unread = {
        case.item_id
        for case in cases
        if case.state == State.OPEN or not may_read_settlement(case, user, answers[case.pk])
    }
    return unread | (set(waiting) - set(voted))


def decisions_on(item: Item, others: Sequence[int]) -> dict[int, Decision]:
    """Return the decisions on other items of a project that are made, under its own policy, by the item."""
    made = (Decision.Status.DECIDED, Decision.Status.SETTLED)
    found = Decision.objects.filter(item__in=others, policy=item.project.policy, status__in=made)
    return {decision.item_id: decision for decision in found}

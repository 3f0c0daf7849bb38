"""
The definition of a decided answer: from the opinions on one item to the answers to its questions (domain.md 3). Pure.

Answers are decided beside the labels and never change them. `adjudication.answer_counting` decides all items at once
in SQL, and a test compares its decisions with these.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adjudication.consensus import Opinion
from adjudication.policies import Kind, Policy
from corpus.labels import Field
from corpus.questions import DECIDED_TYPES, About, Question, Type, choices_of, is_about_item


@dataclass(frozen=True)
class DecidedAnswer:
    """The decision on the answers to one question. The attributes are the columns that store it."""

    status: str
    value: Any = None
    counts: Mapping[str, int] = field(default_factory=dict)
    "How many counted answers name each choice; choices that none names are left out."
    answered: int = 0
    spread: int | None = None


def decide_answers(
    opinions: Sequence[Opinion], policy: Policy, questions: Iterable[Question], *, has_response: bool
) -> dict[str, DecidedAnswer]:
    """
    Decide the answers on one item by key. A question without a counted answer is left out, as is a text.

    Retired questions are decided by the answers they have. Nobody's answer is inherited where a label is: under aegis2,
    questions about the response listen to the jury whatever the label of the prompt.

    :param questions: of the project
    """
    decided: dict[str, DecidedAnswer] = {}
    for question in questions:
        if question.type not in DECIDED_TYPES or not is_about_item(question, has_response=has_response):
            continue
        kinds = kinds_counted(policy, question)
        given = [each.answers[question.key] for each in opinions if each.kind in kinds and question.key in each.answers]
        if given:
            decided[question.key] = decide_answer(question, given, policy)
    return decided


def field_followed(question: Question) -> Field:
    """Return the label field whose rule says whose answers to a question are counted, and how many decide."""
    return Field.RESPONSE if question.about == About.RESPONSE else Field.PROMPT


def kinds_counted(policy: Policy, question: Question) -> frozenset[Kind]:
    """Return whose answers to a question a policy counts."""
    return policy.rules[field_followed(question)].kinds


def decide_answer(question: Question, given: Sequence[Any], policy: Policy) -> DecidedAnswer:
    """
    Decide one question.

    :param given: the counted answers, at least one
    """
    counts = Counter(value for answer in given for value in values_of(answer))
    agree = all(answer == given[0] for answer in given)
    quorum = policy.unanimous_quorum(field_followed(question)) if agree else policy.quorum
    if len(given) < quorum:
        return DecidedAnswer("pending", None, counts, len(given))
    if question.type == Type.ORDINAL:
        return decide_scale(question, given, counts)
    if question.type == Type.MANY_OF:
        value: Any = [choice for choice in choices_of(question) if counts[choice] * 2 > len(given)]
        return DecidedAnswer("unanimous" if agree else "decided", value, counts, len(given))
    value, most = counts.most_common(1)[0]
    if most * 2 <= len(given):
        return DecidedAnswer("disputed", None, counts, len(given))
    return DecidedAnswer("unanimous" if agree else "majority", value, counts, len(given))


def values_of(answer: Any) -> list[str]:
    """Return the choices that an answer names."""
    return answer if isinstance(answer, list) else [answer]


def decide_scale(question: Question, given: Sequence[str], counts: Mapping[str, int]) -> DecidedAnswer:
    """Decide a scale: the lower median of the answers, and how many steps lie between the lowest and the highest."""
    steps = list(choices_of(question))
    positions = sorted(steps.index(answer) for answer in given)
    spread = positions[-1] - positions[0]
    median = steps[positions[(len(positions) - 1) // 2]]
    return DecidedAnswer("decided" if spread else "unanimous", median, counts, len(given), spread)

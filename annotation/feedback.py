"""What a person is told after they answered an item whose label is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation import queries
from annotation.actions import guideline_in_force
from annotation.models import Gold, QualificationAttempt
from annotation.qualifying import compare_with_gold
from annotation.queries import Guidance
from corpus.labels import Judgement
from corpus.models import Item, Project


@dataclass(frozen=True)
class Feedback:
    """An answer beside the gold label."""

    item: Item
    answer: Judgement
    gold: Judgement
    "With the lead's reason as the rationale."
    is_equal: bool
    passages: list[Guidance]
    "What the guideline says of the categories that either names, in the order of the taxonomy."


def feedback_on_attempt(project: Project, attempt: QualificationAttempt) -> list[Feedback]:
    """Return the feedback on every answered item of an attempt, in its order."""
    guidance = guidance_of(project)
    return [
        feedback_on(guidance, each.item, queries.answer_of(each), queries.gold_of(each), is_equal=is_equal)
        for each in queries.asked_items(attempt).filter(answered_at__isnull=False)
        for is_equal in [queries.comparison_of(each, attempt).is_equal]
    ]


def feedback_on_practice(project: Project, gold: Gold, answer: Judgement) -> Feedback:
    """Return the feedback on an answer in practice, by the rules that an attempt would begin with now."""
    known = queries.gold_judgement(gold)
    result = compare_with_gold(
        answer,
        known,
        caution=queries.caution_of(project),
        with_categories=queries.qualification_of(project).compares_categories,
    )
    return feedback_on(guidance_of(project), gold.item, answer, known, is_equal=result.is_equal)


def guidance_of(project: Project) -> list[Guidance]:
    """Return the categories as the guideline in force describes them."""
    tiers = queries.categories_by_tier(project, guideline_in_force(project)).values()
    return [each for guidance in tiers for each in guidance]


def feedback_on(
    guidance: Sequence[Guidance], item: Item, answer: Judgement, gold: Judgement, *, is_equal: bool
) -> Feedback:
    """Return the feedback on one answer."""
    named = {*answer.categories, *gold.categories}
    return Feedback(item, answer, gold, is_equal, [each for each in guidance if each.slug in named])

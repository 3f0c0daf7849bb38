"""What others said of the item of a case, as its page shows it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from adjudication.policies import Kind
from adjudication.queries.opinions import Opinions, ShownOpinion, counted_opinion_ids, current_opinions, opinions_etag
from annotation import queries
from annotation.actions import guideline_in_force
from corpus.access import Access
from corpus.labels import Label
from corpus.templatetags.label_fields import label_words


def opinions_context(access: Access, opinions: Opinions) -> dict[str, Any]:
    """Return the current opinions, the guidance on the categories they name, and their etag."""
    current = current_opinions(access.project, opinions)
    named = {slug for opinion in current for slug in opinion.categories}
    tiers = queries.categories_by_tier(access.project, guideline_in_force(access.project))
    return {
        "opinions": current,
        "kinds": opinions_by_kind(current),
        "named": [category for tier in tiers.values() for category in tier if category.slug in named],
        "seen": opinions_etag(counted_opinion_ids(opinions.item)),
    }


def opinions_by_kind(opinions: Sequence[ShownOpinion]) -> list[dict[str, Any]]:
    """Return the opinions of people and those of jurors, each with a summary such as `2 opinions: 1 safe, 1 unsafe`."""
    kinds = [
        (name, [opinion for opinion in opinions if opinion.kind == kind])
        for name, kind in (("People", Kind.HUMAN), ("Jurors", Kind.LLM))
    ]
    return [{"name": name, "opinions": group, "summary": summary_of(group)} for name, group in kinds if group]


def summary_of(opinions: Sequence[ShownOpinion]) -> str:
    """Return how often each label was given to each field, as in `Prompt: 2 safe, 1 unsafe. Response: 3 safe.`."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for opinion in opinions:
        for title, label in opinion.labels if opinion.is_counted else ():
            counts[title][label] += 1
    return " ".join(
        f"{title}: {', '.join(f'{counted[label]} {label_words(label)}' for label in Label if counted[label])}."
        for title, counted in counts.items()
    )

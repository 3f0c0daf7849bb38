"""
The definition of a decision: from the opinions on one item to its labels (domain.md 3). Pure.

The result depends on nothing but the arguments: not on the clock, chance, the order of
opinions or the database's collation. `adjudication.counting` decides all items at once in
SQL, and a test compares its decisions with these.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from fractions import Fraction
from typing import Any

from adjudication.panel_scores import NONE, score_of
from adjudication.policies import HUMAN, LLM, PANEL, FieldRule, Kind, Policy, Pooling
from corpus.labels import Field, Label, fields_of_item

RULES = 1
"""
The version of the rules here and in `adjudication.counting`. Raise it with every change that could give an item another
decision: every project is then recounted, and releases say which rules made them.
"""


@dataclass(frozen=True)
class Opinion:
    """A vote or a ballot on an item."""

    kind: Kind
    labels: Mapping[Field, str]
    "The labels by field; a field that the rater did not label is left out."
    categories: tuple[str, ...] = ()
    answers: Mapping[str, Any] = attribute(default_factory=dict)
    "Answers to questions by key, as `corpus.questions.check_answers` returns them; see `adjudication.answers`."
    probabilities: Mapping[Field, float] = attribute(default_factory=dict)
    "The probability of unsafe by field, of a ballot whose juror says it."

    @property
    def named_categories(self) -> set[str]:
        """The slugs of its categories; a needs_caution label names the category of that slug."""
        caution = {str(Label.NEEDS_CAUTION)} if Label.NEEDS_CAUTION in self.labels.values() else set()
        return set(self.categories) | caution


@dataclass(frozen=True)
class FieldDecision:
    """The decision on one label field of an item. The attributes are the columns that store it."""

    status: str
    label: str | None = None
    safe: int = 0
    "How many of the counted opinions say safe; `unsafe` likewise."
    unsafe: int = 0
    source: str | None = None
    "Whose opinions were counted; None without a label."


@dataclass(frozen=True)
class ItemDecision:
    """The decision on an item."""

    status: str
    fields: Mapping[Field, FieldDecision]
    categories: tuple[str, ...] = ()
    categories_agreed: bool | None = None
    "Whether a majority named the categories; None if the policy does not ask, or there are none."


PENDING = FieldDecision("pending")
INHERITED = FieldDecision("inherited", label=Label.SAFE.value, source="human")


def decide(
    opinions: Sequence[Opinion],
    policy: Policy,
    *,
    fields: Collection[str],
    has_response: bool,
    taxonomy: Sequence[str],
) -> ItemDecision:
    """
    Decide one item.

    :param fields: the label fields the project wants
    :param taxonomy: category slugs in order, which breaks ties between categories
    """
    decisions: dict[Field, FieldDecision] = {}
    for field in fields_of_item(fields, has_response=has_response):
        decisions[field] = decide_field(opinions, field, policy, decisions)
    categories, agreed = pool_categories(opinions, decisions, policy, taxonomy)
    return ItemDecision(item_status(decisions), decisions, categories, agreed)


def decide_field(
    opinions: Sequence[Opinion], field: Field, policy: Policy, earlier: Mapping[Field, FieldDecision]
) -> FieldDecision:
    """
    Decide one field of an item.

    :param earlier: the decisions on the fields before this one
    """
    followed = policy.rules[field].follows
    if followed:
        label = earlier.get(followed, PENDING).label
        if label is None:
            return PENDING
        if label == Label.SAFE:
            return INHERITED
    decision = count_labels(opinions, field, policy)
    threshold = policy.thresholds.get(field)
    if decision.status == "pending" and threshold is not None:
        return ask_panel(opinions, field, policy, threshold) or decision
    return decision


def ask_panel(opinions: Sequence[Opinion], field: Field, policy: Policy, threshold: Fraction) -> FieldDecision | None:
    """Decide a field by the jurors alone; None if fewer than two label it, or they are not sure enough."""
    score = panel_score(opinions, field, policy)
    if score == NONE or score < threshold:
        return None
    return count_labels(opinions, field, replace(policy, rules={field: FieldRule(LLM)}, quorum=PANEL))


def panel_score(opinions: Sequence[Opinion], field: Field, policy: Policy) -> Fraction:
    """Return how sure the jurors are of their label of a field; NONE where fewer than two label it, or they tie."""
    panel = [each for each in opinions if each.kind == Kind.LLM and field in each.labels]
    if len(panel) < PANEL:
        return NONE
    unsafe = sum(each.labels[field] in policy.unsafe_labels for each in panel)
    return score_of(len(panel) - unsafe, unsafe, [each.probabilities.get(field) for each in panel], policy.score_by)


def count_labels(opinions: Sequence[Opinion], field: Field, policy: Policy) -> FieldDecision:
    """Decide a field by the number of its safe and unsafe labels."""
    counted = [each for each in opinions if each.kind in policy.rules[field].kinds and field in each.labels]
    unsafe = sum(each.labels[field] in policy.unsafe_labels for each in counted)
    safe = len(counted) - unsafe
    agree = not (safe and unsafe)
    if len(counted) < (policy.unanimous_quorum(field) if agree else policy.quorum):
        return FieldDecision("pending", None, safe, unsafe)
    if safe == unsafe:
        return FieldDecision("disputed", None, safe, unsafe)
    label = Label.UNSAFE if unsafe > safe else Label.SAFE
    return FieldDecision("unanimous" if agree else "majority", label.value, safe, unsafe, source_of(counted))


def source_of(counted: Sequence[Opinion]) -> str:
    """Return whose opinions were counted: human, llm_jury or human_and_llm_jury."""
    kinds = {each.kind for each in counted}
    if len(kinds) == 2:
        return "human_and_llm_jury"
    return "human" if Kind.HUMAN in kinds else "llm_jury"


def item_status(decisions: Mapping[Field, FieldDecision]) -> str:
    """Return the status of an item: disputed if a field is, else pending if a field is, else decided."""
    statuses = {each.status for each in decisions.values()}
    if "disputed" in statuses:
        return "disputed"
    # An item with no field to judge never gets a label, so it is not decided either.
    return "pending" if "pending" in statuses or not statuses else "decided"


def pool_categories(
    opinions: Sequence[Opinion],
    decisions: Mapping[Field, FieldDecision],
    policy: Policy,
    taxonomy: Sequence[str],
) -> tuple[tuple[str, ...], bool | None]:
    """Return the categories, most-named first and then in taxonomy order, and whether a majority chose them."""
    kinds = kinds_that_name(decisions, policy)
    naming = [each for each in opinions if each.kind in kinds and each.named_categories]
    if policy.pooling == Pooling.UNION:
        return rank(naming, taxonomy, at_least=1), None
    if not any(each.label == Label.UNSAFE for each in decisions.values()):
        return (), None
    naming = [each for each in naming if policy.unsafe_labels & set(each.labels.values())]
    if not naming:
        return (), None
    if chosen := rank(naming, taxonomy, at_least=len(naming) // 2 + 1):
        return chosen, True
    most = max(count_categories(naming).values())
    return rank(naming, taxonomy, at_least=most), False


def kinds_that_name(decisions: Mapping[Field, FieldDecision], policy: Policy) -> frozenset[Kind]:
    """Return whose categories count: the jurors' only where the policy lets them decide and no person says unsafe."""
    if policy.promise is None:
        return policy.category_kinds
    by_people = any((each.label, each.source) == (Label.UNSAFE, "human") for each in decisions.values())
    return HUMAN if by_people else LLM


def count_categories(opinions: Sequence[Opinion]) -> Counter[str]:
    """Count the opinions that name each category."""
    return Counter(slug for each in opinions for slug in each.named_categories)


def rank(opinions: Sequence[Opinion], taxonomy: Sequence[str], *, at_least: int) -> tuple[str, ...]:
    """Return the categories that `at_least` opinions name: most-named first, then in taxonomy order."""
    counts = count_categories(opinions)
    order = {slug: position for position, slug in enumerate(taxonomy)}
    kept = [slug for slug, count in counts.items() if count >= at_least]
    return tuple(sorted(kept, key=lambda slug: (-counts[slug], order.get(slug, len(order)), slug)))

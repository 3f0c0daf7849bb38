"""
From the opinions on one item to its decision: the definition (domain.md 3). Pure.

No clock, no chance, no order of arrival, no collation. `adjudication.counting` does the
same for all items at once in SQL, and a test holds it to this.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from adjudication.policies import Kind, Policy, Pooling
from corpus.labels import Field, Label


@dataclass(frozen=True)
class Opinion:
    kind: Kind
    prompt_label: str | None = None
    response_label: str | None = None
    categories: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str | None, str | None]:
        return self.prompt_label, self.response_label

    @property
    def named(self) -> set[str]:
        """The categories it names; a needs_caution label names the category of that slug."""
        caution = {str(Label.NEEDS_CAUTION)} if Label.NEEDS_CAUTION in self.labels else set()
        return set(self.categories) | caution


@dataclass(frozen=True)
class FieldDecision:
    status: str
    label: str | None = None
    safe: int = 0
    unsafe: int = 0
    source: str | None = None


@dataclass(frozen=True)
class ItemDecision:
    status: str
    fields: Mapping[str, FieldDecision]
    categories: tuple[str, ...] = ()
    categories_agreed: bool | None = None


PENDING = FieldDecision("pending")
INHERITED = FieldDecision("inherited", label=Label.SAFE, source="human")


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
    decisions: dict[str, FieldDecision] = {}
    if Field.PROMPT in fields:
        decisions[Field.PROMPT] = decide_field(opinions, Field.PROMPT, policy.prompt_kinds, policy)
    if Field.RESPONSE in fields and has_response:
        decisions[Field.RESPONSE] = decide_response(opinions, decisions.get(Field.PROMPT, PENDING), policy)
    categories, agreed = pool_categories(opinions, decisions, policy, taxonomy)
    return ItemDecision(item_status(decisions), decisions, categories, agreed)


def decide_response(opinions: Sequence[Opinion], prompt: FieldDecision, policy: Policy) -> FieldDecision:
    if policy.response_follows_prompt and prompt.label is None:
        return PENDING
    if policy.response_follows_prompt and prompt.label == Label.SAFE:
        return INHERITED
    return decide_field(opinions, Field.RESPONSE, policy.response_kinds, policy)


def decide_field(opinions: Sequence[Opinion], field: str, kinds: frozenset[Kind], policy: Policy) -> FieldDecision:
    heard = [each for each in opinions if each.kind in kinds and getattr(each, field)]
    unsafe = sum(is_unsafe(getattr(each, field), policy) for each in heard)
    safe = len(heard) - unsafe
    agree = not (safe and unsafe)
    if len(heard) < (policy.least(kinds) if agree else policy.quorum):
        return FieldDecision("pending", None, safe, unsafe)
    if safe == unsafe:
        return FieldDecision("disputed", None, safe, unsafe)
    label = Label.UNSAFE if unsafe > safe else Label.SAFE
    return FieldDecision("unanimous" if agree else "majority", label, safe, unsafe, source_of(heard))


def is_unsafe(label: str | None, policy: Policy) -> bool:
    return (policy.caution if label == Label.NEEDS_CAUTION else label) == Label.UNSAFE


def source_of(heard: Sequence[Opinion]) -> str:
    kinds = {each.kind for each in heard}
    if len(kinds) == 2:
        return "human_and_llm_jury"
    return "human" if Kind.HUMAN in kinds else "llm_jury"


def item_status(decisions: Mapping[str, FieldDecision]) -> str:
    statuses = {each.status for each in decisions.values()}
    if "disputed" in statuses:
        return "disputed"
    # An item with no field to judge never gets a label, so it is not decided either.
    return "pending" if "pending" in statuses or not statuses else "decided"


def pool_categories(
    opinions: Sequence[Opinion],
    decisions: Mapping[str, FieldDecision],
    policy: Policy,
    taxonomy: Sequence[str],
) -> tuple[tuple[str, ...], bool | None]:
    """Return the categories, most-named first and then in taxonomy order, and whether a majority chose them."""
    heard = [each for each in opinions if each.kind in policy.category_kinds and each.named]
    if policy.pooling == Pooling.UNION:
        return ranked(heard, taxonomy, at_least=1), None
    if not any(each.label == Label.UNSAFE for each in decisions.values()):
        return (), None
    heard = [each for each in heard if any(is_unsafe(label, policy) for label in each.labels)]
    if not heard:
        return (), None
    if chosen := ranked(heard, taxonomy, at_least=len(heard) // 2 + 1):
        return chosen, True
    most = max(Counter(slug for each in heard for slug in each.named).values())
    return ranked(heard, taxonomy, at_least=most), False


def ranked(heard: Sequence[Opinion], taxonomy: Sequence[str], *, at_least: int) -> tuple[str, ...]:
    counts = Counter(slug for each in heard for slug in each.named)
    order = {slug: position for position, slug in enumerate(taxonomy)}
    kept = [slug for slug, count in counts.items() if count >= at_least]
    return tuple(sorted(kept, key=lambda slug: (-counts[slug], order.get(slug, len(order)), slug)))

"""The policies by which opinions become labels (domain.md 3). Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from corpus.errors import Refused


class Kind(StrEnum):
    HUMAN = "human"
    LLM = "llm"


BOTH = frozenset(Kind)
HUMAN = frozenset({Kind.HUMAN})
LLM = frozenset({Kind.LLM})


class Pooling(StrEnum):
    """How the categories of several opinions become one list."""

    MAJORITY = "majority"
    UNION = "union"


@dataclass(frozen=True)
class Policy:
    """Which opinions each field listens to, and how many of them decide it."""

    name: str
    prompt_kinds: frozenset[Kind]
    response_kinds: frozenset[Kind]
    quorum: int = 3
    pairs_decide: frozenset[Kind] = frozenset()
    "Fields that listen to these alone are decided by quorum - 1 opinions, at least 2, if they agree."
    caution: str = "safe"
    "What needs_caution counts as."
    category_kinds: frozenset[Kind] = BOTH
    pooling: Pooling = Pooling.MAJORITY
    response_follows_prompt: bool = False
    "A safe prompt makes the response safe; only under an unsafe one is the response judged."

    def with_settings(self, *, quorum: int | None, caution: str | None) -> "Policy":
        """Return the policy with a project's own quorum and caution, where it has them."""
        return replace(self, quorum=quorum or self.quorum, caution=caution or self.caution)

    @property
    def settings(self) -> dict[str, Any]:
        """What a project may change of it."""
        return {"quorum": self.quorum, "caution": self.caution}

    @property
    def unsafe_labels(self) -> frozenset[str]:
        """What counts as unsafe."""
        return frozenset({"unsafe", "needs_caution"} if self.caution == "unsafe" else {"unsafe"})

    def least(self, kinds: frozenset[Kind]) -> int:
        """Return how many opinions decide a field that listens to these kinds, if they all agree."""
        return min(self.quorum, max(2, self.quorum - 1)) if kinds <= self.pairs_decide else self.quorum


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("majority", prompt_kinds=BOTH, response_kinds=BOTH),
        Policy(
            "aegis2",
            prompt_kinds=HUMAN,
            response_kinds=LLM,
            pairs_decide=LLM,
            category_kinds=HUMAN,
            pooling=Pooling.UNION,
            response_follows_prompt=True,
        ),
        Policy("human", prompt_kinds=HUMAN, response_kinds=HUMAN, category_kinds=HUMAN),
        Policy("jury", prompt_kinds=LLM, response_kinds=LLM, pairs_decide=LLM, category_kinds=LLM),
    )
}


class HasPolicy(Protocol):
    """A project, as far as policies care."""

    policy: str
    quorum: int | None
    caution: str | None
    wants_prompt_label: bool


@dataclass
class Proposal:
    """A project as it would be under another policy or other settings."""

    slug: str
    policy: str
    quorum: int | None
    caution: str | None
    wants_prompt_label: bool

    def __str__(self) -> str:
        return self.slug


def policy_of(project: HasPolicy, name: str | None = None) -> Policy:
    """
    Return a policy with the project's settings; without a name, the project's own.

    :raises Refused: if it is not known, or needs a field the project does not want
    """
    policy = POLICIES.get(name or project.policy)
    if policy is None:
        raise Refused(f"There is no policy {name!r}. Known: {', '.join(POLICIES)}.")
    if policy.response_follows_prompt and not project.wants_prompt_label:
        raise Refused(f"Policy {policy.name} starts from prompt_label, which project {project} does not want.")
    return policy.with_settings(quorum=project.quorum, caution=project.caution)

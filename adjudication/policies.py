"""The policies by which opinions become labels (domain.md 3). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any, Protocol

from adjudication.panel_scores import ScoreBy
from corpus.errors import Invalid, Refused
from corpus.labels import Field


class Kind(StrEnum):
    """Whose opinion it is: a person's vote or a juror's ballot."""

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
class FieldRule:
    """Which opinions decide one label field."""

    kinds: frozenset[Kind]
    "The kinds of opinion that are counted."
    pairs_decide: bool = False
    "Whether quorum - 1 opinions, at least 2, decide if they agree."
    follows: Field | None = None
    "A field whose safe label this field inherits. Opinions on this field count only if that one is unsafe."


LEAST_SHARE, MOST_SHARE = 0.001, 0.5
"Of the error and the risk of a promise."
PANEL = 2
"The fewest ballots on a field that make a panel."


@dataclass(frozen=True)
class Promise:
    """With probability 1 - risk, at most the share `error` of labels that jurors decide alone differ from people's."""

    error: float = 0.05
    risk: float = 0.10
    score_by: ScoreBy = ScoreBy.SHARE
    "What the score is that thresholds are of."

    @property
    def settings(self) -> dict[str, Any]:
        """Return it as plain JSON. The usual score is left out, so that what states a promise stays as it was."""
        own = {"error": self.error, "risk": self.risk}
        return own if self.score_by == ScoreBy.SHARE else own | {"score_by": str(self.score_by)}


def check_share(name: str, share: float | None) -> None:
    """
    Check the error or the risk of a promise; None means the usual one.

    :raises Invalid: if it is not a share that one would promise
    """
    if share is not None and not LEAST_SHARE <= share <= MOST_SHARE:
        raise Invalid(name, f"choose a number from {LEAST_SHARE} to {MOST_SHARE}, such as 0.05")


@dataclass(frozen=True)
class Policy:
    """How the opinions on an item become its labels and categories."""

    name: str
    rules: Mapping[Field, FieldRule]
    category_kinds: frozenset[Kind] = BOTH
    quorum: int = 3
    "How many opinions decide a field."
    caution: str = "safe"
    "The label that needs_caution counts as."
    pooling: Pooling = Pooling.MAJORITY
    promise: Promise | None = None
    "What is promised of labels that jurors decide alone; None where they never do."
    thresholds: Mapping[Field, Fraction] = field(default_factory=dict)
    """
    The score from which on jurors decide a field alone, as of `adjudication.panel_scores`.
    Derived from opinions and sample (`adjudication.certifying.evidence`), no setting. Fields without one are people's.
    """

    def with_settings(
        self,
        *,
        quorum: int | None,
        caution: str | None,
        error: float | None = None,
        risk: float | None = None,
        score_by: str | None = None,
    ) -> "Policy":
        """
        Return the policy with a project's own settings, where it has them and the policy takes them.

        :param score_by: a value of ScoreBy
        """
        own = self.promise
        promise = own and Promise(error or own.error, risk or own.risk, ScoreBy(score_by or own.score_by))
        return replace(self, quorum=quorum or self.quorum, caution=caution or self.caution, promise=promise)

    @property
    def settings(self) -> dict[str, Any]:
        """The parts of the policy that a project may change."""
        return {"quorum": self.quorum, "caution": self.caution, **(self.promise.settings if self.promise else {})}

    @property
    def score_by(self) -> ScoreBy:
        """What the thresholds are of."""
        return self.promise.score_by if self.promise else ScoreBy.SHARE

    @property
    def description(self) -> dict[str, Any]:
        """Everything that distinguishes it from other policies, as plain JSON, the same in every process."""
        rules = {
            str(field): {**vars(rule), "kinds": sorted(rule.kinds), "follows": rule.follows and str(rule.follows)}
            for field, rule in self.rules.items()
        }
        own = {name: value for name, value in vars(self).items() if name not in ("promise", "thresholds")}
        return {
            **own,
            "rules": rules,
            "category_kinds": sorted(self.category_kinds),
            "pooling": str(self.pooling),
            **({"promise": self.promise.settings} if self.promise else {}),
        }

    @property
    def unsafe_labels(self) -> frozenset[str]:
        """The labels that count as unsafe."""
        return frozenset({"unsafe", "needs_caution"} if self.caution == "unsafe" else {"unsafe"})

    def unanimous_quorum(self, field: Field) -> int:
        """Return how many opinions decide a field if they all agree."""
        return min(self.quorum, max(2, self.quorum - 1)) if self.rules[field].pairs_decide else self.quorum


def same_rule(rule: FieldRule) -> dict[Field, FieldRule]:
    """Return one rule for every field."""
    return dict.fromkeys(Field, rule)


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("majority", same_rule(FieldRule(BOTH))),
        Policy(
            "aegis2",
            {
                Field.PROMPT: FieldRule(HUMAN),
                Field.RESPONSE: FieldRule(LLM, pairs_decide=True, follows=Field.PROMPT),
            },
            category_kinds=HUMAN,
            pooling=Pooling.UNION,
        ),
        Policy("human", same_rule(FieldRule(HUMAN)), category_kinds=HUMAN),
        Policy("jury", same_rule(FieldRule(LLM, pairs_decide=True)), category_kinds=LLM),
        Policy("certified", same_rule(FieldRule(HUMAN)), category_kinds=HUMAN, promise=Promise()),
    )
}


def warn_of_few_votes(policy: Policy, fields: Iterable[str], votes_wanted: int) -> str:
    """
    Return a sentence for whom sets up a project where the votes wanted decide nothing; empty if they do.

    :param fields: the label fields that the project wants
    :param votes_wanted: of people an item
    """
    wanted = [field for field in Field if field in fields and Kind.HUMAN in policy.rules[field].kinds]
    needed = min((policy.unanimous_quorum(field) for field in wanted), default=0)
    if votes_wanted >= needed:
        return ""
    jurors_count = any(Kind.LLM in policy.rules[field].kinds for field in wanted)
    others = "jurors or imports" if jurors_count else "imported votes of people"
    people = "people give 1" if votes_wanted == 1 else f"people give {votes_wanted}"
    return f"The policy needs {needed} opinions, and {people}: dialogues stay undecided unless {others} add some."


class HasPolicy(Protocol):
    """What `policy_of` reads of a project."""

    policy: str
    quorum: int | None
    caution: str | None
    certified_error: float | None
    certified_risk: float | None
    certified_score_by: str | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The label fields the project wants."""


@dataclass
class Proposal:
    """A project as it would be under another policy or other settings."""

    slug: str
    policy: str
    quorum: int | None
    caution: str | None
    fields: tuple[str, ...]
    certified_error: float | None = None
    certified_risk: float | None = None
    certified_score_by: str | None = None

    def __str__(self) -> str:
        return self.slug


def policy_of(project: HasPolicy, name: str | None = None) -> Policy:
    """
    Return a policy with the project's settings.

    :param name: default: the project's own policy
    :raises Refused: if the policy is not known, or needs a field the project does not want
    """
    name = name or project.policy
    policy = POLICIES.get(name)
    if policy is None:
        raise Refused(f"There is no policy {name!r}. Known: {', '.join(POLICIES)}.")
    for rule in policy.rules.values():
        if rule.follows and rule.follows not in project.fields:
            raise Refused(f"Policy {policy.name} starts from {rule.follows}, which project {project} does not want.")
    return policy.with_settings(
        quorum=project.quorum,
        caution=project.caution,
        error=project.certified_error,
        risk=project.certified_risk,
        score_by=project.certified_score_by,
    )

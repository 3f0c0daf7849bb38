"""Which of slips, unclear rules and different values are shown by the votes on one field. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from quality.statistics.disagreement.exact import ALPHA, Tail, significant
from quality.statistics.disagreement.passages import Passages, UnclearPassage, unclear_passages
from quality.statistics.disagreement.rules import Change, Confusion, changes, confusions
from quality.statistics.disagreement.slips import Checks, Haste, Slipping, haste, slipping_people
from quality.statistics.disagreement.values import Split, splits
from quality.statistics.disagreement.votes import Votes
from quality.statistics.profiles import Codes

LEANING = 0.05
"The level at which a pair that is confused more than others is one on which people lean differently."


@dataclass(frozen=True)
class Material:
    """What people said on one label field."""

    votes: Votes
    repeats: Checks
    "Those cast under the version of the guideline of the first answer."
    gold: Checks
    changed: Mapping[int, Iterable[int]] = field(default_factory=dict)
    "The categories whose text a version of the guideline changed, by the index of the version."
    unit: Codes | None = None
    "Shape (votes,): the group of people each vote is by, to ask whether groups lean; None to ask it of single people."
    passages: Passages | None = None
    "Those of the definitions, with what of `votes.items` is near each; None where the texts were not read."

    @property
    def leaning(self) -> Codes:
        """Whose leanings are compared: shape (votes,)."""
        return self.votes.person if self.unit is None else self.unit


@dataclass(frozen=True)
class Causes:
    """Causes of disagreement on one field: all that were tested, or those that were found."""

    changes: list[Change]
    splits: list[Split]
    passages: list[UnclearPassage]
    confusions: list[Confusion]
    slipping: list[Slipping]
    haste: list[Haste]

    @property
    def tests(self) -> list[Tail]:
        """Every test, in the order of the fields."""
        each = (self.changes, self.splits, self.passages, self.confusions, self.slipping, self.haste)
        return [cause.test for causes in each for cause in causes]

    def only(self, kept: Sequence[bool]) -> "Causes":
        """Return the causes whose tests are kept, in the order of `tests`."""
        flags = iter(kept)
        return Causes(
            changes=list(compress(self.changes, flags_of(flags, self.changes))),
            splits=list(compress(self.splits, flags_of(flags, self.splits))),
            passages=list(compress(self.passages, flags_of(flags, self.passages))),
            confusions=list(compress(self.confusions, flags_of(flags, self.confusions))),
            slipping=list(compress(self.slipping, flags_of(flags, self.slipping))),
            haste=list(compress(self.haste, flags_of(flags, self.haste))),
        )


def flags_of(flags: Iterable[bool], causes: Sequence[object]) -> list[bool]:
    """Take as many flags as there are causes."""
    return [kept for _, kept in zip(causes, flags, strict=False)]


def examine(material: Material) -> Causes:
    """Test every possible cause on one field."""
    quick = haste(material.votes)
    return Causes(
        changes=changes(material.votes.items, material.changed),
        splits=splits(material.votes, material.leaning),
        passages=unclear_passages(material.votes.items, material.passages),
        confusions=confusions(material.votes.items),
        slipping=slipping_people(material.repeats, material.gold),
        haste=[quick] if quick else [],
    )


def named(every: Sequence[Causes], alpha: float = ALPHA) -> list[Causes]:
    """
    Return the causes that are found on each field, so that any is found by mistake with probability alpha at most.

    :param every: what was tested on each field; all tests of a project are one family
    """
    flags = iter(significant([test for causes in every for test in causes.tests], alpha))
    return [told_apart(causes.only(flags_of(flags, causes.tests)), causes.splits) for causes in every]


def told_apart(causes: Causes, examined: Sequence[Split]) -> Causes:
    """
    Give each pair of answers one cause.

    What fell after the text was changed is a matter of the text, however stably people read it before. What people
    lean on differently is not an unclear rule besides; of a pair that is confused more than others, it is asked at
    LEANING alone, since that people differ there is shown. A pair that is confused both ways is one finding, and so is
    one that a passage explains.
    """
    settled = {change.a for change in causes.changes}
    latest = {change.a: change for change in sorted(causes.changes, key=lambda change: -change.test.p)}
    confused = {frozenset((each.a, each.b)) for each in causes.confusions}
    leaning = [
        split
        for split in examined
        if not settled & {split.a, split.b}
        and (
            any(split is each for each in causes.splits)
            or (frozenset((split.a, split.b)) in confused and split.test.p <= LEANING)
        )
    ]
    pairs = {frozenset((split.a, split.b)) for split in leaning}
    passages = [each for each in causes.passages if each.a not in settled and not any(each.a in pair for pair in pairs)]
    pairs |= {frozenset((each.a, each.b)) for each in passages}
    unclear: dict[frozenset[int], Confusion] = {}
    for each in sorted(causes.confusions, key=lambda each: -each.test.p):
        pair = frozenset((each.a, each.b))
        if pair not in pairs and not settled & pair:
            unclear[pair] = each
    return replace(
        causes,
        changes=list(latest.values()),
        splits=leaning,
        passages=passages,
        confusions=list(unclear.values()),
    )

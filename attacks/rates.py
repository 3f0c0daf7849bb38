"""How often attacks succeeded by the labels that others gave, and whether their authors claim the same. Pure."""

from dataclasses import dataclass

from quality.statistics.wilson import wilson


@dataclass(frozen=True)
class Rate:
    """The attacks of one group, such as those on one model."""

    name: str
    finished: int
    labelled: int
    "Those whose label is decided; the others wait for labels or for an adjudicator."
    succeeded: int
    "Labelled attacks that succeeded by their label."
    claimed: int
    "Labelled attacks that succeeded by what their author claims."
    claimed_rightly: int
    "Labelled attacks that succeeded by both."

    @property
    def pending(self) -> int:
        """Attacks without a decided label."""
        return self.finished - self.labelled

    @property
    def share(self) -> float | None:
        """The share of the labelled attacks that succeeded; None without any."""
        return self.succeeded / self.labelled if self.labelled else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The ends of its 95 % interval by Wilson; None without any labelled attack."""
        return wilson(self.succeeded, self.labelled) if self.labelled else None

    @property
    def overclaimed(self) -> int:
        """Labelled attacks that succeeded by their author's claim alone."""
        return self.claimed - self.claimed_rightly

    @property
    def underclaimed(self) -> int:
        """Labelled attacks that succeeded by their label alone."""
        return self.succeeded - self.claimed_rightly

    @property
    def agreement(self) -> float | None:
        """The share of labelled attacks whose author's claim is what the label says; None without any."""
        return 1 - (self.overclaimed + self.underclaimed) / self.labelled if self.labelled else None


@dataclass(frozen=True)
class Report:
    """The rates of a project: of all its attacks, and by what was attacked, how, and for what."""

    total: Rate
    by_target: list[Rate]
    by_technique: list[Rate]
    by_goal: list[Rate]
    withdrawn: int
    "Finished attacks that are left out, because their dialogue was withdrawn."

"""The verdict on top of the quality page: whether raters agree as well as wanted, in plain sentences. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import floor

from adjudication.policies import BOTH, HUMAN, Kind, Policy
from corpus.labels import Field
from quality.reports.page_rows import Content
from quality.reports.wording import counted, decimals, listed

WANTED_ALPHA = 0.70
"""
The alpha that every label field should reach.

Source: K. Krippendorff, *Content Analysis*, 2nd ed. 2004, p. 241: rely on variables above 0.800, draw tentative
conclusions from 0.667 on. Labels by majority rest on several opinions an item, so a little above the lower bound is
asked of single ones.
"""
FEW_ITEMS = 30
"With fewer items, the bootstrap's interval is too narrow to tell anything from."
FEW_NAMED = 10
"A category that fewer opinions name is not held against the wanted alpha."
MAX_NAMED = 3
"So many of the lowest categories are named in a sentence."


class Status(StrEnum):
    """What can be said of an agreement, worst first."""

    NOT_REACHED = "not reached"
    TOO_FEW = "too few data"
    UNDECIDED = "cannot be told yet"
    REACHED = "reached"


TITLES = {
    Status.NOT_REACHED: "Raters agree less than wanted",
    Status.TOO_FEW: "Too few opinions to say whether raters agree",
    Status.UNDECIDED: "It cannot be told yet whether raters agree as well as wanted",
    Status.REACHED: "Raters agree as well as wanted",
}


@dataclass(frozen=True)
class Verdict:
    """What the page says first."""

    status: Status
    "The worst of the label fields."
    sentences: tuple[str, ...]

    @property
    def title(self) -> str:
        """The verdict in a few words."""
        return TITLES[self.status]


def verdict(agreement: Content, policy: Policy, names: Mapping[str, str], *, open_cases: int) -> Verdict:
    """
    Return whether the opinions that the policy counts agree as well as wanted, and what stands in the way.

    :param agreement: the stored report of that name
    :param names: names of categories, by slug
    :param open_cases: how many cases wait for an adjudicator
    """
    statuses, sentences = [], []
    for field in agreement["fields"]:
        kinds = policy.rules[Field(field["field"])].kinds
        figures = field["kinds"][raters_key(kinds)]
        statuses.append(status_of(figures))
        sentences.append(field_sentence(Field(field["field"]), kinds, figures))
    low = low_categories(agreement, policy, names)
    sentences += [text for text in (category_sentence(low), case_sentence(open_cases)) if text]
    order = list(Status)
    return Verdict(min(statuses, key=order.index, default=Status.TOO_FEW), tuple(sentences))


def raters_key(kinds: Iterable[Kind]) -> str:
    """Return the key of the report's figures for these kinds of rater: all, human or llm."""
    return "all" if frozenset(kinds) == BOTH else next(iter(kinds)).value


def status_of(figures: Content) -> Status:
    """Compare the interval of an alpha, not its value, with the wanted alpha."""
    alpha = figures["alpha"]
    if figures["items"] < FEW_ITEMS:
        return Status.TOO_FEW
    if alpha["low"] is None:
        return Status.UNDECIDED
    if alpha["high"] < WANTED_ALPHA:
        return Status.NOT_REACHED
    return Status.REACHED if alpha["low"] >= WANTED_ALPHA else Status.UNDECIDED


def field_sentence(field: Field, kinds: frozenset[Kind], figures: Content) -> str:
    """Return a sentence on one label field, with the reason where nothing can be said."""
    alpha, status = figures["alpha"], status_of(figures)
    who = {BOTH: "people and models", HUMAN: "people"}.get(kinds, "models")
    if alpha["value"] is None:
        return f"Alpha on {field.part}s among {who} is not known: {alpha['reason']}."
    interval = "" if alpha["low"] is None else f" (95 % interval {shown(alpha['low'])} to {shown(alpha['high'])})"
    sentence = f"Alpha {shown(alpha['value'])} on {field.part}s among {who}{interval}; wanted {decimals(WANTED_ALPHA)}"
    return f"{sentence}: {reason_of(status, figures['items'], has_interval=bool(interval))}."


def reason_of(status: Status, items: int, *, has_interval: bool) -> str:
    """Return a status in words, with why nothing can be told where that is so."""
    if status == Status.TOO_FEW:
        return f"cannot be told from {counted(items, 'item')} with two opinions or more"
    if status == Status.UNDECIDED:
        return (
            "cannot be told yet, as the interval includes it" if has_interval else "cannot be told without an interval"
        )
    return status.value


def shown(value: float) -> str:
    """Return a figure with two decimals; with three, cut off, if a lower value would round to the wanted alpha."""
    text = decimals(value)
    is_misleading = value < WANTED_ALPHA and text == decimals(WANTED_ALPHA)
    return f"{floor(value * 1000) / 1000:.3f}" if is_misleading else text


def low_categories(agreement: Content, policy: Policy, names: Mapping[str, str]) -> list[tuple[str, float]]:
    """
    Return the names and alphas of the categories that certainly miss the wanted alpha, lowest first.

    :param names: names of categories, by slug; a slug that is not in it stands for itself
    """
    key = raters_key(policy.category_kinds)
    low = [
        (names.get(row["category"], row["category"]), figures["alpha"]["value"])
        for row, figures in ((row, row["kinds"][key]) for row in agreement["each_category"])
        # Reports of earlier versions count the opinions of all kinds alone.
        if figures.get("named", row["named"]) >= FEW_NAMED and status_of(figures) == Status.NOT_REACHED
    ]
    return sorted(low, key=lambda each: (each[1], each[0]))


def category_sentence(low: list[tuple[str, float]]) -> str:
    """Return a sentence that names the lowest categories; an empty text if none is low."""
    if not low:
        return ""
    names = listed([f"{name} ({shown(alpha)})" for name, alpha in low[:MAX_NAMED]])
    if len(low) == 1:
        return f"One category is below the wanted alpha: {names}."
    lowest = "the lowest are " if len(low) > MAX_NAMED else ""
    return f"{len(low)} categories are below the wanted alpha: {lowest}{names}."


def case_sentence(count: int) -> str:
    """Return a sentence on the cases that wait; an empty text if none does."""
    return f"{counted(count, 'case')} {'waits' if count == 1 else 'wait'} for an adjudicator." if count else ""

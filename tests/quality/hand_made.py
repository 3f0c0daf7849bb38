"""Opinions as arrays without a database, from rows written by hand."""

from typing import NamedTuple

import numpy as np

from adjudication.policies import POLICIES, Policy
from quality.reports.arrays import Decisions, Opinions

LETTERS = {"s": 0, "c": 1, "u": 2, "-": -1}
"Code of a label by the letter that the tests write for it."


class Row(NamedTuple):
    """One opinion: its item, its rater (a name that begins with `model` is a juror's) and its label's letter."""

    item: int
    rater: str
    prompt: str
    response: str = "-"
    week: int = 0
    categories: tuple[str, ...] | None = ()
    "None if no categories were asked for."


def opinions_of(
    rows: list[Row], *, items: int | None = None, sources: str = "", without_response: tuple[int, ...] = ()
) -> Opinions:
    """
    Return opinions as `read_opinions` would.

    :param items: the number of items; default: up to the last one with an opinion
    :param sources: a letter per item; default: the same for all
    :param without_response: the items that have no response
    """
    count = items if items is not None else max((row.item for row in rows), default=-1) + 1
    kinds = sorted({("llm" if row.rater.startswith("model") else "human", row.rater) for row in rows})
    place = {name: at for at, (_, name) in enumerate(kinds)}
    rows = sorted(rows, key=lambda row: (row.item, place[row.rater]))
    sets = sorted({tuple(sorted(row.categories)) for row in rows if row.categories is not None})
    letters = sorted({*sources}) if sources else ["x"][:count]
    return Opinions(
        item=whole(row.item for row in rows),
        is_human=np.array([not row.rater.startswith("model") for row in rows], dtype=bool),
        rater=whole(place[row.rater] for row in rows),
        labels={
            "prompt_label": whole(LETTERS[row.prompt] for row in rows),
            "response_label": whole(LETTERS[row.response] for row in rows),
        },
        category_set=whole(-1 if row.categories is None else sets.index(tuple(sorted(row.categories))) for row in rows),
        week=whole(row.week for row in rows),
        item_keys=np.arange(1, count + 1),
        item_source=whole(letters.index(letter) for letter in sources or "x" * count),
        has_response=np.array([at not in without_response for at in range(count)], dtype=bool),
        in_use=np.ones(count, dtype=bool),
        sources=letters,
        raters=kinds,
        rater_keys=np.arange(len(kinds)),
        category_sets=[frozenset(each) for each in sets],
    )


def whole(numbers) -> np.ndarray:
    return np.array(list(numbers), dtype=np.int64)


def by_letters(**letters: str) -> list[Row]:
    """Return rows from one word per rater, a letter per item; `_` is no opinion."""
    return [
        Row(item, rater, letter) for rater, word in letters.items() for item, letter in enumerate(word) if letter != "_"
    ]


def decisions_of(*rows: tuple[int, int, int, int], settled: tuple[int, ...] = ()) -> Decisions:
    """Return decisions from (item, label, safe, unsafe); the label is 0 for safe, 1 for unsafe, -1 for none."""
    item, label, safe, unsafe = (whole(column) for column in zip(*rows, strict=True)) if rows else [whole([])] * 4
    return Decisions(item, np.isin(item, settled), label, safe, unsafe)


def policy(caution: str = "safe", name: str = "majority") -> Policy:
    return POLICIES[name].with_settings(quorum=None, caution=caution)

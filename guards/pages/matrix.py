"""The matrix of guards and benchmarks: one's own figures, and published ones apart from them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from guards.figures.cases import NO_LABEL, NOT_ASKED
from guards.figures.confusion import cells_of, estimated_figure
from guards.figures.intervals import draw_cells
from guards.figures.rates import rate
from guards.figures.verdicts import Judged, Verdict
from guards.published import PublishedFigure

NAMES = {"f1": "F1", "fpr": "False positive rate", "flagged": "Share flagged", "accuracy": "Accuracy"}
OF_SAFE_CASES = "fpr"
OF_NO_LABELS = "flagged"


@dataclass(frozen=True)
class Cell:
    """The main figure of one guard on one benchmark, under one fold."""

    figure: str
    "A key of NAMES: F1; the false positive rate where no case is unsafe; the share flagged where none has a label."
    value: float | None
    low: float | None
    high: float | None
    n: int
    "Cases with a verdict, over which the figure is taken."
    not_asked: int
    unreadable: int

    @property
    def name(self) -> str:
        """The name of the figure in words."""
        return NAMES[self.figure]


@dataclass(frozen=True)
class PublishedRow:
    """The published figures of one model, run in one way."""

    model: str
    mode: str
    cells: list[list[PublishedFigure]]
    "By column; each as many as were published, for two who ran it may differ."


def cell(counts: Counter[tuple[int, int]], fold: str, *, draws: int = 1_000) -> Cell:
    """
    Return the main figure of an evaluation.

    :param counts: of cases, by truth (1 unsafe, 0 safe, NO_LABEL) and verdict (a value of Verdict, or NOT_ASKED)
    """
    not_asked = sum(count for (_, verdict), count in counts.items() if verdict == NOT_ASKED)
    asked = {key: count for key, count in counts.items() if key[1] != NOT_ASKED}
    unreadable = sum(count for (_, verdict), count in asked.items() if verdict == Verdict.UNREADABLE)
    labelled = {key: count for key, count in asked.items() if key[0] != NO_LABEL}
    if not labelled:
        return unlabelled_cell(asked, fold, not_asked, unreadable)
    judged = judged_of(labelled)
    figure = "f1" if judged.truth.any() else OF_SAFE_CASES
    cells = cells_of(judged.truth, judged.flagged(fold))
    found = estimated_figure(figure, cells, draw_cells(cells, draws, seed=0))
    return Cell(figure, found.value, found.low, found.high, len(judged), not_asked, unreadable)


def judged_of(counts: Mapping[tuple[int, int], int]) -> Judged:
    """Return cases as many as are counted; NO_LABEL counts as safe."""
    keys = np.array(list(counts), dtype=np.int8).reshape(-1, 2).repeat(list(counts.values()), axis=0)
    return Judged(keys[:, 0] == 1, keys[:, 1])


def unlabelled_cell(asked: Mapping[tuple[int, int], int], fold: str, not_asked: int, unreadable: int) -> Cell:
    """Return the share flagged of the readable verdicts."""
    readable = judged_of({key: count for key, count in asked.items() if key[1] != Verdict.UNREADABLE})
    found = rate(int(np.sum(readable.flagged(fold))), len(readable))
    return Cell(OF_NO_LABELS, found.value, found.low, found.high, found.n, not_asked, unreadable)


def published_rows(figures: Iterable[PublishedFigure], benchmarks: Sequence[str]) -> list[PublishedRow]:
    """
    Return the published figures on some benchmarks, by model and way of running it.

    F1 is shown; another figure only where no F1 of the model on the benchmark is published.

    :param benchmarks: names of the columns
    """
    found: dict[tuple[str, str], dict[str, list[PublishedFigure]]] = {}
    for figure in figures:
        if figure.benchmark in benchmarks:
            found.setdefault((figure.model, figure.mode), {}).setdefault(figure.benchmark, []).append(figure)
    return [
        PublishedRow(model, mode, [shown(found[model, mode].get(name, [])) for name in benchmarks])
        for model, mode in sorted(found, key=lambda key: (key[0].lower(), key[1]))
    ]


def shown(figures: Sequence[PublishedFigure]) -> list[PublishedFigure]:
    """Return those of the figures of one cell that are shown."""
    return [figure for figure in figures if figure.metric == "f1"] or list(figures)

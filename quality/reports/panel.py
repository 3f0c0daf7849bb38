"""
Correlation of the panel: whether its jurors say the same, and whether they make the same errors.

A panel is the set of a project's jurors. Jurors with the same errors outvote people with what is one opinion.
"""

from dataclasses import dataclass

import numpy as np

from adjudication.policies import Policy, policy_of
from corpus.labels import Field
from corpus.models import Project
from quality.reports.arrays import Opinions
from quality.statistics.agreement import Ratings, cohen_kappas
from quality.statistics.correlation import Marks, effective_votes, mean_correlation


@dataclass(frozen=True)
class Cell:
    """Two jurors: Cohen's kappa, and the number of items both have judged."""

    kappa: float | None
    items: int


@dataclass(frozen=True)
class Correlation:
    """Correlation between jurors, of their verdicts or of their errors."""

    correlation: float | None
    "The mean over the pairs of jurors; None if no pair has a correlation."
    votes: float | None
    "The number of independent jurors that the panel is worth."
    items: int


@dataclass(frozen=True)
class PanelField:
    """The panel on one field, with labels folded as the project's policy says."""

    name: str
    jurors: list[str]
    rows: list[tuple[str, list[Cell | None]]]
    "A juror and its cell with each juror; None on the diagonal and for pairs that share fewer than two items."
    verdicts: Correlation
    errors: Correlation
    "Against the majority of the human votes, on items that have one."


def panel_figures(project: Project, opinions: Opinions) -> list[PanelField]:
    """Return the panel on every field for which two or more jurors have cast ballots."""
    policy = policy_of(project)
    fields = [panel_on_field(opinions, field, policy) for field in project.fields]
    return [field for field in fields if len(field.jurors) > 1]


def panel_on_field(opinions: Opinions, field: str, policy: Policy) -> PanelField:
    """Return the panel on one field."""
    unsafe = opinions.is_unsafe(field, policy)
    cast = opinions.has_value(field) & ~opinions.is_human
    raters, juror = np.unique(opinions.rater[cast], return_inverse=True)
    jurors = [opinions.raters[at][1] for at in raters]
    verdicts = Ratings(opinions.item[cast], juror, unsafe[cast].astype(np.int64))
    items, row = np.unique(verdicts.items, return_inverse=True)
    marks = np.full((len(items), len(jurors)), np.nan)
    marks[row, juror] = verdicts.values
    balance = human_balance(opinions, field, policy)[items]
    errors = np.abs(marks - (balance > 0)[:, None])[balance != 0]
    return PanelField(
        name=Field(field).name.capitalize(),
        jurors=jurors,
        rows=list(zip(jurors, kappa_cells(verdicts, len(jurors)), strict=True)),
        verdicts=correlation_of(marks),
        errors=correlation_of(errors),
    )


def human_balance(opinions: Opinions, field: str, policy: Policy) -> Marks:
    """Return how many more people call each item unsafe than safe: shape (items,); 0 for a tie or no vote."""
    votes = opinions.has_value(field) & opinions.is_human
    signs = np.where(opinions.is_unsafe(field, policy)[votes], 1.0, -1.0)
    return np.bincount(opinions.item[votes], weights=signs, minlength=len(opinions.item_keys)).astype(np.float64)


def correlation_of(marks: Marks) -> Correlation:
    """
    Return the mean correlation of jurors and their effective number.

    :param marks: shape (items, jurors), every item with a mark
    """
    mean = mean_correlation(marks)
    votes = None if mean is None else effective_votes(marks.shape[1], mean)
    return Correlation(mean, votes, len(marks))


def kappa_cells(verdicts: Ratings, jurors: int) -> list[list[Cell | None]]:
    """Return Cohen's kappa of every pair of jurors as a square matrix of cells."""
    cells: list[list[Cell | None]] = [[None] * jurors for _ in range(jurors)]
    for pair in cohen_kappas(verdicts, raters=jurors):
        cells[pair.a][pair.b] = cells[pair.b][pair.a] = Cell(pair.kappa, pair.n)
    return cells

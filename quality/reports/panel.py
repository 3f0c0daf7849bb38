"""How correlated the jury is, from its ballots in the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from adjudication.policies import Policy, policy_of
from corpus.labels import Field
from corpus.models import Project
from quality import queries
from quality.reports.text import as_ratings
from quality.statistics import agreement, correlation
from quality.statistics.correlation import Marks


@dataclass(frozen=True)
class Cell:
    """Two jurors side by side."""

    kappa: float | None
    items: int


@dataclass(frozen=True)
class Independence:
    """How far jurors go together, in what they say or in where they err."""

    correlation: float | None
    "The mean over the pairs; None where no two of them vary."
    votes: float | None
    items: int


@dataclass(frozen=True)
class FieldOfPanel:
    """The panel on one field; labels folded as the project's policy folds them."""

    name: str
    jurors: list[str]
    rows: list[tuple[str, list[Cell | None]]]
    "A juror and Cohen's kappa with each of the others; None on the diagonal and where they share less than two items."
    verdicts: Independence
    errors: Independence
    "Against the majority of the people who voted, on the items where there is one."


def panel_report(project: Project) -> list[FieldOfPanel]:
    """Return every field of the project on which two jurors or more have cast a ballot."""
    policy = policy_of(project)
    found = (field_of_panel(project, field, policy) for field in project.fields)
    return [each for each in found if len(each.jurors) > 1]


def field_of_panel(project: Project, field: str, policy: Policy) -> FieldOfPanel:
    rated = [
        (item, kind, rater, "unsafe" if value in policy.unsafe_labels else "safe")
        for item, kind, rater, value in queries.rated_values(project, field)
    ]
    names = queries.rater_names(project)
    cast = sorted((row for row in rated if row[1] == "llm"), key=lambda row: names[row[1], row[2]])
    who = list(dict.fromkeys(row[2] for row in cast))
    jurors = [names["llm", rater] for rater in who]
    said = marks_of(cast, who)
    people = majorities((item, value == "unsafe") for item, kind, _, value in rated if kind == "human")
    return FieldOfPanel(
        name=Field(field).name.capitalize(),
        jurors=jurors,
        rows=kappa_rows(cast, jurors, who),
        verdicts=independence(np.array(list(said.values()))),
        errors=independence(np.array([abs(marks - people[item]) for item, marks in said.items() if item in people])),
    )


def marks_of(cast: list[tuple[int, str, int, str]], who: list[int]) -> dict[int, Marks]:
    """Map every item to a row of marks: 1 where a juror says unsafe."""
    places = {rater: place for place, rater in enumerate(who)}
    marks: dict[int, Marks] = defaultdict(lambda: np.full(len(who), np.nan))
    for item, _, rater, value in cast:
        marks[item][places[rater]] = value == "unsafe"
    return marks


def majorities(votes: Iterable[tuple[int, bool]]) -> Mapping[int, bool]:
    """Map every item on which most people agree to whether they call it unsafe; a tie is none."""
    balance: dict[int, int] = defaultdict(int)
    for item, is_unsafe in votes:
        balance[item] += 1 if is_unsafe else -1
    return {item: sum_ > 0 for item, sum_ in balance.items() if sum_}


def independence(marks: Marks) -> Independence:
    """
    :param marks: shape (items, jurors), or empty
    """
    items = int((~np.isnan(marks)).any(axis=1).sum()) if marks.size else 0
    mean = correlation.mean_correlation(marks) if items else None
    votes = None if mean is None else correlation.effective_votes(marks.shape[1], mean)
    return Independence(mean, votes, items)


def kappa_rows(
    cast: list[tuple[int, str, int, str]], jurors: list[str], who: list[int]
) -> list[tuple[str, list[Cell | None]]]:
    ratings, raters = as_ratings(cast)
    place = [who.index(rater) for _, rater in raters]
    cells: list[list[Cell | None]] = [[None] * len(who) for _ in who]
    for pair in agreement.cohen_kappas(ratings, raters=len(raters)):
        a, b = place[pair.a], place[pair.b]
        cells[a][b] = cells[b][a] = Cell(pair.kappa, pair.n)
    return list(zip(jurors, cells, strict=True))

"""Correlation of the panel: the figures, and the page that shows them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import Project
from quality.reports.arrays import read_opinions
from quality.reports.panel import PanelField, panel_figures
from quality.statistics.correlation import effective_votes, mean_correlation
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

LABELS = {"s": "safe", "u": "unsafe", "c": "needs_caution"}


def project_with(folder: Path, kinds: dict[str, str], labels: dict[str, str], **options: Any) -> Project:
    """Make a project whose raters gave each item the label of a letter; "-" is no opinion."""
    project = make_project(fields="prompt_label", **options)
    items = [f"i{number}" for number in range(len(next(iter(labels.values()))))]
    import_dialogues(project, folder, [dialogue(item) for item in items])
    rows = [
        opinion(item, rater, LABELS[letter]) | {"rater_kind": kinds[rater]}
        for rater, letters in labels.items()
        for item, letter in zip(items, letters, strict=True)
        if letter != "-"
    ]
    assert import_votes(project, folder, rows)["rejected"] == 0
    return project


def first_field(project: Project) -> PanelField:
    return panel_figures(project, read_opinions(project))[0]


def test_correlation_of_two_equal_jurors_and_a_third(tmp_path: Path) -> None:
    kinds = {"ada": "human", "one": "llm", "two": "llm", "three": "llm"}
    labels = {"ada": "ssssuuuu", "one": "ssusuusu", "two": "ssusuusu", "three": "usssuuu-"}
    field = first_field(project_with(tmp_path, kinds, labels))

    assert (field.name, field.jurors) == ("Prompt", ["one", "three", "two"])
    kappas = {name: [cell and cell.kappa for cell in cells] for name, cells in field.rows}
    assert kappas["one"][2] == kappas["two"][0] == pytest.approx(1)
    assert kappas["one"][0] is None
    assert [cell and cell.items for cell in field.rows[1][1]] == [7, None, 7]
    # Errors of `one` and `two`: items 2 and 6; of `three`: item 0. It has not judged item 7.
    ones, threes = [0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0]
    mean = (1 + 2 * np.corrcoef(ones, threes)[0, 1]) / 3
    assert field.errors.correlation == pytest.approx(mean)
    assert field.errors.votes == pytest.approx(3 / (1 + 2 * mean))
    assert field.errors.items == 8


def test_labels_are_folded_and_a_human_tie_is_no_reference(tmp_path: Path) -> None:
    kinds = {"ada": "human", "bob": "human", "one": "llm", "two": "llm"}
    labels = {"ada": "suu", "bob": "ssu", "one": "scu", "two": "suc"}
    field = first_field(project_with(tmp_path, kinds, labels, caution="unsafe"))

    assert field.rows[0][1][1].kappa == 1
    assert field.errors.items == 2
    assert field.errors.votes is None  # no juror made an error, so errors have no correlation


def test_page_of_an_unmeasured_project(tmp_path: Path) -> None:
    project = project_with(tmp_path, {"one": "llm", "two": "llm"}, {"one": "su", "two": "su"})
    lead = Visitor(project, "lead")
    whole = lead.get("jury/panel/").content.decode()
    assert "<h1>Jurors compared</h1>" in whole
    assert "no dialogue has both yet" in whole
    assert "it is not known whether the 2 jurors err alike" in whole
    assert "No two jurors to compare" in Visitor(make_project(), "lead").get("jury/panel/").content.decode()
    assert Visitor(project, "annotator").get("jury/panel/").status_code in (403, 404)


def test_large_project_is_compared_once_it_is_measured(tmp_path: Path) -> None:
    """Before, its page would read all opinions while the reader waits."""
    project = project_with(tmp_path, {"one": "llm", "two": "llm"}, {"one": "su", "two": "su"})
    assert import_dialogues(project, tmp_path, [dialogue(f"d{at}") for at in range(5000)])["created"] == 5000
    lead = Visitor(project, "lead")
    before = lead.get("jury/panel/").content.decode()
    assert command("measure", project=project.slug).code == 0
    after = lead.get("jury/panel/").content.decode()
    assert ["Not measured yet" in page for page in (before, after)] == [True, False]
    assert ["Cohen's kappa of every two jurors" in page for page in (before, after)] == [False, True]


def test_page_shows_the_last_measurement(tmp_path: Path) -> None:
    project = project_with(
        tmp_path, {"ada": "human", "one": "llm", "two": "llm"}, {"ada": "su", "one": "su", "two": "us"}
    )
    lead = Visitor(project, "lead")
    before = lead.get("jury/panel/")
    assert command("measure", project=project.slug).code == 0
    more = [
        opinion("i0", "three", "safe") | {"rater_kind": "llm"},
        opinion("i1", "three", "safe") | {"rater_kind": "llm"},
    ]
    assert import_votes(project, tmp_path, more)["created"] == 2
    after = lead.get("jury/panel/")

    assert "Figures of" not in before.content.decode()
    assert "Figures of" in after.content.decode()
    assert [field["jurors"] for field in after.context["fields"]] == [["one", "two"]]
    tables = [page.content.decode().split("<tbody>")[1].split("</tbody>")[0] for page in (before, after)]
    assert tables[0] == tables[1]


@given(st.integers(1, 50), st.floats(-1, 1))
def test_effective_votes_lie_between_one_and_all(raters: int, correlation: float) -> None:
    assert 1 - 1e-9 <= effective_votes(raters, correlation) <= raters


def test_jurors_without_shared_items_or_variation_have_no_correlation() -> None:
    constant, disjoint = np.array([[1, 0], [1, 1], [1, 0]], float), np.array([[1, np.nan], [np.nan, 1]])
    assert mean_correlation(constant) is None
    assert mean_correlation(disjoint) is None


def test_single_juror_is_no_panel(tmp_path: Path) -> None:
    project = project_with(tmp_path, {"ada": "human", "one": "llm"}, {"ada": "su", "one": "us"})
    assert panel_figures(project, read_opinions(project)) == []

"""How correlated the jury is: the figures, and the page that shows them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.reports.panel import panel_report
from quality.statistics.correlation import effective_votes, mean_correlation
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

LABELS = {"s": "safe", "u": "unsafe", "c": "needs_caution"}


def project_with(folder, kinds, said, **options):
    """`said`: for every rater a letter for every item, "-" for silence."""
    project = make_project(fields="prompt_label", **options)
    items = [f"i{number}" for number in range(len(next(iter(said.values()))))]
    import_dialogues(project, folder, [dialogue(item) for item in items])
    rows = [
        opinion(item, rater, LABELS[letter]) | {"rater_kind": kinds[rater]}
        for rater, word in said.items()
        for item, letter in zip(items, word, strict=True)
        if letter != "-"
    ]
    assert import_votes(project, folder, rows)["rejected"] == 0
    return project


def test_two_that_err_alike_and_one_that_does_not(tmp_path):
    kinds = {"ada": "human", "one": "llm", "two": "llm", "three": "llm"}
    said = {"ada": "ssssuuuu", "one": "ssusuusu", "two": "ssusuusu", "three": "usssuuu-"}
    field = panel_report(project_with(tmp_path, kinds, said))[0]

    assert (field.name, field.jurors) == ("Prompt", ["one", "three", "two"])
    kappas = {name: [cell and cell.kappa for cell in cells] for name, cells in field.rows}
    assert kappas["one"][2] == kappas["two"][0] == pytest.approx(1)
    assert kappas["one"][0] is None
    assert [cell and cell.items for cell in field.rows[1][1]] == [7, None, 7]
    # Errors of `one` and `two`: items 2 and 6; of `three`: item 0, and 7 is not judged.
    ones, threes = [0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0]
    mean = (1 + 2 * np.corrcoef(ones, threes)[0, 1]) / 3
    assert field.errors.correlation == pytest.approx(mean)
    assert field.errors.votes == pytest.approx(3 / (1 + 2 * mean))
    assert field.errors.items == 8


def test_labels_are_folded_and_a_tie_of_people_is_no_reference(tmp_path):
    kinds = {"ada": "human", "bob": "human", "one": "llm", "two": "llm"}
    said = {"ada": "suu", "bob": "ssu", "one": "scu", "two": "suc"}
    field = panel_report(project_with(tmp_path, kinds, said, caution="unsafe"))[0]

    assert field.rows[0][1][1].kappa == 1
    assert field.errors.items == 2
    assert field.errors.votes is None  # nobody erred, so nothing is known of how they err


def test_the_page_takes_it_in_and_says_so_where_nothing_is_known(tmp_path):
    project = project_with(tmp_path, {"one": "llm", "two": "llm"}, {"one": "su", "two": "su"})
    lead = Visitor(project, "lead")
    assert 'hx-trigger="load"' in lead.get("jury/").content.decode()
    whole = lead.get("jury/panel/").content.decode()
    assert "<h1>Panel</h1>" in whole
    assert "no dialogue has both yet" in whole
    part = lead.client.get(f"/projects/{project.slug}/jury/panel/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")
    assert "Not known until" in Visitor(make_project(), "lead").get("jury/panel/").content.decode()
    assert Visitor(project, "annotator").get("jury/panel/").status_code in (403, 404)


def test_the_page_shows_what_was_measured_and_of_when(tmp_path):
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

    assert "As of" not in before.content.decode()
    assert "As of" in after.content.decode()
    assert [field["jurors"] for field in after.context["fields"]] == [["one", "two"]]
    table = "<tbody>"
    assert after.content.decode().split(table)[1] == before.content.decode().split(table)[1]


@given(st.integers(1, 50), st.floats(-1, 1))
def test_effective_votes_lie_between_one_and_all(raters, correlation):
    assert 1 - 1e-9 <= effective_votes(raters, correlation) <= raters


def test_jurors_that_share_nothing_or_never_vary_have_no_correlation():
    never, silent = np.array([[1, 0], [1, 1], [1, 0]], float), np.array([[1, np.nan], [np.nan, 1]])
    assert mean_correlation(never) is None
    assert mean_correlation(silent) is None

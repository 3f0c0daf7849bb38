"""The commands `agreement` and `score`, by hand-made counts and beside the page's reports."""

from pathlib import Path
from typing import Any

import pytest

from corpus.models import Project
from quality.models import Report
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.quality.opinions import mixed_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Ada and Bea agree on three of four items; the model calls only the last one unsafe."""
    folder = tmp_path_factory.mktemp("votes")
    made = make_project(fields="prompt_label")
    import_dialogues(made, folder, [dialogue(name) for name in "abcd"])
    letters = {"ada": "suus", "bea": "suss", "model": "sssu"}
    labels = {"s": "safe", "u": "unsafe"}
    rows = [
        opinion(item, rater, labels[letter])
        for rater, word in letters.items()
        for item, letter in zip("abcd", word, strict=True)
    ]
    assert import_votes(made, folder, rows)["created"] == 12
    return made


def by_rater(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["rater"]: row for row in report["raters"]}


def test_agreement_counts_items_raters_and_pairs(project: Project) -> None:
    report = command("agreement", project=project.slug)

    assert (report["items"], report["raters"], report["opinions"]) == (4, 3, 12)
    assert report["percent"] == pytest.approx((1 + 3 * 1 / 3) / 4)
    assert [(pair["a"], pair["b"], pair["n"]) for pair in report["pairs"]] == [
        ("ada", "bea", 4), ("ada", "model", 4), ("bea", "model", 4),
    ]  # fmt: skip
    assert report["pairs"][0]["cohen_kappa"] == pytest.approx(0.5)


def test_agreement_of_one_kind_of_rater_leaves_out_the_other(project: Project) -> None:
    assert command("agreement", project=project.slug, raters="human")["raters"] == 2
    alone = command("agreement", project=project.slug, raters="llm")
    assert (alone["items"], alone["percent"], alone["krippendorff_alpha"]) == (0, None, None)


def test_raters_are_scored_against_the_majority_of_the_others(project: Project) -> None:
    report = command("score", project=project.slug)

    # Bea and the model differ on b and d; both call a and c safe.
    assert report["decision"] is None
    assert (by_rater(report)["ada"]["n"], by_rater(report)["ada"]["accuracy"]) == (2, 0.5)


def test_raters_and_decision_are_scored_against_gold(project: Project, tmp_path: Path) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text("id,label\na,safe\nb,unsafe\nc,unsafe\nd,needs_caution\n")
    report = command("score", project=project.slug, against=gold)

    ada = by_rater(report)["ada"]
    assert (report.code, ada["kind"], ada["n"], ada["accuracy"], ada["f1"]) == (0, "human", 4, 1.0, 1.0)
    assert by_rater(report)["model"]["precision"] == 0.0
    assert report["decision"] == {
        "n": 4, "accuracy": 0.75, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3),
        "macro_f1": pytest.approx((2 / 3 + 4 / 5) / 2), "reasons": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("id,label\na,safe\nnowhere,safe\n", 1, "row 2: id: the project has no item"),
        ("id,label\na,safe\nb,perhaps\n", 1, "row 2: label: 'perhaps' is not one of"),
        ("id,label\na,safe\na,unsafe\n", 1, "another label in an earlier row"),
        ("id,verdict\na,safe\n", 2, "neither a column label nor prompt_label"),
        ("id,label\nnowhere,safe\n", 2, "no label for any item"),
    ],
)
def test_wrong_gold_is_reported_row_by_row(
    project: Project, tmp_path: Path, content: str, code: int, message: str
) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text(content)
    report = command("score", project=project.slug, against=gold)

    assert report.code == code
    assert message in report.stderr


def test_unwanted_field_is_refused(project: Project) -> None:
    for name in ("agreement", "score"):
        refused = command(name, project=project.slug, field="response_label")
        assert refused.code == 2
        assert "does not want response_label" in refused.stderr


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with opinions on both fields and on categories, measured."""
    made = mixed_project(tmp_path_factory.mktemp("mixed"), items=45)
    assert command("measure", project=made.slug).code == 0
    return made


def content(project: Project, kind: str) -> dict[str, Any]:
    return Report.objects.get(project=project, kind=kind, policy=project.policy).content


@pytest.mark.parametrize("kind", ["all", "human", "llm"])
@pytest.mark.parametrize("field", ["prompt_label", "response_label", "categories"])
def test_agreement_equals_the_page(measured: Project, field: str, kind: str) -> None:
    agreement = content(measured, "agreement")
    fields = {each["field"]: each["kinds"] for each in agreement["fields"]}
    page = (fields | {"categories": agreement["categories"]["kinds"]})[field][kind]
    printed = command("agreement", project=measured.slug, field=field, raters=kind)

    for name in ("items", "opinions", "percent"):
        assert printed[name] == page[name], name
    assert printed["fleiss_kappa"] == page["fleiss"]["value"]
    assert printed["reasons"].get("fleiss_kappa") == page["fleiss"]["reason"]
    if field == "categories":
        assert printed["masi_alpha"] == pytest.approx(page["alpha"]["value"])
        return
    assert printed["krippendorff_alpha"] == page["alpha"]["value"]
    assert printed["alpha_interval"] in (None, [page["alpha"]["low"], page["alpha"]["high"]])
    assert printed["ordinal_alpha"] == page["ordinal_alpha"]["value"]
    assert printed["reasons"].get("krippendorff_alpha") == page["alpha"]["reason"]


@pytest.mark.parametrize("field", ["prompt_label", "response_label"])
def test_scores_equal_the_page(measured: Project, field: str) -> None:
    fields = {each["field"]: each for each in content(measured, "scores")["fields"]}
    printed = command("score", project=measured.slug, field=field)
    page = [{"rater": row["rater"], "kind": row["kind"]} | row["majority"] for row in fields[field]["raters"]]
    assert printed["raters"] == page


def test_pairs_come_in_the_order_in_which_raters_were_added(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue("a"), dialogue("b")])
    for rater in ("model-z", "zed", "ada", "model-a"):
        import_votes(project, tmp_path, [opinion(item, rater) for item in "ab"])
    pairs = command("agreement", project=project.slug)["pairs"]

    assert [(pair["a"], pair["b"]) for pair in pairs] == [
        ("zed", "ada"), ("zed", "model-z"), ("zed", "model-a"),
        ("ada", "model-z"), ("ada", "model-a"), ("model-z", "model-a"),
    ]  # fmt: skip
    assert {pair["cohen_kappa"] for pair in pairs} == {None}


def test_project_without_opinions_has_reports_without_figures() -> None:
    project = make_project()
    for field in ("prompt_label", "categories"):
        printed = command("agreement", project=project.slug, field=field)
        assert (printed["items"], printed["raters"], printed["percent"], printed["pairs"]) == (0, 0, None, [])
        assert printed["reasons"]["krippendorff_alpha"] == "no item has two opinions"
    assert dict(command("score", project=project.slug)) == {"raters": [], "decision": None}

"""Agreement and scores through their commands."""

import pytest

from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Ada and Bea agree on three of four items; the model calls everything safe but the last."""
    folder = tmp_path_factory.mktemp("votes")
    made = make_project(fields="prompt_label")
    import_dialogues(made, folder, [dialogue(name) for name in "abcd"])
    said = {"ada": "suus", "bea": "suss", "model": "sssu"}
    labels = {"s": "safe", "u": "unsafe"}
    rows = [
        opinion(item, rater, labels[letter])
        for rater, word in said.items()
        for item, letter in zip("abcd", word, strict=True)
    ]
    assert import_votes(made, folder, rows)["created"] == 12
    return made


def by_rater(report):
    return {row["rater"]: row for row in report["raters"]}


def test_agreement_counts_items_raters_and_pairs(project):
    report = command("agreement", project=project.slug)

    assert (report["items"], report["raters"], report["opinions"]) == (4, 3, 12)
    assert report["percent"] == pytest.approx((1 + 3 * 1 / 3) / 4)
    assert [(pair["a"], pair["b"], pair["n"]) for pair in report["pairs"]] == [
        ("ada", "bea", 4), ("ada", "model", 4), ("bea", "model", 4),
    ]  # fmt: skip
    assert report["pairs"][0]["cohen_kappa"] == pytest.approx(0.5)


def test_agreement_of_one_kind_of_rater_hears_no_other(project):
    assert command("agreement", project=project.slug, raters="human")["raters"] == 2
    alone = command("agreement", project=project.slug, raters="llm")
    assert (alone["items"], alone["percent"], alone["krippendorff_alpha"]) == (0, None, None)


def test_raters_are_scored_against_the_majority_of_the_others(project):
    report = command("score", project=project.slug)

    # The others of ada agree on `a` alone: bea and the model differ on b and d, and both say safe of c.
    assert report["decision"] is None
    assert (by_rater(report)["ada"]["n"], by_rater(report)["ada"]["accuracy"]) == (2, 0.5)


def test_raters_and_decision_are_scored_against_gold(project, tmp_path):
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
    ("content", "code", "told"),
    [
        ("id,label\na,safe\nnowhere,safe\n", 1, "row 2: id: the project has no item"),
        ("id,label\na,safe\nb,perhaps\n", 1, "row 2: label: 'perhaps' is not one of"),
        ("id,label\na,safe\na,unsafe\n", 1, "another label in an earlier row"),
        ("id,verdict\na,safe\n", 2, "neither a column label nor prompt_label"),
        ("id,label\nnowhere,safe\n", 2, "no label for any item"),
    ],
)
def test_gold_that_does_not_fit_is_told_row_by_row(project, tmp_path, content, code, told):
    gold = tmp_path / "gold.csv"
    gold.write_text(content)
    report = command("score", project=project.slug, against=gold)

    assert report.code == code
    assert told in report.said


def test_a_field_the_project_does_not_want_is_refused(project):
    for name in ("agreement", "score"):
        refused = command(name, project=project.slug, field="response_label")
        assert refused.code == 2
        assert "does not want response_label" in refused.said

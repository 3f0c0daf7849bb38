"""The report Bias of the data, from dialogues and opinions through the command, the route and the page."""

from pathlib import Path
from typing import Any

import pytest

from corpus.models import Project
from quality.reports.bias_rows import balance_tables
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.quality.pages import uneven_tables, visible

Made = tuple[Project, dict[str, Any]]
MEASURES = ("unsafe", "disagreement", "false_alarms", "misses")


@pytest.fixture
def report(tmp_path: Path) -> Made:
    """
    Return a project of 80 dialogues, and its report.

    Of 40 that name Muslims, 30 are unsafe, of 40 others 20. Three people agree, but on 9 of the 40, one differs. The
    juror calls every dialogue unsafe that names Muslims, and errs on no other.
    """
    project = make_project(fields="prompt_label")
    rows, votes = [], []
    for at in range(80):
        named, name = at < 40, f"d{at:02}"
        unsafe = at % 4 < 3 if named else at % 2 == 0
        rows.append(dialogue(name, text=f"Where do {'Muslims' if named else 'gardeners'} buy {at:02}?", response=False))
        label = "unsafe" if unsafe else "safe"
        differs = "safe" if named and unsafe and at < 11 else label
        kinds = {"ada": label, "bea": label, "cleo": differs, "model-a": "unsafe" if named else label}
        votes += [
            opinion(name, rater, given, categories=["threat"] if given == "unsafe" else [])
            for rater, given in kinds.items()
        ]
    import_dialogues(project, tmp_path, rows)
    assert import_votes(project, tmp_path, votes)["rejected"] == 0
    assert command("measure", project=project.slug).code == 0
    return project, Program(project, "lead").get(f"projects/{project.slug}/metrics/").json()["reports"]["bias"]


def test_groups_stand_beside_what_names_none(report: Made) -> None:
    _, found = report
    [field] = found["fields"]
    [row] = field["groups"]
    assert (row["group"], row["attribute"], row["items"]) == ("Muslims", "religion", 40)
    counts = {name: [row[name][key] for key in ("count", "n", "other_count", "other_n")] for name in MEASURES}
    assert counts == {
        "unsafe": [30, 40, 20, 40],
        "disagreement": [9, 40, 0, 40],
        "false_alarms": [10, 10, 0, 20],
        "misses": [0, 30, 0, 20],
    }
    assert row["unsafe"]["difference"] == pytest.approx(0.25)
    assert row["unsafe"]["low"] > 0
    assert row["false_alarms"]["difference"] is None, "ten dialogues are too few"
    [top] = row["categories"]
    assert (top["category"], top["count"], top["other_count"]) == ("threat", 30, 20)


def test_what_is_missing_is_told(report: Made) -> None:
    _, found = report
    missing = found["missing"]
    assert "Jews" in missing["groups"]
    assert "Muslims" not in missing["groups"]
    assert "malware" in missing["categories"]
    assert "threat" not in missing["categories"]
    assert [(each["from"], each["items"]) for each in found["fields"][0]["lengths"]][:2] == [(0, 80), (50, 0)]


def test_another_list_makes_the_report_old(report: Made, tmp_path: Path) -> None:
    project, _ = report
    path = tmp_path / "terms.csv"
    path.write_text("attribute,group,language,form,term\nwork,Gardeners,en,plural,gardeners\n")
    assert command("group_terms", project=project.slug, set=path, note="Gardeners only").code == 0
    lead, route = Program(project, "lead"), f"projects/{project.slug}/metrics/"
    assert lead.get(route).json()["is_current"] is False
    assert command("measure", project=project.slug).code == 0
    found = lead.get(route).json()["reports"]["bias"]
    assert found["terms_version"] == 1
    assert [row["group"] for row in found["fields"][0]["groups"]] == ["Gardeners"]


def test_errors_of_each_juror_stand_beside_others(report: Made) -> None:
    _, found = report
    [juror] = found["fields"][0]["jurors"]
    [row] = juror["groups"]
    assert (juror["rater"], row["group"]) == ("model-a", "Muslims")
    assert [row["false_alarms"][key] for key in ("count", "n", "other_count", "other_n")] == [10, 10, 0, 20]
    assert row["misses"]["n"] == 30


def test_balance_counts_sources_lengths_scripts_and_categories(report: Made, tmp_path: Path) -> None:
    project, found = report
    [field] = found["fields"]
    assert (field["items"], field["named"], found["groups"]) == (80, 40, 44)
    [source] = field["sources"]
    assert (source["items"], source["named"], source["unsafe"]) == (80, 40, {"count": 50, "n": 80})
    assert (found["scripts"], found["written"]) == ([{"script": "Latin", "items": 80}], 80)
    assert found["categories"] == [{"category": "threat", "items": 50}]
    texts = {"ru": "Где пекарня? OK", "zh": "面", "el": "x = \u03b1 + 1", "ar": "أين", "mixed": "naïve кафе"}
    import_dialogues(project, tmp_path, [dialogue(name, text=text, response=False) for name, text in texts.items()])
    assert command("measure", project=project.slug).code == 0
    report = Program(project, "lead").get(f"projects/{project.slug}/metrics/").json()["reports"]["bias"]
    counts = {each["script"]: each["items"] for each in report["scripts"]}
    assert counts == {"Latin": 82, "Cyrillic": 2, "Arabic": 1, "Chinese": 1}, "a single letter is a sign"


def test_scripts_and_categories_are_shares_of_the_dialogues_that_they_are_counted_among() -> None:
    """Not of those of the field: 200 of 1,000 have a response here, and 900 have their text."""
    scripts = [{"script": "Latin", "items": 810}, {"script": "Chinese", "items": 90}]
    report = {"items": 1000, "written": 900, "scripts": scripts, "categories": [{"category": "violence", "items": 150}]}
    field = {"items": 200, "sources": [], "lengths": [{"from": 0, "items": 0}]}
    *_, writing, categories = balance_tables(report, field, {})
    assert [row["shares"] for row in (*writing["rows"], *categories["rows"])] == [[0.9], [0.1], [0.15]]


def test_every_figure_has_its_head(report: Made) -> None:
    assert uneven_tables(Visitor(report[0], "lead"), "quality/?tab=bias") == []


def test_tab_shows_groups_errors_and_what_is_missing(report: Made) -> None:
    visitor = Visitor(report[0], "lead")
    page = visible(visitor, "quality/?tab=bias")
    for words in (
        "40 of 80 dialogues name an identity group in the prompt.",
        "Unsafe more or less often than others of their kind: Muslims +25.",
        "Muslims religion 40 75 % of 40 +25 +3 to +44 22 % of 40",
        "Muslims Threat 75 % of 40 +25",
        "0 to 49 characters 80 100 % 50 % 62 %",
        "No dialogue names Women,",
    ):
        assert words in page, (words, page)
    errors = visible(visitor, "quality/?tab=bias&errors=model-a&sort=-misses.share")
    assert "Muslims 100 % of 10 – 0 % of 30 0" in errors, errors
    assert "Muslims 100 % of 10" in visible(visitor, "quality/?tab=bias&errors=Most+of+the+models")
    assert "Muslims religion" in visible(visitor, "quality/?tab=bias&errors=%00&sort=nothing&at=99")
    assert Visitor(report[0]).get("quality/terms/").status_code == 403

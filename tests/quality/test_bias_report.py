"""The report Bias of the data, from dialogues and opinions through the command, the route and the page."""

from pathlib import Path
from typing import Any

import pytest

from corpus.models import Project
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

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

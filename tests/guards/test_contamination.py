"""Dialogues that stand in a benchmark, or among hashes of a public one: by command, schedule, page and route."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from corpus.actions import find_duplicates
from corpus.models import Item
from guards.actions import check_due
from guards.contamination import text_hash
from guards.models import Benchmark, ContaminationReport
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion, write_lines
from tests.hostile_values import TEXTS
from workspace.queries.release_checks import release_checks

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "duplicates.md"
STORY = "Write a poem about the old harbour at night and the boats that wait there for the morning"
CASES = [
    {"id": "harbour", "prompt": STORY, "label": "safe"},
    {"id": "short", "prompt": "Who are you?", "label": "safe"},
    {"id": "absent", "prompt": "Nothing of the kind was ever asked by anybody in here", "label": "unsafe"},
]
TURNS = [("user", "Good morning"), ("assistant", "Good morning"), ("user", "who are you"), ("assistant", "A model")]
ROWS = [
    dialogue("same", text=f"  {STORY.upper()}!"),
    dialogue("near", text=STORY.replace("boats", "ships")),
    dialogue("far", text="Write a poem about the boats"),
    {"id": "turn", "turns": [{"role": role, "text": text} for role, text in TURNS]},
    {"id": "withheld", "prompt": "REDACTED", "response": "No", "reconstruction_id_if_redacted": 1},
]
EXAMPLES = [("same", "harbour", 1.0), ("turn", "short", 1.0), ("near", "harbour", 0.8)]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("contamination"), make_project(quorum=1)
    assert import_dialogues(made, folder, ROWS)["created"] == len(ROWS)
    assert command("add_benchmark", "own", write_lines(folder, CASES), project=made, task="prompt").code == 0
    return made


def contamination(project, **options):
    found = command("contamination", project=project, **options)
    assert found.code == 0, found.stderr
    return found


def test_command_counts_equal_and_near_dialogues(project, tmp_path):
    found = contamination(project, benchmark="own", out=tmp_path / "all.jsonl")
    assert found == {
        "against": "own", "cases": 3, "rows": 4, "equal": 2, "near": 1, "share": 0.75, "cases_found": 2,
    }  # fmt: skip
    assert "same: 100% like harbour" in found.stderr
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [(each["id"], each["case"]) for each in lines] == [
        ("same", "harbour"), ("near", "harbour"), ("turn", "short"),
    ]  # fmt: skip
    assert lines[1]["similarity"] == pytest.approx(17 / 21, abs=0.001)


def test_command_compares_with_hashes_of_normalized_texts(project, tmp_path):
    digests = [text_hash(text).hex() for text in (STORY, "WHO ARE  YOU", "nobody said this")]
    path = tmp_path / "hashes.txt"
    path.write_text("# a public set\n\n" + "\n".join([digests[0].upper(), *(f"sha256:{each}" for each in digests[1:])]))
    found = contamination(project, hashes=path)
    assert (found["cases"], found["rows"], found["equal"], found["near"]) == (
        3,
        4,
        1,
        0,
    )  # STORY has no exclamation mark
    assert digests[1] in found.stderr
    for content, reason in (
        ("", "has no hash"),
        ("# only\n", "has no hash"),
        ("abc", "line 1: a SHA-256 has 64 digits"),
    ):
        path.write_text(content)
        assert reason in command("contamination", project=project, hashes=path).stderr
    path.write_bytes(b"\xff\xfe\xff")
    assert "it is not UTF-8" in command("contamination", project=project, hashes=path).stderr
    assert "cannot be read" in command("contamination", project=project, hashes=tmp_path / "none").stderr
    assert command("contamination", project=project, benchmark="none").code == 2
    assert "is required" in command("contamination", project=project).stderr
    for more, reason in (({"split": "train"}, "with --release"), ({"task": "response"}, "a benchmark has its own")):
        refused = command("contamination", project=project, benchmark="own", **more)
        assert (refused.code, reason in refused.stderr) == (2, True)
    assert (
        "cannot be written"
        in command("contamination", project=project, benchmark="own", out=tmp_path / "no" / "x").stderr
    )


def test_hash_is_that_of_the_documents():
    assert text_hash("Ｗho  are\tYOU?") == text_hash("who are you?")
    assert text_hash("who are you?").hex() == "b23411f13aa2121bf86067511b94e428189598a539a97b1fedd7ba21bbc50d22"
    described: dict[str, Any] = {}
    [function] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    exec(function, described)  # noqa: S102 - our own document
    every = ["".join(map(chr, range(start, start + 128))) for start in range(0, sys.maxunicode + 1, 128)]
    within = ["a".join(text) for text in every]  # where no two of them compose
    for text in (*TEXTS, "", " ", STORY.upper(), "It\u3164s a te\u200dst\u2800", "e\u0301 ǅ ß ﬁ İ", *every, *within):
        assert described["text_hash"](text) == text_hash(text).hex(), ascii(text)


def test_training_split_of_a_release_is_compared(project, tmp_path):
    import_votes(project, tmp_path, [opinion(name, "ada", "safe", "safe") for name in ("same", "far", "withheld")])
    for version, splits in (("train", "1,0,0"), ("test", "0,0,1")):
        assert command("release", version, project=project, splits=splits, out=tmp_path / version).code == 0
    found = contamination(project, benchmark="own", release="train")
    assert (found["rows"], found["equal"], found["near"]) == (2, 1, 0)
    assert contamination(project, benchmark="own", release="test")["rows"] == 0
    assert contamination(project, benchmark="own", release="test", split="test")["rows"] == 2


def test_responses_are_compared_with_the_turn_before(tmp_path):
    project = make_project()
    rows = [dialogue("a", text="Hello there"), dialogue("b", text="Hello, you"), dialogue("c", response=False)]
    import_dialogues(project, tmp_path, rows)
    cases = [{"prompt": "hello there", "response": "That is a!", "label": "safe"}]
    assert command("add_benchmark", "answers", write_lines(tmp_path, cases), project=project, task="response").code == 0
    found = contamination(project, benchmark="answers")
    assert (found["rows"], found["equal"], found["near"]) == (3, 1, 0)


def test_schedule_keeps_the_report_that_page_and_route_show(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, ROWS)
    assert command("add_benchmark", "own", write_lines(tmp_path, CASES), project=project, task="prompt").code == 0
    lead, program = Visitor(project, "lead"), Program(project, "lead")
    where = f"/api/v1/projects/{project.slug}/guards/benchmarks/own/contamination/"
    assert "Not compared yet" in lead.get("guards/benchmarks/own/").content.decode()
    before = program.client.get(where).json()
    assert (before["checked_at"], before["is_current"], before["rows"], before["examples"]) == (None, False, None, [])
    assert (check_due(project=project), check_due(project=project)) == (1, 0)
    page = lead.get("guards/benchmarks/own/").content.decode()
    assert "75.00 %" in page
    assert "Dialogues have changed since" not in page
    report = program.client.get(where).json()
    assert [(each["id"], each["case"], round(each["similarity"], 1)) for each in report["examples"]] == EXAMPLES
    assert (report["is_current"], report["share"], report["cases"]) == (True, 0.75, 3)
    assert ">3</a>" in "".join(lead.get("guards/", tab="benchmarks").content.decode().split())
    find_duplicates(project=project)
    checks = [check.text for check in release_checks(project)]
    assert "3 dialogues stand in the benchmark own, word for word or nearly" in " ".join(checks)
    assert "2 dialogues are near-duplicates of others, and are kept with them in one split." in checks
    project.split_by = "prompt"
    assert any("only equal prompts are kept together" in check.text for check in release_checks(project))
    command("withdraw_item", "same", project=project, reason="Twice")
    assert "Dialogues have changed since" in lead.get("guards/benchmarks/own/").content.decode()
    ContaminationReport.objects.filter(benchmark__project=project).update(seconds=3_600)
    assert check_due(project=Item.objects.filter(project=project).first().project) == 0  # the last one took an hour
    ContaminationReport.objects.filter(benchmark__project=project).update(seconds=0)
    assert check_due(project=project) == 1
    assert ContaminationReport.objects.get(benchmark=Benchmark.objects.get(project=project)).rows == 3
    assert program.client.get(where.replace("own", "none")).status_code == 404
    assert lead.get("guards/benchmarks/none/").status_code == 404
    assert Visitor(project, "adjudicator").get("guards/benchmarks/own/").status_code == 403

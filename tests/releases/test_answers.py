"""Answers to questions in exports and releases, and what stays as it was without any."""

import csv
import hashlib
import json

import mlcroissant
import pyarrow.parquet as pq
import pytest

from corpus.actions import add_question
from corpus.models import Project
from corpus.question_rules import LONGEST_KEY, PRESETS
from releases.comparing import compare
from releases.models import Release
from releases.verifying import verify
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, decisions, dialogue, import_dialogues, import_votes, make_project, numbers, opinion

TAGS = {"key": "tags", "text": "Which apply?", "type": "many_of", "is_required": False, "asked_of": "both",
        "choices": [{"value": "warm", "name": "Warm"}, {"value": "cold", "name": "Cold"}]}  # fmt: skip
WHY = {"key": "why", "text": "Why?", "type": "text", "is_required": False, "asked_of": "both"}
MILD = {"response_refusal": "refusal", "severity": "mild", "tags": ["cold", "warm"]}
SEVERE = {"response_refusal": "compliance", "severity": "severe", "tags": ["cold"], "why": "=1+1"}
NONE = {"severity": "none", "tags": []}
COLUMNS = ["answer_response_refusal", "answer_severity", "answer_tags", "answer_why"]


def add_questions(project):
    for question in (*PRESETS.values(), TAGS, WHY):
        add_question(project=project, by=None, **question)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Items: `both` with three answers of two kinds, `tie` with a disputed one, `none` without any, `prompt` alone."""
    made, folder = make_project(), tmp_path_factory.mktemp("rows")
    add_questions(made)
    import_dialogues(made, folder, [*map(dialogue, ("both", "tie", "none")), dialogue("prompt", response=False)])
    rows = [
        *(opinion("both", rater, "safe", "safe", answers=answers)
          for rater, answers in {"ann": MILD, "ben": MILD, "cleo": SEVERE, "model-a": MILD}.items()),
        *(opinion("tie", rater, "safe", "safe", answers=answers)
          for rater, answers in {"ann": MILD, "ben": MILD, "cleo": SEVERE, "model-a": SEVERE}.items()),
        *(opinion("none", rater, "safe", "safe") for rater in ("ann", "ben", "cleo")),
        *(opinion("prompt", rater, answers=NONE) for rater in ("ann", "ben", "cleo")),
    ]  # fmt: skip
    assert import_votes(made, folder, rows)["created"] == len(rows)
    return made


EXPORTED = {
    "both": {"response_refusal": "refusal", "severity": "mild", "tags": ["warm", "cold"], "why": None},
    "tie": {"response_refusal": None, "severity": "mild", "tags": ["cold"], "why": None},
    "none": dict.fromkeys(("response_refusal", "severity", "tags", "why")),
    "prompt": {"response_refusal": None, "severity": "none", "tags": [], "why": None},
}


def export(project, folder, form, **options):
    path = folder / f"export-{next(numbers)}.{form}"
    outcome = command("export_dataset", project=project.slug, out=path, format=form, **options)
    assert outcome.code == 0, outcome.stderr
    return path


def test_json_lines_parquet_and_csv_have_decided_answers_and_json_does_not(project, tmp_path):
    lines = [json.loads(line) for line in export(project, tmp_path, "jsonl").read_text().splitlines()]
    assert {line["id"]: line["answers"] for line in lines} == EXPORTED
    assert all(list(line)[-1] == "answers" and list(line["answers"]) == list(EXPORTED["both"]) for line in lines)

    table = pq.read_table(export(project, tmp_path, "parquet"))
    assert table.column_names[-4:] == COLUMNS
    assert {row["id"]: [row[name] for name in COLUMNS] for row in table.to_pylist()} == {
        item: list(answers.values()) for item, answers in EXPORTED.items()
    }
    [head, *rows] = csv.reader(export(project, tmp_path, "csv").open(newline=""))
    assert head[-4:] == COLUMNS
    assert {row[0]: row[-4:] for row in rows} == {
        "both": ["refusal", "mild", "warm;cold", ""], "tie": ["", "mild", "cold", ""],
        "none": ["", "", "", ""], "prompt": ["", "none", "", ""],
    }  # fmt: skip
    rows = json.loads(export(project, tmp_path, "json").read_bytes())
    assert {len(row) for row in rows} == {9}


def test_list_of_decisions_says_how_answers_came_about(project, tmp_path):
    found = decisions(project, tmp_path)
    assert found["tie"]["answers"] == {
        "response_refusal": {
            "status": "disputed", "value": None, "counts": {"refusal": 2, "compliance": 2}, "spread": None,
        },
        "severity": {"status": "decided", "value": "mild", "counts": {"mild": 2, "severe": 2}, "spread": 2},
        "tags": {"status": "decided", "value": ["cold"], "counts": {"cold": 4, "warm": 2}, "spread": None},
    }  # fmt: skip
    assert (found["none"]["answers"], found["tie"]["status"]) == ({}, "decided")
    other = decisions(project, tmp_path, policy="jury")["tie"]["answers"]
    assert other["severity"]["status"] == "pending"


def test_export_under_another_policy_counts_answers_while_it_runs(project, tmp_path):
    lead = Program(project, "lead")
    for policy in ("human", "jury", "aegis2"):
        path = tmp_path / f"{policy}.jsonl"
        response = lead.get(f"projects/{project.slug}/export/", format="jsonl", policy=policy)
        streamed = b"".join(response.streaming_content)
        command("export_dataset", project=project.slug, out=path, format="jsonl", policy=policy)
        assert streamed == path.read_bytes()
    rows = {row["id"]: row["answers"] for row in map(json.loads, (tmp_path / "human.jsonl").read_text().splitlines())}
    assert rows["tie"] == {"response_refusal": "refusal", "severity": "mild", "tags": ["warm", "cold"], "why": None}


def test_answers_to_questions_with_the_longest_keys_are_in_every_file(tmp_path):
    made, keys = make_project(quorum=1), [f"{'k' * (LONGEST_KEY - 1)}{end}" for end in "ab"]
    for at, key in enumerate(keys):
        question = {"key": key, "text": f"Is it {at}?", "type": "yes_no", "is_required": False, "asked_of": "both"}
        add_question(project=made, by=None, **question)
    import_dialogues(made, tmp_path, [dialogue("a")])
    answers = {keys[0]: "yes", keys[1]: "no"}
    assert import_votes(made, tmp_path, [opinion("a", "ann", "safe", "safe", answers=answers)]).code == 0
    assert command("release", "1.0", project=made.slug, out=tmp_path / "out").code == 0
    for name in ("train", "decisions", "votes"):
        [row] = pq.read_table(tmp_path / "out" / f"{name}.parquet").to_pylist()
        assert [row[f"answer_{key}"] for key in keys] == ["yes", "no"], name
    for form in ("csv", "jsonl"):
        out = tmp_path / f"out.{form}"
        assert command("export_dataset", project=made.slug, out=out, format=form).code == 0
        assert all(key in out.read_text() for key in keys)


def test_etag_of_an_export_follows_questions_and_answers(project, tmp_path):
    made = make_project()
    import_dialogues(made, tmp_path, [dialogue("a")])
    import_votes(made, tmp_path, [opinion("a", rater, "safe", "safe") for rater in ("ann", "ben", "cleo")])
    command("adjudicate", project=made.slug)
    lead = Program(made, "lead")

    def etag():
        response = lead.get(f"projects/{made.slug}/export/", format="jsonl")
        return b"".join(response.streaming_content), response["ETag"]

    (before, first), (again, second) = etag(), etag()
    assert (before, first) == (again, second)
    add_question(project=made, by=None, **PRESETS["severity"])
    after, third = etag()
    assert (third != first, json.loads(after)["answers"]) == (True, {"severity": None})
    import_votes(
        made, tmp_path, [opinion("a", f"{n}", "safe", "safe", answers=NONE | {"tags": None}) for n in range(3)]
    )
    command("adjudicate", project=made.slug)
    answered, fourth = etag()
    assert (fourth != third, json.loads(answered)["answers"]) == (True, {"severity": "none"})


def release(project, folder, version, **options):
    out = folder / f"release-{next(numbers)}"
    made = command("release", version, project=project.slug, out=out, **options)
    assert made.code == 0, made.stderr
    return out


def test_release_has_answers_of_each_opinion_and_decided_ones(project, tmp_path):
    out = release(project, tmp_path, "1.0", date="2026-01-02")
    votes, decided = (pq.read_table(out / f"{name}.parquet") for name in ("votes", "decisions"))
    manifest, card = json.loads((out / "manifest.json").read_bytes()), (out / "README.md").read_text()

    assert votes.column_names[-4:] == COLUMNS
    severe = [row for row in votes.to_pylist() if row["answer_severity"] == "severe"]
    names = ("item", "answer_response_refusal", "answer_why", "answer_tags")
    assert [[row[name] for name in names] for row in severe] == [
        [item, "compliance", "=1+1", ["cold"]] for item in ("both", "tie", "tie")
    ]
    tie = next(row for row in decided.to_pylist() if row["item"] == "tie")
    assert {name: tie[name] for name in decided.column_names[-9:]} == {
        "answer_response_refusal": None, "status_response_refusal": "disputed", "answer_severity": "mild",
        "status_severity": "decided", "spread_severity": 2, "answer_tags": ["cold"], "status_tags": "decided",
        "answer_why": None, "status_why": None,
    }  # fmt: skip
    assert [(each["key"], each["type"], each["about"], each["retired"]) for each in manifest["questions"]] == [
        ("response_refusal", "one_of", "response", False), ("severity", "ordinal", "dialogue", False),
        ("tags", "many_of", "dialogue", False), ("why", "text", "dialogue", False),
    ]  # fmt: skip
    assert (
        "| `severity` | How severe is the worst of it? | about the dialogue, a scale: `none` None, `mild` Mild" in card
    )
    assert "`answer_KEY`" in card
    dataset = mlcroissant.Dataset(jsonld=out / "croissant.json")
    records = {record["answers/item"].decode(): record for record in dataset.records("answers")}
    assert records["both"]["answers/answer_severity"] == b"mild"
    assert (
        release(project, tmp_path, "1.1", date="2026-01-02").joinpath("decisions.parquet").read_bytes()
        == (out / "decisions.parquet").read_bytes()
    )


def test_release_is_verified_against_the_answers_of_its_votes(project, tmp_path):
    for policy in ("human", "aegis2", "majority"):
        out = release(project, tmp_path, f"2.{policy}", policy=policy)
        assert verify(out).differences == []
    table = pq.read_table(out / "votes.parquet")
    rows = table.to_pylist()
    for row in rows:
        row["answer_severity"] = row["answer_severity"] and "extreme"
    pq.write_table(table.from_pylist(rows, schema=table.schema), out / "votes.parquet")

    digest, *wrong = verify(out).differences
    assert "SHA-256" in digest
    assert any(line.startswith("prompt: answer_severity 'none', decided again 'extreme'") for line in wrong), wrong


def test_comparison_of_releases_tells_of_answers_that_both_have(tmp_path):
    made = make_project()
    import_dialogues(made, tmp_path, [dialogue("a"), dialogue("b")])
    votes = [opinion(item, rater, "safe", "safe") for item in "ab" for rater in ("ann", "ben", "cleo")]
    import_votes(made, tmp_path, votes)
    release(made, tmp_path, "1")
    for question in (PRESETS["severity"], TAGS):
        add_question(project=made, by=None, **question)
    more = [opinion("a", f"m{n}", "safe", "safe", answers={"severity": "mild", "tags": ["cold"]}) for n in range(3)]
    import_votes(made, tmp_path, more)
    release(made, tmp_path, "2")
    import_votes(made, tmp_path, [opinion("a", f"s{n}", "safe", "safe", answers=NONE) for n in range(4)])
    release(made, tmp_path, "3")
    one, two, three = (Release.objects.get(project=made, version=version) for version in "123")

    first, second = compare(one, two), compare(two, three)
    assert (first.changed, first.settings) == (0, [("questions", [], ["severity", "tags"])])
    assert [(str(kind), count) for kind, count in second.by_kind] == [
        ("answer_severity: mild → none", 1), ("answer_tags", 1),
    ]  # fmt: skip
    [change] = second.listed
    assert change.named_fields == [("Question severity", "mild", "none"), ("Question tags", "cold", "none")]
    assert change.reason() == "other answers were counted"
    page = Visitor(made, "lead").get("releases/compare/", before="2", after="3").content.decode()
    assert "Question severity" in page
    assert "other choices" in page


AS_BEFORE = {
    "train.json": "a8eb85d5d7a16e16", "test.json": "37517e5f3dc66819", "withdrawn.json": "37517e5f3dc66819",
    "json": "a8eb85d5d7a16e16", "csv": "1fec4c367995aa21",
}  # fmt: skip
VOTE_COLUMNS = [
    *("item", "rater", "kind", "prompt_label", "response_label", "categories", "other_text", "outcome", "taxonomy"),
    *("guideline", "prompt_version", "prompt_sha256", "model"),
]
DECISION_COLUMNS = [
    *("item", "status", "decided_by"),
    *(f"{part}_{name}" for part in ("prompt", "response") for name in ("status", "label", "safe", "unsafe", "source")),
    *("categories", "categories_agreed", "stale", "split", "source", "license"),
]


def test_release_of_a_project_without_questions_is_as_it_was(tmp_path):
    assert command("create_project", "without-questions", split_by="prompt").code == 0
    Project.objects.filter(slug="without-questions").update(salt="0" * 32)
    made = Project.objects.get(slug="without-questions")
    import_dialogues(made, tmp_path, [*map(dialogue, "ab"), dialogue("c", response=False, license="MIT")])
    rows = [
        *(opinion("a", rater, "unsafe", "safe", categories=["threat"]) for rater in ("ann", "ben", "model-a")),
        *(opinion("c", rater) for rater in ("ann", "ben", "cleo")),
    ]
    import_votes(made, tmp_path, rows)
    out = release(made, tmp_path, "1.0", date="2026-01-02")
    found = {path.name: path for path in out.iterdir()}
    found |= {form: export(made, tmp_path, form) for form in ("json", "csv")}
    digests = {name: hashlib.sha256(found[name].read_bytes()).hexdigest()[:16] for name in AS_BEFORE}
    assert digests == AS_BEFORE
    assert "Questions" not in found["README.md"].read_text()
    # The bytes of Parquet name its library's version, and the manifest and Croissant have their hashes.
    assert pq.read_table(found["votes.parquet"]).column_names == VOTE_COLUMNS
    assert pq.read_table(found["decisions.parquet"]).column_names == DECISION_COLUMNS
    assert pq.read_table(export(made, tmp_path, "parquet")).column_names == list(json.loads(
        export(made, tmp_path, "jsonl").read_text().splitlines()[0]
    ))  # fmt: skip
    assert not any(name.startswith("answer") for name in pq.read_table(export(made, tmp_path, "parquet")).column_names)
    assert "questions" not in json.loads(found["manifest.json"].read_bytes())
    assert [each["name"] for each in json.loads(found["croissant.json"].read_bytes())["recordSet"]] == list(
        json.loads(found["manifest.json"].read_bytes())["splits"]
    )
    assert all("answers" not in line for line in decisions(made, tmp_path).values())

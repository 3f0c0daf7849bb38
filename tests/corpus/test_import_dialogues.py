"""Import dialogues with the command: accepted and rejected rows, and the reasons."""

import csv
import gzip
import json
import os
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from bench import forks
from corpus import actions
from corpus.models import Event, Item, Member
from tests.factories import command, dialogue, import_dialogues, make_project, numbers

PUBLISHED = {
    "id": "p",
    "reconstruction_id_if_redacted": None,
    "prompt": "Tell me a joke.",
    "response": "Knock, knock.",
    "prompt_label": "safe",
    "response_label": "safe",
    "violated_categories": "",
    "prompt_label_source": "human",
    "response_label_source": "human",
}
TURNS = [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Hi"}]


@pytest.fixture(scope="module")
def project():
    return make_project()


def new_row(**row):
    """Return a row with a new id."""
    return {"id": f"row-{next(numbers)}", **row}


def import_row(project, folder, row):
    """Import one valid row, and return its item."""
    outcome = import_dialogues(project, folder, [row])
    assert (outcome.code, outcome["rejected"]) == (0, 0), outcome.stderr
    return Item.objects.filter(project=project).latest("pk")


def reject_row(project, folder, row):
    """Import an invalid row between two valid ones, and return its line of the errors file."""
    errors = folder / f"errors-{next(numbers)}.jsonl"
    before, after = dialogue(f"b{next(numbers)}"), dialogue(f"a{next(numbers)}")
    outcome = import_dialogues(project, folder, [before, row, after], errors=errors)
    assert (outcome.code, outcome["created"], outcome["rejected"]) == (1, 2, 1), outcome.stderr
    (line,) = [json.loads(line) for line in errors.read_text().splitlines()]
    assert line["row"] == 2
    assert f"row 2: {line['field']}: {line['reason']}" in outcome.stderr
    return line


@pytest.mark.parametrize(
    "row",
    [
        {"turns": TURNS},
        {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]},
        {"prompt": "Hello", "response": "Hi"},
    ],
)
def test_each_form_is_the_same_dialogue(project, tmp_path, row):
    item = import_row(project, tmp_path, new_row(**row, source="one", license="MIT"))

    assert (item.turns, item.has_response, item.source, item.license) == (TURNS, True, "one", "MIT")


def test_responses_are_null_empty_or_text(project, tmp_path):
    rows = [new_row(prompt="Hello"), new_row(prompt="Hello", response=None), new_row(prompt="Hello", response="")]

    assert [import_row(project, tmp_path, row).has_response for row in rows] == [False, False, True]


def test_empty_csv_response_means_prompt_only(project, tmp_path):
    path = tmp_path / "x.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "prompt", "response", "topic"], ["csv-1", "Hello", "", "greeting"]])

    assert command("import_dialogues", path, project=project.slug)["created"] == 1
    item = Item.objects.get(project=project, external_id="csv-1")
    assert (item.has_response, item.meta) == (False, {"topic": "greeting"})


def test_parquet_with_turns_and_missing_numbers(project, tmp_path):
    table = pa.table({"id": ["pq-1"], "turns": [TURNS], "reconstruction_id_if_redacted": [float("nan")]})
    pq.write_table(table, tmp_path / "x.parquet")

    assert command("import_dialogues", tmp_path / "x.parquet", project=project.slug)["created"] == 1
    assert Item.objects.get(project=project, external_id="pq-1").turns == TURNS


def test_parquet_values_without_json_form_are_rejected(project, tmp_path):
    rows = [{"id": "dec", "prompt": "x", "price": Decimal("1.5")}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    outcome = command("import_dialogues", tmp_path / "x.parquet", project=project.slug)

    assert outcome.code == 1
    assert "row 1: price: a Decimal has no form in JSON" in outcome.stderr


def test_unknown_keys_go_to_meta(project, tmp_path):
    row = new_row(prompt="Hello", meta={"a": 1}, topic=["x", {"y": None}], expected_categories=["Guns/Illegal Weapons"])
    item = import_row(project, tmp_path, row)

    assert item.meta == {"a": 1, "topic": ["x", {"y": None}]}
    assert item.expected_categories == ["guns_illegal_weapons"]


def test_known_id_is_unchanged_or_rejected(tmp_path):
    project = make_project()
    rows = [dialogue("a"), dialogue("b"), dialogue("a"), dialogue("b", text="Other?")]

    first = import_dialogues(project, tmp_path, rows)
    again = import_dialogues(project, tmp_path, rows)

    assert first == {"read": 4, "created": 2, "unchanged": 1, "rejected": 1}
    assert again == {"read": 4, "created": 0, "unchanged": 3, "rejected": 1}
    assert "row 4: id: an item of this id has other content" in first.stderr
    assert Event.objects.filter(project=project, verb="items.imported").count() == 2


def test_content_ignores_the_form_of_a_row(project, tmp_path):
    row = new_row(prompt="Hello", response="Hi")
    import_row(project, tmp_path, row)

    assert import_dialogues(project, tmp_path, [{"id": row["id"], "turns": TURNS}])["unchanged"] == 1


def test_file_may_have_a_name_that_is_not_utf8(project, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    path.write_text(json.dumps(new_row(prompt="Hello")))
    outcome = command("import_dialogues", path, project=project.slug)
    assert (outcome.code, outcome["created"]) == (0, 1), outcome.stderr
    assert Event.objects.filter(project=project, subject="caf?.jsonl").exists()


def turn(text="x", role="user"):
    return {"role": role, "text": text}


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ({"id": "", "prompt": "x"}, "id", "missing"),
        ({"prompt": "x"}, "id", "missing"),
        ({"id": "x" * 201, "prompt": "x"}, "id", "201 characters, 200 are allowed"),
        ({"id": "a\tb", "prompt": "x"}, "id", "control character"),
        ({"id": ["a"], "prompt": "x"}, "id", "not text"),
        ([1, 2], "row", "not an object"),
        ("{broken", "row", "not valid JSON"),
        ({"id": "r"}, "turns", "neither turns, messages, conversations nor a prompt"),
        ({"id": "r", "prompt": "x", "turns": TURNS}, "prompt", "the row has turns too"),
        ({"id": "r", "prompt": ""}, "prompt", "empty"),
        ({"id": "r", "prompt": " \n"}, "prompt", "empty"),
        ({"id": "r", "prompt": 7}, "prompt", "not text"),
        ({"id": "r", "prompt": "a\0b"}, "prompt", "NUL"),
        ({"id": "r", "prompt": "x", "response": "a\0b"}, "response", "NUL"),
        ('{"id": "r", "prompt": "\\ud800"}', "prompt", "not valid UTF-8"),
        ({"id": "r", "prompt": "x" * (2**20 + 1)}, "prompt", "1,048,577 bytes, 1,048,576 are allowed"),
        ({"id": "r", "turns": []}, "turns", "0 turns, 1 to 1,000"),
        ({"id": "r", "turns": [turn()] * 1001}, "turns", "1,001 turns, 1 to 1,000"),
        ({"id": "r", "turns": "x"}, "turns", "not a list"),
        ({"id": "r", "turns": ["x"]}, "turns[0]", "not an object"),
        ({"id": "r", "turns": [{"role": "user", "content": "x"}]}, "turns[0].text", "not text"),
        ({"id": "r", "turns": [turn() | {"name": "x"}]}, "turns[0]", "only role and text are known"),
        ({"id": "r", "turns": [turn(role="human")]}, "turns[0].role", "not one of system, user, assistant"),
        ({"id": "r", "turns": [turn(role=None)]}, "turns[0].role", "not one of"),
        ({"id": "r", "turns": [turn(), turn(role="system")]}, "turns[1].role", "only come first"),
        ({"id": "r", "turns": [turn(""), turn()]}, "turns[0]", "empty"),
        ({"id": "r", "turns": [turn(), turn("", "assistant"), turn()]}, "turns[1]", "empty"),
        ({"id": "r", "turns": [turn(role="assistant")]}, "turns", "no turn is the user's"),
        ({"id": "r", "prompt": "x", "source": "s" * 10_001}, "source", "10,001 characters, 10,000 are allowed"),
        ({"id": "r", "prompt": "x", "license": 3}, "license", "not text"),
        ({"id": "r", "prompt": "x", "note": "n" * 10_001}, "note", "10,001 characters"),
        ({"id": "r", "prompt": "x", "note": "a\0b"}, "note", "NUL"),
        ({"id": "r", "prompt": "x", "k" * 201: 1}, "meta", "201 characters, 200 are allowed"),
        ({"id": "r", "prompt": "x", "meta": []}, "meta", "not an object"),
        ({"id": "r", "prompt": "x", "meta": {"note": 1}, "note": 2}, "note", "in meta too"),
        ({"id": "r", "prompt": "x", "expected_categories": ["arson"]}, "expected_categories", "not a category"),
        ({"id": "r", "prompt": "x", "prompt_label": "bad"}, "prompt_label", "not one of safe, needs_caution, unsafe"),
        ({"id": "r", "prompt": "x", "response_label": "safe"}, "response_label", "no response to label"),
        ({"id": "r", "prompt": "x", "violated_categories": "Arson"}, "violated_categories", "not a category"),
        ({"id": "r", "prompt": "x", "reconstruction_id_if_redacted": 1.5}, "reconstruction_id_if_redacted", "whole"),
    ],
)  # fmt: skip
def test_invalid_row_is_rejected_with_a_reason(project, tmp_path, row, field, reason):
    line = reject_row(project, tmp_path, row)

    assert line["field"] == field
    assert reason in line["reason"]


def test_deep_nesting_is_rejected(project, tmp_path):
    nested = []
    for _ in range(40):
        nested = [nested]

    assert "nested deeper than 32" in reject_row(project, tmp_path, new_row(prompt="x", note=nested))["reason"]
    assert "nested too deep" in reject_row(project, tmp_path, "[" * 90_000)["reason"]


def test_rows_at_the_limits_are_imported(project, tmp_path):
    import_row(project, tmp_path, {"id": "i" * 200, "prompt": "é" * 2**19})
    import_row(project, tmp_path, new_row(turns=[turn()] * 1000, source="s" * 10_000))
    assert import_row(project, tmp_path, {"id": 42, "prompt": "A number is its digits."}).external_id == "42"


def test_published_labels_are_kept_for_reference(project, tmp_path):
    row = PUBLISHED | {"id": "pub-1", "prompt_label": "unsafe", "violated_categories": "Sexual Minor, Needs Caution"}
    item = import_row(project, tmp_path, row)

    assert item.reference == {
        "prompt_label": "unsafe", "response_label": "safe", "categories": ["sexual_minor", "needs_caution"],
        "prompt_label_source": "human", "response_label_source": "human",
    }  # fmt: skip
    assert (item.meta, item.refusal_of) == ({}, None)


@pytest.mark.parametrize("number", ["17", "17.0", '"17"'])
def test_redacted_rows_need_no_prompt(project, tmp_path, number):
    row = json.dumps(PUBLISHED | {"id": f"red-{next(numbers)}", "prompt": ""}).replace(
        '"reconstruction_id_if_redacted": null', f'"reconstruction_id_if_redacted": {number}'
    )
    item = import_row(project, tmp_path, row)

    assert (item.reconstruction_id, item.turns[0]["text"]) == (17, "REDACTED")


def test_nan_means_not_redacted(project, tmp_path):
    row = json.dumps(PUBLISHED | {"id": "nan-1"}).replace("null", "NaN")

    assert import_row(project, tmp_path, row).reconstruction_id is None


def test_refusals_become_decided_items(tmp_path):
    project = make_project()
    original = PUBLISHED | {"response": "Here you go.", "prompt_label": "unsafe", "violated_categories": "Threat"}
    refusal = original | {"response": "I'd rather not.", "response_label_source": "refusal_data_augmentation"}

    assert import_dialogues(project, tmp_path, [original, refusal])["created"] == 2
    assert Item.objects.get(project=project, external_id="p#refusal").refusal_of == "p"
    assert command("adjudicate", project=project.slug)["decided"] == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.json", '[{"id": "kept?", "prompt": "x"}, {"id'),
        ("open.csv", 'id,prompt\nkept?,x\nb,"open'),
        ("column.csv", "name,prompt\nkept?,x\n"),
        ("column2.csv", "id,text\nkept?,x\n"),
        ("cut.jsonl.gz", gzip.compress(b'{"id": "kept?", "prompt": "x"}\n' * 2, mtime=0)[:-9]),
    ],
)
def test_broken_file_imports_nothing(tmp_path, name, content):
    project = make_project()
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    outcome = command("import_dialogues", path, project=project.slug)

    assert (outcome.code, dict(outcome)) == (2, {})
    assert not Item.objects.filter(project=project).exists()


def test_unwritable_errors_file_is_refused_first(project, tmp_path):
    outcome = import_dialogues(project, tmp_path, [new_row(prompt="x")], errors=tmp_path / "no" / "errors.jsonl")

    assert outcome.code == 2
    assert "cannot be written" in outcome.stderr


def test_rejected_rows_are_listed_in_full(project, tmp_path):
    outcome = import_dialogues(project, tmp_path, [{"id": f"x{n}"} for n in range(50)], errors=tmp_path / "all.jsonl")

    assert outcome["rejected"] == 50
    assert outcome.stderr.count(": turns: ") == 20
    assert "30 more rejected" in outcome.stderr
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 50


MEASURE = """
import sys
from bench.memory import peak_megabytes
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
print(peak_megabytes())
"""


@pytest.mark.slow
def test_large_file_needs_little_memory(tmp_path):
    """Compare 60 MB of dialogues with one dialogue."""

    def peak(path):
        words = ["import_dialogues", str(path), "--project", make_project().slug]
        measured = forks.run([sys.executable, "-c", MEASURE, *words], os.environ)
        assert measured.returncode == 0, measured.stderr
        return float(measured.stdout.splitlines()[-1])

    large, small = tmp_path / "large.jsonl", tmp_path / "small.jsonl"
    with large.open("w") as file:
        for number in range(10_000):
            file.write(json.dumps(dialogue(f"i{number}", text=f"{number} " + "word " * 1300)) + "\n")
    small.write_text(json.dumps(dialogue("one")))

    assert large.stat().st_size > 60 * 2**20
    assert peak(large) - peak(small) < 60


HOSTILE = "tab\t, line\n, return\r, \\N, \\., \\x41, \"quotes', {braces}, é, \u2028, 🦊, \x7f, \x1f"


def test_constraints_are_checked_at_the_end_again_after_an_import(project, tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(new_row(turns=TURNS)))
    with transaction.atomic():
        actions.import_dialogues(project=project, path=file, on_reject=pytest.fail)
        Member.objects.create(project=project, user_id=2**31 - 1)  # as if its user were made next
        with pytest.raises(IntegrityError):
            connection.check_constraints()
        transaction.set_rollback(True)


def test_every_column_keeps_hostile_text_to_the_letter(tmp_path):
    project = make_project()
    began = timezone.now()
    row = {
        "id": "\\N 🦊'\"{}",
        "turns": [{"role": "user", "text": HOSTILE}, {"role": "assistant", "text": "\\"}],
        "source": HOSTILE,
        "license": "\\.",
        "meta": {HOSTILE[:40]: [HOSTILE, 2**64 - 1, -(2**63), 0.1, {}]},
        "expected_categories": ["violence", "Guns/Illegal Weapons"],
        "prompt_label": "unsafe",
        "prompt_label_source": HOSTILE[:60],
        "reconstruction_id_if_redacted": 2**53 - 1,
    }
    item = import_row(project, tmp_path, row)

    assert (item.external_id, item.turns, item.source, item.license) == (row["id"], row["turns"], HOSTILE, "\\.")
    assert item.meta == row["meta"]
    assert item.expected_categories == ["violence", "guns_illegal_weapons"]
    assert item.reference["prompt_label_source"] == HOSTILE[:60]
    assert item.reconstruction_id == 2**53 - 1
    assert (item.refusal_of, item.replaces, item.author_id, item.withdrawn_at) == (None, None, None, None)
    assert item.withdrawal_reason == ""
    assert began <= item.imported_at <= timezone.now()
    assert import_dialogues(project, tmp_path, [row])["unchanged"] == 1


def test_ids_are_looked_up_whole(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue(name) for name in ("a", "b", "a b", "{a,b}", "NULL", '"a"', "\\n")])

    again = [dialogue(name, text="Other?") for name in ("a", "a b", "{a,b}", "NULL", '"a"', "\\n", "a,b", "\\")]
    assert import_dialogues(project, tmp_path, again) == {"read": 8, "created": 2, "unchanged": 0, "rejected": 6}

"""The dataset as it leaves: nine keys, four formats, one snapshot."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from releases.row_keys import KEYS
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, numbers, opinion

UNSAFE = {"categories": ["threat", "violence"]}


def labelled_project(folder):
    """Six items: an unsafe pair, a longer dialogue, prompt-only, empty response, undecided, redacted."""
    project = make_project()
    long = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Why?"), ("assistant", "So.")]
    rows = [
        dialogue("b", text='He said "no\\yes"\n\tthen left. \u00e9 \u05d0', source="one", license="MIT"),
        {"id": "a", "turns": [{"role": role, "text": text} for role, text in long]},
        dialogue("c", response=False),
        dialogue("Z") | {"response": ""},
        dialogue("undecided"),
        {"id": "r", "prompt": "", "response": "I cannot.", "reconstruction_id_if_redacted": 17.0},
    ]
    import_dialogues(project, folder, rows)
    votes = [opinion("b", rater, "unsafe", "safe", **UNSAFE) for rater in ("ada", "bea", "model")]
    votes += [opinion(item, rater, "safe", "safe") for item in ("a", "Z", "r") for rater in ("ada", "bea", "cleo")]
    votes += [opinion("c", rater) for rater in ("ada", "bea", "cleo")]
    assert import_votes(project, folder, votes).code == 0
    return project


def export(project, folder, form="json", **options):
    path = folder / f"export-{next(numbers)}.{form}"
    outcome = command("export_dataset", project=project.slug, out=path, format=form, **options)
    assert outcome.code == 0, outcome.stderr
    assert outcome["bytes"] == path.stat().st_size
    return path, outcome


def test_json_has_nine_keys_and_items_in_byte_order(tmp_path):
    path, outcome = export(labelled_project(tmp_path), tmp_path)
    rows = json.loads(path.read_bytes())

    assert [row["id"] for row in rows] == ["Z", "a", "b", "c", "r"]
    assert outcome["rows"] == 5
    assert all(tuple(row) == KEYS for row in rows)
    assert rows[2] == {
        "id": "b",
        "reconstruction_id_if_redacted": None,
        "prompt": 'He said "no\\yes"\n\tthen left. \u00e9 \u05d0',
        "response": "That is b.",
        "prompt_label": "unsafe",
        "response_label": "safe",
        "violated_categories": "Violence, Threat",
        "prompt_label_source": "human_and_llm_jury",
        "response_label_source": "human_and_llm_jury",
    }


def test_null_and_empty_responses_differ(tmp_path):
    path, _ = export(labelled_project(tmp_path), tmp_path)
    rows = {row["id"]: row for row in json.loads(path.read_bytes())}

    assert (rows["Z"]["response"], rows["Z"]["response_label"]) == ("", "safe")
    assert (rows["c"]["response"], rows["c"]["response_label"], rows["c"]["response_label_source"]) == (
        None,
        None,
        None,
    )


def test_long_prompts_keep_every_turn_unless_truncated(tmp_path):
    project = labelled_project(tmp_path)
    whole = {row["id"]: row for row in json.loads(export(project, tmp_path)[0].read_bytes())}
    short = {row["id"]: row for row in json.loads(export(project, tmp_path, truncate=True)[0].read_bytes())}

    assert whole["a"]["prompt"] == "system: Be brief.\n\nuser: Hi\n\nassistant: Hello\n\nuser: Why?"
    assert (whole["a"]["response"], short["a"]["prompt"], short["a"]["response"]) == ("So.", "Hi", "Hello")


def test_redacted_items_have_no_text(tmp_path):
    project = labelled_project(tmp_path)
    row = json.loads(export(project, tmp_path)[0].read_bytes())[-1]
    line = json.loads(export(project, tmp_path, "jsonl")[0].read_text().splitlines()[-1])

    assert (row["prompt"], row["reconstruction_id_if_redacted"], row["response"]) == ("REDACTED", 17, "I cannot.")
    assert [turn["text"] for turn in line["turns"]] == ["REDACTED", "I cannot."]


def test_formats_have_equal_content(tmp_path):
    project = labelled_project(tmp_path)
    rows = json.loads(export(project, tmp_path)[0].read_bytes())
    lines = [json.loads(line) for line in export(project, tmp_path, "jsonl")[0].read_text().splitlines()]
    parquet = pq.read_table(export(project, tmp_path, "parquet")[0]).to_pylist()
    with export(project, tmp_path, "csv")[0].open(newline="") as file:
        cells = list(csv.DictReader(file))

    assert [{key: line[key] for key in KEYS} for line in lines] == rows
    assert parquet == lines
    assert [row["id"] for row in cells] == [row["id"] for row in rows]
    assert cells[2]["prompt"] == rows[2]["prompt"]
    assert [turn["role"] for turn in lines[1]["turns"]] == ["system", "user", "assistant", "user", "assistant"]
    assert (lines[2]["source"], lines[2]["license"]) == ("one", "MIT")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_csv_cells_are_never_formulas(tmp_path, start):
    text = f'{start}HYPERLINK("http://127.0.0.1")'
    project = make_project(quorum=1)
    import_dialogues(project, tmp_path, [dialogue("one", text=text), dialogue("two", text="1 = 1")])
    import_votes(project, tmp_path, [opinion(name, "ada", "safe", "safe") for name in ("one", "two")])
    [guarded, plain] = read_cells(export(project, tmp_path, "csv")[0])
    assert (guarded["prompt"], plain["prompt"]) == (f"'{text}", "1 = 1")
    assert read_cells(export(project, tmp_path, "csv", raw=True)[0])[0]["prompt"] == text
    assert json.loads(export(project, tmp_path)[0].read_bytes())[0]["prompt"] == text


def test_export_filters_by_licence(tmp_path):
    project = labelled_project(tmp_path)
    [row] = json.loads(export(project, tmp_path, license="MIT")[0].read_bytes())
    assert row["id"] == json.loads(export(project, tmp_path)[0].read_bytes())[2]["id"]
    assert json.loads(export(project, tmp_path, license="none of ours")[0].read_bytes()) == []


def read_cells(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_parquet_row_groups_are_limited_in_bytes(tmp_path):
    """A group is in memory at once, so dialogues of 300 kB must not come two thousand to one."""
    project, names = make_project(), ["one", "two", "three"]
    import_dialogues(project, tmp_path, [dialogue(name, text=f"What is {name}? " + "x" * 300_000) for name in names])
    import_votes(project, tmp_path, [opinion(n, r, "safe", "safe") for n in names for r in ("ada", "bea", "cleo")])
    file = pq.ParquetFile(export(project, tmp_path, "parquet")[0])
    assert (file.num_row_groups, file.metadata.num_rows) == (3, 3)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "parquet"])
def test_export_is_reproducible(tmp_path, form):
    project = labelled_project(tmp_path)

    assert export(project, tmp_path, form)[0].read_bytes() == export(project, tmp_path, form)[0].read_bytes()


def test_empty_project_exports_empty_array(tmp_path):
    path, outcome = export(make_project(), tmp_path)

    assert (json.loads(path.read_bytes()), outcome["rows"]) == ([], 0)


def test_withdrawn_items_are_not_exported(tmp_path):
    project = labelled_project(tmp_path)
    assert command("withdraw_item", "b", project=project.slug, reason="Asked for.")["item"] == "b"
    path, _ = export(project, tmp_path)

    assert "b" not in {row["id"] for row in json.loads(path.read_bytes())}


def test_exported_file_imports_again(tmp_path):
    """Import a file of the published form; rows made with their label leave as they came."""
    project = make_project()
    row = {
        "id": "x",
        "reconstruction_id_if_redacted": None,
        "prompt": "Tell me off.",
        "response": "I would rather not.",
        "prompt_label": "unsafe",
        "response_label": "safe",
        "violated_categories": "Harassment, Profanity",
        "prompt_label_source": "human",
        "response_label_source": "refusal_data_augmentation",
    }
    import_dialogues(project, tmp_path, [row])
    path, _ = export(project, tmp_path)

    assert json.loads(path.read_bytes()) == [row]


def test_missing_folder_is_one_error_line(tmp_path):
    refused = command("export_dataset", project=make_project().slug, out=tmp_path / "no" / "x.json")

    assert refused.code == 2
    assert "cannot be written" in refused.stderr

"""JSON lines and Parquet say how the opinions fell; CSV has a byte order mark on demand."""

import json

import pyarrow.parquet as pq
import pytest

from releases.row_keys import KEYS
from releases.verifying import verify
from tests.adjudication.disputes import case_of, work_through
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.releases.test_release import release

REFUSAL = {
    "id": "aegis", "reconstruction_id_if_redacted": None, "prompt": "How does a lock work?", "response": "I cannot.",
    "prompt_label": "safe", "response_label": "safe", "violated_categories": "", "prompt_label_source": "human",
    "response_label_source": "refusal_data_augmentation",
}  # fmt: skip


def exported(project, folder, form, **options):
    path = folder / f"out.{form}"
    assert command("export_dataset", project=project.slug, out=path, format=form, **options).code == 0
    if form == "parquet":
        return {row["item"]: row for row in pq.read_table(path).to_pylist()}
    return {row["item"]: row for row in map(json.loads, path.read_bytes().split(b"\n")[:-1])}


@pytest.fixture
def project(tmp_path):
    """Items decided by all, by most, as prompt alone, by construction and by an adjudicator."""
    made = make_project()
    import_dialogues(made, tmp_path, [*map(dialogue, ("all", "most", "split")), dialogue("alone", response=False)])
    import_dialogues(made, tmp_path, [REFUSAL])
    votes = [
        *(opinion("all", rater, "safe", "needs_caution", categories=["needs_caution"]) for rater in "abc"),
        *(opinion("most", rater, "unsafe" if rater != "c" else "safe", "safe") for rater in "abc"),
        *(opinion("split", rater, "unsafe" if rater > "b" else "safe", "safe") for rater in "abcd"),
        *(opinion("alone", rater) for rater in "abc"),
    ]
    import_votes(made, tmp_path, votes)
    command("adjudicate", project=made.slug)
    adjudicator = Visitor(made, "adjudicator")
    work_through(adjudicator, case_of(made, "split"))
    return made


def test_json_lines_and_parquet_say_how_opinions_fell(project, tmp_path):
    """The soft label is the share that says unsafe; caution is folded; a refusal row has no opinions."""
    for form in ("jsonl", "parquet"):
        rows = exported(project, tmp_path, form)
        assert set(rows) == {"all", "most", "split", "alone", "aegis#refusal"}
        found = {name: (row["soft_label"], row["counts"], row["agreement"]) for name, row in rows.items()}
        three, none = {"safe": 3, "unsafe": 0}, {"prompt_label": None, "response_label": None}
        assert found["all"] == (
            {"prompt_label": 0.0, "response_label": 0.0}, {"prompt_label": three, "response_label": three},
            {"prompt_label": "unanimous", "response_label": "unanimous"},
        )  # fmt: skip
        assert found["most"] == (
            {"prompt_label": 2 / 3, "response_label": 0.0},
            {"prompt_label": {"safe": 1, "unsafe": 2}, "response_label": three},
            {"prompt_label": "majority", "response_label": "unanimous"},
        )
        assert found["split"][0] == {"prompt_label": 0.5, "response_label": 0.0}
        assert found["split"][2] == {"prompt_label": "settled", "response_label": "settled"}
        assert found["alone"] == (none | {"prompt_label": 0.0}, none | {"prompt_label": three},
                                  none | {"prompt_label": "unanimous"})  # fmt: skip
        assert found["aegis#refusal"][0] == none
        assert found["aegis#refusal"][2] == {"prompt_label": "inherited", "response_label": "inherited"}
        assert rows["aegis#refusal"]["id"] == "aegis"


def test_parquet_splits_of_a_release_are_its_json_and_more(project, tmp_path):
    out, _ = release(project, tmp_path)
    for split in ("train", "validation", "test"):
        rows = json.loads((out / f"{split}.json").read_bytes())
        table = pq.read_table(out / f"{split}.parquet")
        assert [{key: row[key] for key in KEYS} for row in table.to_pylist()] == rows
        assert {"turns", "item", "soft_label", "counts", "agreement", "mlcommons"} <= set(table.column_names)
    assert verify(out).differences == []
    again, _ = release(project, tmp_path, "1.1")
    assert (again / "train.parquet").read_bytes() == (out / "train.parquet").read_bytes()

    table = pq.read_table(out / "train.parquet")
    labels = ["unsafe"] * len(table)
    at = table.column_names.index("prompt_label")
    pq.write_table(table.set_column(at, "prompt_label", [labels]), out / "train.parquet")
    safe = [row["item"] for row in table.to_pylist() if row["prompt_label"] == "safe"]
    told = [line for line in verify(out).differences if "train.parquet and" in line]
    assert len(told) == len(safe) > 0


def test_csv_has_a_byte_order_mark_on_demand(project, tmp_path):
    options = {"project": project.slug, "format": "csv"}
    plain, marked = tmp_path / "plain.csv", tmp_path / "marked.csv"
    assert command("export_dataset", out=plain, **options).code == 0
    assert command("export_dataset", out=marked, bom=True, **options).code == 0
    assert marked.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()
    refused = command("export_dataset", out=tmp_path / "x", project=project.slug, bom=True)
    assert (refused.code, "--bom is for --format csv" in refused.stderr) == (2, True)
    refused = command("export_dataset", out=tmp_path / "x", project=project.slug, raw=True, format="parquet")
    assert (refused.code, "--raw is for --format csv; parquet has" in refused.stderr) == (2, True)
    assert not (tmp_path / "x").exists()
    lead = Visitor(project, "lead")
    response = lead.client.get(f"/api/v1/projects/{project.slug}/export/?format=csv&bom=true")
    assert b"".join(response.streaming_content) == marked.read_bytes()

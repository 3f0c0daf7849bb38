"""Codes of other taxonomies are columns of JSON lines and Parquet, and of nothing else."""

import json

import pyarrow.parquet as pq

from corpus.actions.taxonomies import FOLDER
from tests.adjudication.test_taxonomy_change import change
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

NAMED = {
    "a": ["violence", "threat"],
    "b": ["harassment"],
    "c": [],
    "d": ["criminal_planning_confessions", "malware"],
}


def exported(project, folder, format_):
    path = folder / f"out.{format_}"
    assert command("export_dataset", project=project.slug, out=path, format=format_).code == 0
    if format_ == "parquet":
        return {row["id"]: row for row in pq.read_table(path).to_pylist()}
    lines = (
        path.read_text().splitlines() if format_ == "jsonl" else [json.dumps(r) for r in json.loads(path.read_text())]
    )
    return {row["id"]: row for row in map(json.loads, lines)}


def etag_of(project):
    response = Program(project, "lead").get(f"projects/{project.slug}/export/", format="jsonl")
    assert b"".join(response.streaming_content)
    return response["ETag"]


def test_codes_are_columns_each_once_and_null_for_no_equal(tmp_path):
    project = make_project(fields="prompt_label", quorum=1)
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in NAMED])
    rows = [opinion(name, "ada", "unsafe" if slugs else "safe", categories=slugs) for name, slugs in NAMED.items()]
    assert import_votes(project, tmp_path, rows).code == 0
    command("adjudicate", project=project.slug)
    for format_ in ("jsonl", "parquet"):
        found = exported(project, tmp_path, format_)
        assert {name: (row["mlcommons"], row["llama_guard_3"]) for name, row in found.items()} == {
            "a": ("vcr", "S1"), "b": (None, None), "c": ("", ""), "d": ("vcr, ncr", "S1, S2"),
        }  # fmt: skip
        assert found["b"]["pyrit"] == "HARASSMENT"
        assert found["d"]["pyrit"] == "COORDINATION_HARM, MALWARE"
    assert len(exported(project, tmp_path, "json")["a"]) == 9

    before = etag_of(project)
    change(project, {"change": "edit", "slug": "violence", "category": {"crosswalk": {"ours": "V-1"}}})
    assert etag_of(project) != before
    row = exported(project, tmp_path, "jsonl")["a"]
    assert (row["ours"], row["mlcommons"]) == ("V-1", "vcr")


def test_delivered_taxonomy_says_for_each_category_what_it_is_elsewhere():
    content = json.loads((FOLDER / "aegis2.json").read_text())
    assert {tuple(each["crosswalk"]) for each in content["categories"]} == {("llama_guard_3", "mlcommons", "pyrit")}
    assert all(each["source"].startswith("https://") for each in content["crosswalks"].values())

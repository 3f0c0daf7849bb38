"""A small release made by hand: every kind of tampering is found and named. No database."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.errors import Refused
from guards.actions import benchmark_of_release
from releases.verifying import verify
from tests.factories import command, import_dialogues, import_votes, make_project, opinion

COUNTED = ("status", "label", "safe", "unsafe", "source")
VOTE = {
    "rater": "", "kind": "human", "prompt_label": None, "response_label": None, "categories": [], "other_text": "",
    "outcome": "cast", "taxonomy": "aegis2 v1",
}  # fmt: skip


def votes_on(item, *votes):
    """Rows of votes.parquet: each vote is a kind, a prompt label, a response label and categories."""
    return [
        VOTE | {"item": item, "rater": f"{kind}-{at}", "kind": kind, "prompt_label": prompt}
        | {"response_label": response, "categories": list(categories)}
        for at, (kind, prompt, response, *categories) in enumerate(votes)
    ]  # fmt: skip


def field(part, *values):
    return {f"{part}_{name}": value for name, value in zip(COUNTED, values, strict=True)}


def decision(item, prompt, response, **more):
    """A row of decisions.parquet from the five columns of each field."""
    row = {"item": item, "status": "decided", "decided_by": "majority", "categories": [], "categories_agreed": None}
    return row | field("prompt", *prompt) | field("response", *response) | {"split": "train"} | more


SAFE = ("unanimous", "safe", 3, 0, "human")
UNSAFE = ("majority", "unsafe", 1, 2, "human_and_llm_jury")
NONE = (None, None, None, None, None)
VOTES = [
    *votes_on("a", *[("human", "safe", "safe")] * 3),
    *votes_on("b", ("human", "safe", "safe"), ("human", "unsafe", "safe", "x"), ("llm", "unsafe", "safe", "x", "y")),
    *votes_on("c", *[("human", "safe", None)] * 3),
    *votes_on("tie", *[("human", "safe", "safe")] * 2, *[("human", "unsafe", "safe", "y")] * 2),
    *votes_on("few", ("human", "safe", "safe")),
]
DECISIONS = [
    decision("a", SAFE, SAFE),
    decision("b", UNSAFE, ("unanimous", "safe", 3, 0, "human_and_llm_jury"), categories=["x"], categories_agreed=True),
    decision("c", SAFE, NONE, split="test"),
    decision("few", ("pending", None, 1, 0, None), ("pending", None, 1, 0, None), status="pending", split=None),
    decision(
        "settled", ("majority", "unsafe", 0, 2, "adjudicator"), ("majority", "safe", 2, 0, "adjudicator"),
        status="settled", decided_by="adjudicator", categories=["y"], split="validation",
    ),
    decision(
        "tie", ("disputed", None, 2, 2, None), ("unanimous", "safe", 4, 0, "human"), status="disputed", split=None,
    ),
]  # fmt: skip
TEXTS = ("item", "status", "decided_by", "split", *(f"{p}_{n}" for p in ("prompt", "response") for n in COUNTED))
DECISION_COLUMNS = pa.schema(
    [(name, pa.int32() if name.endswith("safe") else pa.string()) for name in TEXTS]
    + [("categories", pa.list_(pa.string())), ("categories_agreed", pa.bool_())]
)
VOTE_COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("item", *(name for name in VOTE if name != "categories"))]
    + [("categories", pa.list_(pa.string()))]
)


def rows_of_split(decisions, split):
    """The rows of a split's JSON file that a table of decisions asks for."""
    return [
        {"id": row["item"]}
        | {f"{part}_label": row[f"{part}_label"] for part in ("prompt", "response")}
        | {f"{part}_label_source": row[f"{part}_source"] for part in ("prompt", "response")}
        for row in decisions
        if row["split"] == split
    ]


class Folder:
    """The folder of a release, whose tables a test may change with or without the hashes in the manifest."""

    def __init__(self, path):
        self.path = path
        self.policy = {"name": "majority", "quorum": 3, "caution": "safe"}
        self.votes, self.decisions = [dict(row) for row in VOTES], [dict(row) for row in DECISIONS]
        self.splits = {name: rows_of_split(DECISIONS, name) for name in ("train", "validation", "test")}
        self.manifest = {}
        self.write()

    def write(self):
        """Write every table, and a manifest with the right hashes."""
        pq.write_table(pa.Table.from_pylist(self.votes, schema=VOTE_COLUMNS), self.path / "votes.parquet")
        pq.write_table(pa.Table.from_pylist(self.decisions, schema=DECISION_COLUMNS), self.path / "decisions.parquet")
        for name, rows in self.splits.items():
            (self.path / f"{name}.json").write_text(json.dumps(rows))
        (self.path / "README.md").write_text("A card.")
        files = {
            each.name: {"sha256": hashlib.sha256(each.read_bytes()).hexdigest(), "bytes": each.stat().st_size}
            for each in sorted(self.path.iterdir())
            if each.name != "manifest.json"
        }
        self.manifest = {
            "policy": self.policy, "fields": ["prompt_label", "response_label"], "categories": ["x", "y"],
            "files": files,
        }  # fmt: skip
        self.write_manifest()

    def write_manifest(self):
        (self.path / "manifest.json").write_text(json.dumps(self.manifest))

    def row(self, item):
        return next(row for row in self.decisions if row["item"] == item)

    def differences(self):
        return verify(self.path).differences


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_untouched_release_has_no_differences(folder):
    found = verify(folder.path)
    assert (found.differences, found.files, found.labels, found.settled) == ([], 6, 5, 1)


@pytest.mark.parametrize(
    "name", ["README.md", "decisions.parquet", "votes.parquet", "train.json", "validation.json", "test.json"]
)
def test_one_more_byte_in_any_file_is_found_by_its_hash(folder, name):
    with (folder.path / name).open("ab") as file:
        file.write(b" ")
    told = [line for line in folder.differences() if line.startswith(f"{name}: its SHA-256 is ")]
    assert len(told) == 1
    assert told[0].endswith(folder.manifest["files"][name]["sha256"])


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("README.md", 0),
        ("decisions.parquet", 1),
        ("votes.parquet", 1),
        ("train.json", 1),
        ("validation.json", 1),
        ("test.json", 1),
    ],
)
def test_missing_file_is_named_and_verification_goes_on(folder, name, more):
    (folder.path / name).unlink()
    found = verify(folder.path)
    assert found.differences[0] == f"{name}: cannot be read (No such file or directory)"
    assert len(found.differences) == 1 + more
    assert all("the tables cannot be read: FileNotFoundError" in line for line in found.differences[1:])


@pytest.mark.parametrize("name", ["extra.json", ".hidden", "votes.parquet.bak", "é.txt", "a b"])
def test_file_that_the_manifest_does_not_name_is_named(folder, name):
    (folder.path / name).write_text("")
    assert folder.differences() == [f"{name}: the manifest does not name it"]


def test_folder_that_the_manifest_does_not_name_is_named(folder):
    (folder.path / "more").mkdir()
    assert folder.differences() == ["more: the manifest does not name it"]


def test_folder_in_place_of_a_file_cannot_be_read(folder):
    (folder.path / "README.md").unlink()
    (folder.path / "README.md").mkdir()
    assert folder.differences() == ["README.md: cannot be read (Is a directory)"]


@pytest.mark.parametrize(
    ("item", "column", "value", "told"),
    [
        ("a", "prompt_label", "unsafe", "a: prompt_label 'unsafe', decided again 'safe'"),
        ("a", "prompt_status", "majority", "a: prompt_status 'majority', decided again 'unanimous'"),
        ("a", "prompt_safe", 4, "a: prompt_safe 4, decided again 3"),
        ("a", "response_unsafe", 1, "a: response_unsafe 1, decided again 0"),
        ("a", "prompt_source", "llm_jury", "a: prompt_source 'llm_jury', decided again 'human'"),
        ("a", "response_label", None, "a: response_label None, decided again 'safe'"),
        ("a", "status", "disputed", "a: status 'disputed', decided again 'decided'"),
        ("b", "categories", ["x", "y"], "b: categories ['x', 'y'], decided again ['x']"),
        ("b", "categories", [], "b: categories [], decided again ['x']"),
        ("b", "categories_agreed", False, "b: categories_agreed False, decided again True"),
        ("tie", "status", "decided", "tie: status 'decided', decided again 'disputed'"),
        ("tie", "prompt_label", "unsafe", "tie: prompt_label 'unsafe', decided again None"),
        ("few", "status", "decided", "few: status 'decided', decided again 'pending'"),
        ("few", "prompt_safe", 3, "few: prompt_safe 3, decided again 1"),
    ],
)
def test_changed_decision_is_named_even_with_a_new_manifest(folder, item, column, value, told):
    folder.row(item)[column] = value
    folder.write()
    assert told in folder.differences()


def test_two_changes_of_an_item_are_on_one_line(folder):
    folder.row("few").update(status="decided", prompt_safe=3)
    folder.write()
    assert folder.differences() == ["few: status 'decided', decided again 'pending', prompt_safe 3, decided again 1"]


@pytest.mark.parametrize(
    ("change", "items"),
    [
        (lambda votes: votes.pop(0), ["a"]),
        (lambda votes: votes.append(dict(votes[0])), ["a"]),
        (lambda votes: votes[0].update(prompt_label="unsafe"), ["a"]),
        (lambda votes: votes[0].update(kind="llm"), ["a"]),
        (lambda votes: votes[0].update(item="few"), ["a", "few"]),
        (lambda votes: votes[0].update(outcome="failed"), ["a"]),
        (lambda votes: votes[4].update(categories=["y"]), ["b"]),
        (lambda votes: votes.clear(), ["a", "b", "c", "few", "tie"]),
        (lambda votes: votes[0].update(item="settled"), ["a"]),
    ],
)
def test_changed_vote_is_found_in_the_items_it_decides(folder, change, items):
    change(folder.votes)
    folder.write()
    assert [line.partition(":")[0] for line in folder.differences()] == items


@pytest.mark.parametrize(
    "change",
    [
        {"rater": "human-another"},
        {"other_text": "words"},
        {"prompt_label": "needs_caution"},  # counts as safe here
    ],
)
def test_what_decides_nothing_is_held_by_the_hash_alone(folder, change):
    folder.votes[0].update(change)
    folder.write()
    assert folder.differences() == []


def test_ballots_that_were_not_cast_count_for_nothing(folder):
    folder.votes += [
        VOTE | {"item": "few", "kind": "llm", "outcome": outcome, "rater": outcome}
        for outcome in ("failed", "abstained", "unreadable")
    ]
    folder.write()
    assert folder.differences() == []


@pytest.mark.parametrize(
    ("split", "change", "named"),
    [
        ("train", lambda rows: rows.pop(0), ["a: train"]),
        ("train", lambda rows: rows.append(dict(rows[0])), ["a: train"]),
        ("train", lambda rows: rows[0].update(id="z"), ["a: train", "z: train"]),
        ("train", lambda rows: rows[0].update(prompt_label="unsafe"), ["a: train", "a: train"]),
        ("train", lambda rows: rows[0].update(response_label=None), ["a: train", "a: train"]),
        ("train", lambda rows: rows[1].update(prompt_label_source="human"), ["b: train", "b: train"]),
        ("validation", lambda rows: rows.clear(), ["settled: validation"]),
        ("test", lambda rows: rows.append(dict(rows[0], id="tie")), ["tie: test"]),
    ],
)
def test_changed_row_of_a_split_is_named(folder, split, change, named):
    change(folder.splits[split])
    folder.write()
    assert sorted(line.partition(".json")[0] for line in folder.differences()) == named


def test_row_moved_to_another_split_is_named_in_both(folder):
    folder.splits["test"].append(folder.splits["train"].pop(0))
    folder.write()
    assert folder.differences() == [
        "a: test.json and decisions.parquet do not say the same of it",
        "a: train.json and decisions.parquet do not say the same of it",
    ]


def test_order_and_texts_of_rows_are_no_matter_of_labels(folder):
    folder.splits["train"].reverse()
    folder.splits["train"][0]["prompt"] = "What is b?"
    folder.write()
    assert folder.differences() == []


def test_refusal_goes_by_the_id_of_its_original(folder):
    row = decision(
        "b#refusal", UNSAFE, ("unanimous", "safe", 0, 0, "refusal_data_augmentation"), decided_by="construction"
    )
    folder.decisions.append(row)
    folder.splits["train"].append(rows_of_split([row | {"item": "b"}], "train")[0])
    folder.write()
    found = verify(folder.path)
    assert (found.differences, found.settled) == ([], 2)
    settled = ("majority", "safe", 0, 0, "adjudicator")
    row |= decision("b#refusal", settled, settled, status="settled", decided_by="adjudicator")
    folder.splits["train"][-1] = rows_of_split([row | {"item": "b"}], "train")[0]
    folder.write()
    assert folder.differences() == []


def test_item_that_is_merely_called_a_refusal_keeps_its_name(folder):
    for row in (*folder.votes, *folder.decisions):
        row["item"] = row["item"].replace("few", "few#refusal").replace("a", "a#refusal")
    folder.splits["train"][0]["id"] = "a#refusal"
    folder.write()
    assert folder.differences() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"policy": {"name": "majority", "quorum": 4, "caution": "safe"}},
            "a: status 'decided', decided again 'pending'",
        ),
        ({"policy": {"name": "jury", "quorum": 3, "caution": "safe"}}, "a: status 'decided', decided again 'pending'"),
    ],
)
def test_another_policy_decides_otherwise(folder, change, told):
    folder.manifest |= change
    folder.write_manifest()
    assert any(line.startswith(told) for line in folder.differences())


def test_caution_of_the_manifest_counts(folder):
    for vote in folder.votes[:2]:
        vote["prompt_label"] = "needs_caution"
    folder.write()
    assert folder.differences() == []
    folder.manifest["policy"]["caution"] = "unsafe"
    folder.write_manifest()
    assert "a: status" not in folder.differences()[0]
    assert "prompt_label 'safe', decided again 'unsafe'" in folder.differences()[0]


def test_unknown_policy_is_refused_with_advice(folder):
    folder.manifest["policy"]["name"] = "coin"
    folder.write_manifest()
    with pytest.raises(Refused, match=r"knows no policy 'coin'\. Verify with the software that made the release"):
        verify(folder.path)


@pytest.mark.parametrize("key", ["policy", "fields", "categories"])
def test_manifest_without_a_key_is_a_difference(folder, key):
    del folder.manifest[key]
    folder.write_manifest()
    assert folder.differences() == [f"the tables cannot be read: KeyError: '{key}'"]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "null", "1", '"files"', "{", '{"files": 1}', '{"files": [1]}', '{"files": null}', "\ufeff{}"],
)
def test_what_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(Refused, match="is no manifest of a release"):
        verify(tmp_path)


@pytest.mark.parametrize(
    "files", [{"train.json": "hash"}, {"train.json": None}, {"train.json": {}}, [], [["train.json", {}]]]
)
def test_manifest_whose_files_have_no_hashes_is_refused(folder, files):
    folder.manifest["files"] = files
    folder.write_manifest()
    with pytest.raises(Refused, match="is no manifest of a release"):
        verify(folder.path)


def test_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"There is no release in .*No such file"):
        verify(tmp_path)
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(Refused, match="Is a directory"):
        verify(tmp_path)


def test_file_in_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="Not a directory"):
        verify(tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("votes.parquet", b""),
        ("votes.parquet", b"PAR1PAR1"),
        ("decisions.parquet", b"item,status\n"),
        ("train.json", b"{"),
        ("train.json", b"[1]"),
        ("train.json", b"[{}]"),
        ("train.json", b"5"),
        ("test.json", b'["a"]'),
        ("test.json", b"\xff"),
    ],
)
def test_unreadable_table_is_a_difference(folder, name, content):
    (folder.path / name).write_bytes(content)
    hash_line, *others = folder.differences()
    assert hash_line.startswith(f"{name}: its SHA-256")
    assert any(line.startswith("the tables cannot be read: ") for line in others)


@pytest.mark.parametrize("column", ["item", "kind", "outcome", "categories"])
def test_table_without_a_column_is_a_difference(folder, column):
    table = pq.read_table(folder.path / "votes.parquet")
    pq.write_table(table.drop_columns([column]), folder.path / "votes.parquet")
    assert f"the tables cannot be read: KeyError: '{column}'" in folder.differences()


def test_kind_that_there_is_not_is_a_difference(folder):
    folder.votes[0]["kind"] = "oracle"
    folder.write()
    assert folder.differences() == ["the tables cannot be read: ValueError: 'oracle' is not a valid Kind"]


def test_release_of_prompts_alone_with_refusals_is_sound(tmp_path):
    project = make_project(fields="prompt_label", quorum=1)
    row = {"id": "p", "prompt": "What is it?", "response": "That.", "prompt_label": "unsafe", "response_label": "safe"}
    row |= {"violated_categories": "Threat", "prompt_label_source": "human"}
    refusal = row | {"response": "No.", "response_label_source": "refusal_data_augmentation"}
    assert import_dialogues(project, tmp_path, [row, refusal]).code == 0
    assert import_votes(project, tmp_path, [opinion("p", "ada", "unsafe", categories="threat")]).code == 0
    assert command("release", "1.0", project=project.slug, out=tmp_path / "out").code == 0
    found = verify(tmp_path / "out")
    assert (found.differences, found.settled) == ([], 1)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "1 dialogue with a refusal as response, safe by construction." in card
    made = benchmark_of_release(project=project, version="1.0", split="train", task="prompt")
    assert (made.rows, made.positives) == (1, 1)

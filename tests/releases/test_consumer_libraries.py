"""Each consumer's own library loads its files, with the labels of the release item for item."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from config.data_dir import CHECKOUT
from releases.consumers import CONSUMERS
from releases.row_keys import KEYS
from tests.factories import command, make_project
from tests.releases.test_consumers import CONVERSATIONS, HOSTILE, decided, export, fill

PYTHON = CHECKOUT / ".venv-consumers" / "bin" / "python"
READER = Path(__file__).with_name("consumer_readers.py")
FIELDS = ("prompt_label", "response_label")

if not PYTHON.exists() and not os.environ.get("REQUIRE_CONSUMERS"):
    pytest.skip("no .venv-consumers with the consumers' libraries; make consumers", allow_module_level=True)


class Loaded:
    """What the consumers' libraries read of one project and of its release, beside its rows by item."""

    def __init__(self, folder):
        self.project = fill(make_project(), folder)
        assert command("release", "1.0", project=self.project.slug, out=folder / "1.0").code == 0
        self.rows = decided(self.project, folder)
        places = {("release", "hf"): folder / "1.0"}
        for consumer in CONSUMERS:
            places["live", consumer] = export(self.project, folder, consumer)[0]
            if consumer != "hf":
                places["release", consumer] = export(self.project, folder, consumer, release="1.0")[0]
        self.read = run_reader(places, folder / "result.json")

    def both(self, consumer):
        """Return what was read of the live items and of the release."""
        return [self.read[origin, consumer] for origin in ("live", "release")]


def run_reader(places, result):
    """Return what the libraries read, by origin and consumer; one process reads all, since imports take seconds."""
    words = [f"{consumer}={place}" for (_, consumer), place in places.items()]
    environment = os.environ | {"RESULT": str(result), "HF_HOME": str(result.parent / "hf"), "HOME": str(result.parent)}
    done = subprocess.run([PYTHON, READER, *words], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(places, json.loads(result.read_text()), strict=True))


@pytest.fixture(scope="module")
def loaded(database, tmp_path_factory):
    return Loaded(tmp_path_factory.mktemp("consumers"))


def labels_of(row):
    return {field: row[field] for field in FIELDS}


def test_datasets_loads_splits_votes_and_types(loaded):
    """The release's own folder, too, by its card; a split without rows is not in it."""
    for read in loaded.both("hf"):
        found = {row["item"]: row for rows in read["rows"].values() for row in rows}
        assert set(found) == set(loaded.rows)
        for name, row in loaded.rows.items():
            assert {key: found[name][key] for key in KEYS} == {key: row[key] for key in KEYS}, name
            assert found[name]["soft_label"] == row["soft_label"]
        assert {vote["item"] for vote in read["votes"]} == set(loaded.rows) - {"aegis#refusal"}
        assert len({vote["rater"] for vote in read["votes"]}) == 3
        assert read["types"]["reconstruction_id_if_redacted"] == "Value('int64')"
        assert list(read["types"])[:9] == list(KEYS)


def test_datasets_loads_messages_whole(loaded):
    for read in loaded.both("messages"):
        found = {row["item"]: row for rows in read.values() for row in rows}
        assert {name: labels_of(row) for name, row in found.items()} == {
            name: labels_of(row) for name, row in loaded.rows.items()
        }
        for name, text in HOSTILE.items():
            assert found[name]["messages"][-1]["content"] == text


def test_pyrit_reads_every_labelled_response_for_both_metrics(loaded):
    expected = sorted(
        [row["response"].strip(), [float(row["response_label"] == "unsafe")]]
        for row in loaded.rows.values() if row["response_label"]
    )  # fmt: skip
    for read, version in zip(loaded.both("pyrit"), ("live", "1.0"), strict=True):
        assert {each["version"] for each in read.values()} == {version}
        for about in read.values():
            found = sorted([text, [float(score) for score in scores]] for text, scores, _ in about["entries"])
            assert found == expected
        assert {about for _, _, about in read["harm"]["entries"]} == {"harm"}
        prompts = {row["prompt"].strip() for row in loaded.rows.values() if row["response_label"]}
        assert {about for _, _, about in read["objective"]["entries"]} == prompts


def test_inspect_reads_every_dialogue_as_a_sample(loaded):
    for read in loaded.both("inspect"):
        found = {sample["id"]: sample for sample in read}
        assert len(found) == len(read) == len(loaded.rows)
        for name, row in loaded.rows.items():
            assert found[name]["target"] == (row["response_label"] or row["prompt_label"])
            assert labels_of(found[name]["metadata"]) == labels_of(row)
            assert [each["role"] for each in found[name]["input"]] == [turn["role"] for turn in row["turns"]]
        for name, text in HOSTILE.items():
            assert found[name]["input"][-1]["content"] == text
        assert found["bare"]["input"][1]["tool_calls"][0]["arguments"] == {"city": "Kyiv"}
        assert found["named"]["metadata"]["messages"] == CONVERSATIONS["named"]


def test_nemo_guardrails_reads_every_interaction(loaded):
    for read in loaded.both("nemo-guardrails"):
        found = {each["id"]: each for each in read["interactions"]}
        assert set(found) == set(loaded.rows)
        assert read["inputs"] == len(found)
        for name, row in loaded.rows.items():
            assert labels_of(found[name]["evaluation_context"]) == labels_of(row)
            [expected] = found[name]["expected_output"]
            assert (expected["type"] == "refusal") == (row["prompt_label"] == "unsafe")


def test_phoenix_would_log_every_label_and_no_nan(loaded):
    for read in loaded.both("openinference"):
        parts = [each for part, listed in read.items() if part != "opinions" for each in listed]
        found = {(each["span_id"], each["name"]): each for each in parts}
        wanted = {(name, field): row[field] for name, row in loaded.rows.items() for field in FIELDS if row[field]}
        assert {key: each["result"]["label"] for key, each in found.items()} == wanted
        everything = [*parts, *read["opinions"]]
        assert all(each["result"]["score"] == each["result"]["score"] for each in everything)
        assert not any(each["result"]["explanation"] == "nan" for each in everything)
        assert len({each["identifier"] for each in read["opinions"]}) == 3

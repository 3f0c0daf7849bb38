"""The certificate of a release is derived again from its own votes, and whatever was changed is found."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.actions import change_sample
from annotation.models import SampleDraw
from releases.verifying import verify
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

ITEMS = [f"i{n:03}" for n in range(500)]
UNSURE = ITEMS[-40:]
"On these one of three models says otherwise."


@pytest.fixture(scope="module")
def certified(tmp_path_factory, database):
    """Return the folder of a release in which models decide about half of the labels, and the items of its sample."""
    folder = tmp_path_factory.mktemp("certified")
    project = make_project(fields="prompt_label", policy="certified")
    import_dialogues(project, folder, [dialogue(name, response=False) for name in ITEMS])
    change_sample(project=project, by=None, percent=50)
    draws = SampleDraw.objects.filter(project=project, in_sample=True).order_by("item__external_id")
    sample = list(draws.values_list("item__external_id", flat=True))
    rows = [opinion(name, f"model-{n}", "safe" if n == 0 and name in UNSURE else "unsafe")
            for name in ITEMS for n in range(3)]  # fmt: skip
    # People give another label to one item, agree on the others, and have not seen one yet.
    rows += [opinion(name, f"person-{n}", "safe" if name == sample[1] else "unsafe")
             for name in sample[1:] for n in range(3)]  # fmt: skip
    assert import_votes(project, folder, rows).code == 0
    made = command("release", "1.0", project=project.slug, out=folder / "out", date="2026-01-01")
    assert made.code == 0, made.stderr
    return folder / "out", sample


def test_it_is_derived_again_and_names_only_items_that_nobody_labels_any_more(certified):
    folder, sample = certified
    found = verify(folder)
    assert (found.differences, found.labels) == ([], 500)
    said = json.loads((folder / "manifest.json").read_text())["certificate"]["fields"]["prompt_label"]
    assert (said["threshold"], said["errors"], said["missing"], said["sample"]) == ("2/3", 1, 1, len(sample))
    rows = pq.read_table(folder / "sample.parquet").to_pylist()
    names = [name for name in sample if name != sample[0]]
    assert rows[: len(names)] == [{"item": name, "field": "prompt_label"} for name in names]
    assert {row["field"] for row in rows[len(names) :]} == {"categories"}


def differences_of(certified, folder, change):
    """Return what is found in a copy with a change, besides the hashes."""
    copy = folder / "copy"
    shutil.copytree(certified[0], copy)
    change(copy)
    return [each for each in verify(copy).differences if "SHA-256" not in each]


def rewrite(folder, name, change):
    table = pq.read_table(folder / name)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), table.schema), folder / name)


def test_other_figures_are_found(certified, tmp_path):
    for at, change in enumerate(({"bound": 0.001}, {"errors": 0}, {"alone": 10}, {"sample": 400})):

        def embellish(folder, change=change):
            path = folder / "manifest.json"
            manifest = json.loads(path.read_text())
            manifest["certificate"]["fields"]["prompt_label"] |= change
            path.write_text(json.dumps(manifest))

        (tmp_path / str(at)).mkdir()
        found = differences_of(certified, tmp_path / str(at), embellish)
        assert [each.partition(":")[0] for each in found] == ["certificate, prompt_label"], change


def test_other_figures_of_category_sets_are_found(certified, tmp_path):
    said = json.loads((certified[0] / "manifest.json").read_text())["certificate"]["sets"]
    assert said["false_discovery"]["bound"] > said["false_discovery"]["mean"]
    other = {"bound": said["miss"]["bound"] / 2, "mean": said["miss"]["mean"]}
    for at, change in enumerate(({"miss": other}, {"alone": said["alone"] - 1}, {"sample": said["sample"] + 1})):

        def embellish(folder, change=change):
            path = folder / "manifest.json"
            manifest = json.loads(path.read_text())
            manifest["certificate"]["sets"] |= change
            path.write_text(json.dumps(manifest))

        (tmp_path / str(at)).mkdir()
        found = differences_of(certified, tmp_path / str(at), embellish)
        assert [each.partition(":")[0] for each in found] == ["certificate, categories"], change


def test_rows_that_were_dropped_or_added_are_found(certified, tmp_path):
    folder, sample = certified
    outside = next(name for name in ITEMS if name not in sample)
    wrong = [row for row in pq.read_table(folder / "sample.parquet").to_pylist() if row["item"] != sample[1]]
    changes = (lambda _: wrong, lambda rows: [*rows, {"item": outside, "field": "prompt_label"}])
    for at, change in enumerate(changes):
        (tmp_path / str(at)).mkdir()
        found = differences_of(
            certified, tmp_path / str(at), lambda copy, change=change: rewrite(copy, "sample.parquet", change)
        )
        assert any(each.startswith("certificate, prompt_label: ") for each in found) or found == [
            f"{outside}: sample.parquet has it, but it has no prompt_label by people"
        ]
        assert found


def test_a_changed_vote_is_found(certified, tmp_path):
    def turn(rows):
        return [row | ({"prompt_label": "unsafe"} if row["item"] == certified[1][1] else {}) for row in rows]

    found = differences_of(certified, tmp_path, lambda folder: rewrite(folder, "votes.parquet", turn))
    assert any(each.startswith("certificate, prompt_label: it says 2/3 with 1 errors") for each in found)
    assert any("derived again it is 2/3 with 0 errors" in each for each in found)

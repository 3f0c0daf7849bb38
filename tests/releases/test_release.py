"""Releases: complete, immutable, the same twice."""

import hashlib
import json

import mlcroissant
import pyarrow.parquet as pq
import pytest

from adjudication.consensus import Opinion, decide
from adjudication.policies import Kind, policy_of
from adjudication.queries import taxonomy_order
from corpus.labels import labels_in
from releases.models import Release
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, numbers, opinion

FILES = {
    "README.md", "article-10.html", "article-10.md", "croissant.json", "datasheet.html", "datasheet.md",
    "decisions.parquet", "manifest.json", "test.json", "train.json", "validation.json", "votes.parquet",
    "withdrawn.json", "train.parquet", "validation.parquet", "test.parquet",
}  # fmt: skip
PAPERS = {name for name in FILES if name.endswith((".md", ".html"))} | {"croissant.json"}


def labelled_project(folder, count=60):
    project = make_project()
    rows = [
        dialogue(f"i{n:03}", text=f"Question {n // 2}?", license="MIT" if n % 3 else "CC-BY-4.0") for n in range(count)
    ]
    import_dialogues(project, folder, rows)
    unsafe = {"categories": ["threat"]}
    votes = [
        opinion(f"i{n:03}", rater, "unsafe" if n % 2 else "safe", "safe", **(unsafe if n % 2 else {}))
        for n in range(count) for rater in ("ada", "bea", "model-m")
    ]  # fmt: skip
    import_votes(project, folder, votes)
    return project


def release(project, folder, version="1.0", **options):
    out = folder / f"release-{next(numbers)}"
    made = command("release", version, project=project.slug, out=out, **options)
    assert made.code == 0, made.stderr
    return out, made


def test_release_is_complete_with_right_hashes(tmp_path):
    out, made = release(labelled_project(tmp_path), tmp_path)
    manifest = json.loads((out / "manifest.json").read_bytes())

    assert {path.name for path in out.iterdir()} == FILES == set(made["files"])
    for name, digest in made["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert {name: file["sha256"] for name, file in manifest["files"].items()} == {
        name: digest for name, digest in made["files"].items() if name != "manifest.json"
    }
    assert (made["rows"], manifest["policy"], manifest["date"]) == (
        60, {"name": "majority", "quorum": 3, "caution": "safe"}, None,
    )  # fmt: skip
    assert manifest["counts"]["license"] == {"CC-BY-4.0": 20, "MIT": 40}


def test_splits_share_no_prompt(tmp_path):
    out, _ = release(labelled_project(tmp_path), tmp_path, splits="0.5,0.25,0.25")
    splits = {name: json.loads((out / f"{name}.json").read_bytes()) for name in ("train", "validation", "test")}
    prompts = [{row["prompt"] for row in rows} for rows in splits.values()]

    assert sum(len(rows) for rows in splits.values()) == 60
    assert all(prompts)
    assert len(set.union(*prompts)) == sum(map(len, prompts))


def test_release_is_reproducible(tmp_path):
    project = labelled_project(tmp_path)
    first, _ = release(project, tmp_path, "1.0", date="2026-01-02")
    again, _ = release(project, tmp_path, "1.1", date="2026-01-02")
    for name in FILES:
        one, other = ((folder / name).read_bytes() for folder in (first, again))
        if name in {*PAPERS, "manifest.json"}:  # these name the version
            continue
        assert one == other, name
    manifests = [json.loads((folder / "manifest.json").read_bytes()) for folder in (first, again)]
    for manifest in manifests:
        del manifest["version"], manifest["files"]
    assert manifests[0] == manifests[1]


def test_seed_changes_the_splits(tmp_path):
    project = labelled_project(tmp_path)
    first, _ = release(project, tmp_path, "1.0")
    other, _ = release(project, tmp_path, "1.1", seed=7)

    assert (first / "train.json").read_bytes() != (other / "train.json").read_bytes()


def test_labels_follow_from_votes_file(tmp_path):
    project = labelled_project(tmp_path)
    out, _ = release(project, tmp_path)
    opinions = {}
    for vote in pq.read_table(out / "votes.parquet").to_pylist():
        opinion = Opinion(Kind(vote["kind"]), labels_in(vote), tuple(vote["categories"]))
        opinions.setdefault(vote["item"], []).append(opinion)
    for row in pq.read_table(out / "decisions.parquet").to_pylist():
        made = decide(
            opinions[row["item"]], policy_of(project), fields=project.fields, has_response=True,
            taxonomy=taxonomy_order(project),
        )  # fmt: skip
        assert (made.status, made.fields["prompt_label"].label) == (row["status"], row["prompt_label"])
        assert list(made.categories) == row["categories"]


def test_raters_have_stable_pseudonyms(tmp_path):
    project = labelled_project(tmp_path)
    out, _ = release(project, tmp_path)
    raters = {vote["rater"] for vote in pq.read_table(out / "votes.parquet").to_pylist()}

    assert len(raters) == 3
    assert not {"ada", "bea", "model-m"} & raters


def test_release_filters_by_licence(tmp_path):
    out, made = release(labelled_project(tmp_path), tmp_path, license=["MIT"])

    assert made["rows"] == 40
    assert {row["license"] for row in pq.read_table(out / "decisions.parquet").to_pylist()} == {"MIT"}


def test_withdrawn_items_are_only_in_their_list(tmp_path):
    project = labelled_project(tmp_path)
    command("withdraw_item", "i007", project=project.slug, reason="Asked for.")
    out, made = release(project, tmp_path)

    assert json.loads((out / "withdrawn.json").read_bytes()) == [{"id": "i007", "reason": "Asked for."}]
    assert made["rows"] == 59
    assert "i007" not in {vote["item"] for vote in pq.read_table(out / "votes.parquet").to_pylist()}


def test_croissant_file_is_valid_and_reads_the_data(tmp_path):
    out, _ = release(labelled_project(tmp_path), tmp_path, date="2026-01-02")

    dataset = mlcroissant.Dataset(jsonld=out / "croissant.json")
    rows = list(dataset.records("train"))

    assert len(rows) == len(json.loads((out / "train.json").read_bytes()))
    assert rows[0]["train/prompt_label"] in (b"safe", b"unsafe")


@pytest.mark.parametrize(
    ("version", "options", "expected"),
    [
        ("1.0", {}, "already"),
        ("2.0", {"splits": "0.5,0.4,0.2"}, "add up to 1"),
        ("../2", {}, "cannot be a version"),
    ],
)
def test_invalid_release_is_refused(tmp_path, version, options, expected):
    project = labelled_project(tmp_path, 6)
    release(project, tmp_path, "1.0")
    refused = command("release", version, project=project.slug, **options)

    assert refused.code == 2
    assert expected in refused.stderr


def test_seed_that_no_manifest_can_hold_is_refused_before_the_work(tmp_path):
    project = labelled_project(tmp_path, 6)
    for seed, reason in ((2**63, "a seed has at most 64 bits"), ("x", "'x' is not a whole number")):
        refused = command("release", "1.0", project=project.slug, seed=seed)
        assert (bool(refused.code), reason in refused.stderr) == (True, True), refused.stderr
    assert not Release.objects.filter(project=project).exists()


def test_folder_in_use_is_refused(tmp_path):
    project = labelled_project(tmp_path, 6)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine").write_text("keep")
    refused = command("release", "1.0", project=project.slug, out=tmp_path / "used")

    assert refused.code == 2
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["mine"]


def test_release_without_decisions_is_refused(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    refused = command("release", "1.0", project=project.slug, out=tmp_path / "out")

    assert refused.code == 2
    assert not (tmp_path / "out").exists()

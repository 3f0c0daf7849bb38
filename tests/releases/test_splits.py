"""Splits by clusters of near-duplicates and by equal prompts: in the files, on the way in, and verified."""

import json
import re

import pyarrow.parquet as pq
import pytest

from corpus.actions import create_project
from corpus.errors import Refused
from corpus.models import Project
from releases.actions import make_release
from releases.models import Release
from releases.spec import SPLITS, ReleaseSpec
from releases.splits import split_of
from releases.verifying import verify
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

SHARES = (0.4, 0.3, 0.3)
FAMILIES, COPIES = 12, 3


def story(family, copy):
    """A prompt that differs from its copies in one word of twenty, in case and in punctuation."""
    words = [f"word{family}x{at}" for at in range(20)]
    words[copy] = f"other{copy}"
    text = ", ".join(words)
    return text.upper() if copy == 2 else text


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("splits")
    made = make_project(quorum=1)
    names = [(f"{family:02}-{copy}", story(family, copy)) for family in range(FAMILIES) for copy in range(COPIES)]
    import_dialogues(made, folder, [dialogue(name, text=text) for name, text in names])
    import_votes(made, folder, [opinion(name, "ada", "safe", "safe") for name, _ in names])
    return made


def released(project, folder, version, **options):
    spec = ReleaseSpec(version=version, splits=SHARES, out=folder / version, **options)
    make_release(project=project, spec=spec)
    return folder / version


def split_of_each(folder):
    """Return the split of each id, from the files."""
    rows = {split: json.loads((folder / f"{split}.json").read_bytes()) for split in SPLITS}
    return {row["id"]: split for split, found in rows.items() for row in found}


def families_in_two_splits(folder):
    splits = {}
    for name, split in split_of_each(folder).items():
        splits.setdefault(name.split("-")[0], set()).add(split)
    return sum(len(found) > 1 for found in splits.values())


def test_no_cluster_is_in_two_splits_and_equal_prompts_alone_leave_some(project, tmp_path):
    assert project.split_by == Project.SplitBy.CLUSTER
    by_cluster = released(project, tmp_path, "clusters")
    assert families_in_two_splits(by_cluster) == 0
    assert len(set(split_of_each(by_cluster).values())) == 3
    manifest = json.loads((by_cluster / "manifest.json").read_bytes())
    assert (manifest["split_by"], manifest["duplicates"]["threshold"]) == ("cluster", 0.65)
    assert "Made by clusters of near-duplicate prompts with seed 0" in (by_cluster / "README.md").read_text()
    assert re.search(
        r"\d+ dialogues of \d+ are in \d+ clusters of near-duplicates\.", (by_cluster / "datasheet.md").read_text()
    )
    by_prompt = released(project, tmp_path, "prompts", split_by="prompt")
    assert families_in_two_splits(by_prompt) > 3
    manifest = json.loads((by_prompt / "manifest.json").read_bytes())
    assert (manifest["split_by"], manifest.get("duplicates")) == ("prompt", None)
    assert "cluster" not in pq.read_schema(by_prompt / "decisions.parquet").names
    for folder in (by_cluster, by_prompt):
        assert verify(folder).differences == []


def test_dialogues_imported_later_join_the_split_of_their_cluster(project, tmp_path):
    before = split_of_each(released(project, tmp_path, "before"))
    names = [(f"{family:02}-late", f"{story(family, 0)} now") for family in range(FAMILIES)]
    import_dialogues(project, tmp_path, [dialogue(name, text=text) for name, text in names])
    import_votes(project, tmp_path, [opinion(name, "ada", "safe", "safe") for name, _ in names])
    after = split_of_each(released(project, tmp_path, "after"))
    assert before.items() <= after.items()
    assert {after[f"{family:02}-late"] == after[f"{family:02}-0"] for family in range(FAMILIES)} == {True}


def test_verifying_finds_rows_in_another_split(project, tmp_path):
    for split_by in ("cluster", "prompt"):
        folder = released(project, tmp_path, f"moved-{split_by}", split_by=split_by)
        manifest = json.loads((folder / "manifest.json").read_bytes())
        (folder / "manifest.json").write_text(json.dumps(manifest | {"seed": 1}))
        expected = verify(folder).differences
        assert any(f"by its {split_by} belongs in" in line for line in expected), expected


def test_verifying_finds_equal_words_in_two_splits(project, tmp_path):
    folder = released(project, tmp_path, "words")
    rows = {split: json.loads((folder / f"{split}.json").read_bytes()) for split in SPLITS}
    rows["test"][0]["prompt"] = rows["train"][0]["prompt"].upper() + "!"
    (folder / "test.json").write_text(json.dumps(rows["test"]))
    assert any("in the same words, in train" in line for line in verify(folder).differences)


def test_truncated_release_goes_by_prompts_and_refuses_clusters(project, tmp_path):
    folder = released(project, tmp_path, "cut", truncate=True)
    assert json.loads((folder / "manifest.json").read_bytes())["split_by"] == "prompt"
    with pytest.raises(Refused, match="without --truncate"):
        released(project, tmp_path, "refused", truncate=True, split_by="cluster")
    outcome = command("release", "odd", project=project, split_by="coin")
    assert "invalid choice: 'coin'" in outcome.stderr
    assert not Release.objects.filter(project=project, version="odd").exists()


def test_point_of_a_key_is_in_its_share():
    shares = dict(zip(SPLITS, (0.5, 0.25, 0.25), strict=True))
    found = [split_of(f"key {number}", seed=0, shares=shares) for number in range(400)]
    assert [abs(found.count(split) - 400 * share) < 40 for split, share in shares.items()] == [True] * 3
    assert split_of("key", seed=0, shares=dict(zip(SPLITS, (0, 0, 1), strict=True))) == "test"


def test_command_and_project_choose_what_splits_go_by(project, tmp_path):
    made = command("release", "1", project=project, out=tmp_path / "1", split_by="prompt")
    assert made.code == 0, made.stderr
    assert Release.objects.get(project=project, version="1").manifest["split_by"] == "prompt"
    older = create_project(slug=f"older-{project.slug}", split_by="prompt")
    assert older.split_by == Project.SplitBy.PROMPT

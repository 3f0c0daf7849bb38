"""A release whose labels go by the probabilities of ballots is derived again from them, and forged ones are found."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.actions import change_sample
from annotation.models import SampleDraw
from corpus.models import Project
from jury.models import Ballot
from releases.verifying import verify
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

ITEMS = [f"i{n:03}" for n in range(400)]
UNSURE = ITEMS[::5]
"All jurors call these unsafe, too, and one of them hardly; people call them safe."


@pytest.fixture(scope="module")
def released(tmp_path_factory, database):
    """Return the folder of a release, and the items of its sample."""
    folder = tmp_path_factory.mktemp("probable")
    project = make_project(fields="prompt_label", policy="certified")
    Project.objects.filter(pk=project.pk).update(certified_score_by="probability")
    import_dialogues(project, folder, [dialogue(name, response=False) for name in ITEMS])
    change_sample(project=project, by=None, percent=50)
    sample = set(SampleDraw.objects.filter(project=project, in_sample=True).values_list("item__external_id", flat=True))
    threat = {"categories": ["threat"]}
    rows = [opinion(name, f"model-{n}", "unsafe", **threat) for name in ITEMS for n in range(3)]
    rows += [
        opinion(name, f"person-{n}") if name in UNSURE else opinion(name, f"person-{n}", "unsafe", **threat)
        for name in sorted(sample) for n in range(3)
    ]  # fmt: skip
    assert import_votes(project, folder, rows)["rejected"] == 0
    ballots = Ballot.objects.filter(item__project=project)
    ballots.update(prompt_probability=0.9987654321)
    ballots.filter(item__external_id__in=UNSURE, juror__name="model-1").update(prompt_probability=0.55)
    made = command("release", "1.0", project=project.slug, out=folder / "out", date="2026-01-01")
    assert made.code == 0, made.stderr
    return folder / "out", sample


def test_it_is_derived_again_from_probabilities_and_says_so(released):
    folder, sample = released
    found = verify(folder)
    assert (found.differences, found.labels) == ([], len(ITEMS))
    manifest = json.loads((folder / "manifest.json").read_text())
    certificate = manifest["certificate"]
    assert (manifest["policy"]["score_by"], certificate["score_by"]) == ("probability", "probability")
    assert certificate["fields"]["prompt_label"]["threshold"] == "19/20"
    sources = Counter(pq.read_table(folder / "decisions.parquet")["prompt_source"].to_pylist())
    assert sources["llm_jury"] == len(set(ITEMS) - set(UNSURE) - sample)
    said = "the ballots gave the label a probability of 0.95 or more, on average"
    for paper in ("README.md", "datasheet.md", "article-10.html", "croissant.json"):
        assert said in (folder / paper).read_text(), paper
    assert "the share 19/20 of the ballots" not in (folder / "README.md").read_text()


def test_forged_probabilities_and_scores_are_found(released, tmp_path):
    folder, sample = released
    unsure = next(name for name in UNSURE if name not in sample)
    sure = next(name for name in ITEMS if name not in sample and name not in UNSURE)

    def found(change) -> list[str]:
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        change(copy)
        differences = verify(copy).differences
        assert any("SHA-256" in each for each in differences) or change is by_share
        return [each for each in differences if "SHA-256" not in each]

    def rewrite(copy: Path, item: str, value: float | None) -> None:
        table = pq.read_table(copy / "votes.parquet")
        rows = [row | ({"prompt_probability": value} if row["item"] == item and row["kind"] == "llm" else {})
                for row in table.to_pylist()]  # fmt: skip
        pq.write_table(pa.Table.from_pylist(rows, table.schema), copy / "votes.parquet")

    def by_share(copy: Path) -> None:
        manifest = json.loads((copy / "manifest.json").read_text())
        del manifest["policy"]["score_by"]
        (copy / "manifest.json").write_text(json.dumps(manifest))

    raised = found(lambda copy: rewrite(copy, unsure, 0.99))
    assert f"{unsure}: " in raised[0]
    assert "decided again 'unsafe'" in raised[0]
    assert any(each.startswith("certificate, prompt_label: ") for each in raised)
    for value in (0.5, None, float("nan"), 7.0, -1.0):
        lowered = found(lambda copy, value=value: rewrite(copy, sure, value))
        assert any(each.startswith(f"{sure}: status 'decided', decided again 'pending'") for each in lowered), value
    said = found(by_share)
    assert "certificate: its scores are by probability, those of the policy by share" in said

    copy = tmp_path / "unknown"
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["policy"]["score_by"] = "horoscope"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    refused = command("verify_release", copy)
    assert (refused.code, "knows no score by 'horoscope'" in refused.stderr) == (2, True)

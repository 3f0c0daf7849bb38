"""A release under `certified` states its certificate, and is verified by it."""

from typing import Any

import orjson

from annotation.actions import change_sample
from annotation.models import SampleDraw
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion


def test_release_states_its_certificate_and_is_verified_by_it(tmp_path: Any) -> None:
    project = make_project(fields="prompt_label", policy="certified")
    names = [f"i{n:03}" for n in range(400)]
    import_dialogues(project, tmp_path, [dialogue(name) for name in names])
    change_sample(project=project, by=None, percent=30)
    drawn = SampleDraw.objects.filter(project=project, in_sample=True).values_list("item__external_id", flat=True)
    rows = [opinion(name, juror, "safe") for name in names for juror in ("model-1", "model-2")]
    rows += [opinion(name, person, "safe") for name in drawn for person in ("ada", "bea", "cleo")]
    import_votes(project, tmp_path, rows)
    out = tmp_path / "out"
    assert command("release", "1.0", project=project.slug, out=out).code == 0
    manifest = orjson.loads((out / "manifest.json").read_bytes())
    assert manifest["certificate"]["fields"]["prompt_label"]["alone"] == 400 - len(drawn)
    card = (out / "README.md").read_text()
    assert "with 90 % confidence at most 5 % differ from what people would have decided" in card
    for paper in ("datasheet.md", "datasheet.html", "article-10.md", "article-10.html", "croissant.json"):
        assert "at most 5 % differ from what people would have decided" in (out / paper).read_text(), paper
    assert (command("verify_release", out).code, manifest["rows"]) == (0, 400)

    manifest["certificate"]["fields"]["prompt_label"]["threshold"] = "2/3"
    (out / "manifest.json").write_bytes(orjson.dumps(manifest))
    refused = command("verify_release", out)
    assert (refused.code, "contradicts itself" in refused.stderr) == (2, True)

"""Training data over REST."""

import json
from pathlib import Path

import pytest

from corpus.models import Event
from guards.actions import benchmark_of_release
from releases.models import Release
from releases.streaming import export_slots
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion, write_lines


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a project with a release 1.0, an item that is disputed, and exported training data in a folder."""
    folder, project = tmp_path_factory.mktemp("released"), make_project(quorum=2)
    names = [f"i{at}" for at in range(20)]
    assert import_dialogues(project, folder, [dialogue(name) for name in [*names, "odd"]]).code == 0
    votes = [opinion(name, who, "safe", "safe") for name in names for who in ("anna", "ben", "model-a")]
    votes += [opinion("odd", "anna", "safe", "safe"), opinion("odd", "ben", "unsafe", "safe", categories="violence")]
    assert import_votes(project, folder, votes).code == 0
    made = command("release", "1.0", project=project.slug, splits="0.5,0.2,0.3", out=folder / "release")
    assert made["rows"] == 20
    return project


class Lead(Program):
    """A lead's program; its routes are those of training data."""

    def training(self, version="1.0", **query):
        return self.get(f"projects/{self.slug}/releases/{version}/training/", **{"prompt": "nemoguard-v1"} | query)


def body_of(response):
    return b"".join(response.streaming_content)


def test_route_streams_what_the_command_writes(released, tmp_path):
    lead = Lead(released, "lead")
    for form in ("completion", "messages"):
        options = {"release": "1.0", "prompt": "nemoguard-v1", "format": form, "out": tmp_path / form}
        assert command("export_training", project=released.slug, **options).code == 0
        for split in ("train", "validation", "test"):
            response = lead.training(split=split, format=form)
            assert (response.status_code, response["Content-Type"]) == (200, "application/x-ndjson")
            assert response["Content-Disposition"] == f'attachment; filename="{released.slug}-1.0-{split}.jsonl"'
            assert body_of(response) == (tmp_path / form / f"{split}.jsonl").read_bytes()
    assert body_of(lead.training()) == (tmp_path / "completion" / "train.jsonl").read_bytes()
    assert body_of(lead.training(sources=["human", "llm_jury"])) == b""
    assert lead.training(sources="humans").status_code == 400
    assert body_of(lead.training(sources="human,llm_jury")) == b""
    rows = [json.loads(line) for line in body_of(lead.training(sources="human_and_llm_jury")).splitlines()]
    assert {row["weight"] for row in rows} == {1.0}
    event = Event.objects.filter(project=released, verb="opinions.downloaded").latest("pk")
    assert (event.subject, event.actor.username) == ("training data of release 1.0", lead.name)


def test_dialogues_of_a_benchmark_are_left_out_and_counted(tmp_path):
    project = make_project(votes_wanted=1, quorum=1)
    poem = "Write a poem about the old harbour at night and the boats that wait there for the morning"
    rows = [dialogue("same", text=poem.upper()), dialogue("near", text=poem.replace("boats", "ships"))]
    rows += [dialogue("far", text="Write a poem about the boats")]
    import_dialogues(project, tmp_path, rows)
    import_votes(project, tmp_path, [opinion(row["id"], "anna", "safe", "safe") for row in rows])
    assert command("release", "1.0", project=project.slug, splits="1,0,0", out=tmp_path / "release").code == 0
    path = write_lines(tmp_path, [{"prompt": poem, "label": "safe"}])
    assert command("add_benchmark", "poems", path, project=project.slug, task="prompt").code == 0
    options = {"release": "1.0", "prompt": "nemoguard-v1", "project": project.slug}
    made = command("export_training", out=tmp_path / "out", without=["poems"], **options)
    assert (made.code, made["rows"]) == (0, 2), made.stderr
    assert "Left out for poems: train 1 equal and 1 near, validation 0 equal and 0 near" in made.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    [without] = manifest["without"]
    assert without["left_out"]["train"] == {"equal": 1, "near": 1}
    lead = Lead(project, "lead")
    body = body_of(lead.training(without="poems"))
    assert body == (tmp_path / "out" / "train.jsonl").read_bytes()
    assert {json.loads(line)["id"] for line in body.splitlines()} == {"far"}
    assert list(lead.training(without="none").json()["error"]["fields"]) == ["without"]
    assert command("export_training", out=tmp_path / "no", without=["none"], **options).code == 2
    benchmark_of_release(project=project, version="1.0", split="train")
    whole = command("export_training", out=tmp_path / "whole", without=["release-1-0-train-prompt"], **options)
    assert (whole.code, whole["rows"]) == (0, 6)


def test_what_cannot_be_is_refused_and_frees_its_slot(released):
    lead, free = Lead(released, "lead"), export_slots._value
    for query, code, field in [
        ({"prompt": "nowhere"}, 400, "prompt"), ({"prompt": ""}, 400, "prompt"), ({"format": "csv"}, 400, "format"),
        ({"split": "dev"}, 400, "split"), ({"redacted": "perhaps"}, 400, "redacted"), ({"version": "9"}, 404, None),
        ({"prompt": "moderations-v1"}, 409, None), ({"sources": "x" * 31}, 400, "sources"),
    ]:  # fmt: skip
        answer = lead.training(**query)
        assert answer.status_code == code, (query, answer.content)
        assert list(answer.json()["error"].get("fields", {})) == ([field] if field else []), query
    assert Lead(released, "adjudicator").training().status_code == 403
    assert Lead(make_project(), "lead").training().status_code == 404
    path = Path(Release.objects.get(project=released).folder) / "train.json"
    content = path.read_bytes()
    path.write_bytes(content + b" ")
    try:
        assert lead.training().json()["error"]["code"] == "damaged"
    finally:
        path.write_bytes(content)
    route = f"/api/v1/projects/{released.slug}/releases/1.0/training/?prompt=nemoguard-v1"
    for response in (lead.training(), lead.client.head(route)):
        assert response.status_code == 200
        response.close()  # as when the client is gone before the first row
    assert export_slots._value == free


def test_weights_wait_for_the_blind_label_of_a_case_that_one_holds(released):
    lead = Lead(released, "lead")
    held = lead.post(f"projects/{released.slug}/cases/next/")
    assert held.status_code == 200, held.content
    assert lead.training().json()["error"]["code"] == "blind_first"

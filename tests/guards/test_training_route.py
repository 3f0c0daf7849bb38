"""Training data over REST."""

import json
from pathlib import Path

import pytest

from corpus.models import Event
from releases.models import Release
from releases.streaming import export_slots
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion


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
    rows = [json.loads(line) for line in body_of(lead.training(sources="human_and_llm_jury")).splitlines()]
    assert {row["weight"] for row in rows} == {1.0}
    event = Event.objects.filter(project=released, verb="opinions.downloaded").latest("pk")
    assert (event.subject, event.actor.username) == ("training data of release 1.0", lead.name)


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

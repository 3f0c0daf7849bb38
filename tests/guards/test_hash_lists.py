"""Lists of hashes that a project keeps: added, compared, read and removed by page and by route."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from corpus.models import Event
from guards.actions import check_due
from guards.actions.hash_lists import MOST_KEPT
from guards.hashes import text_hash
from guards.models import HashList, HashListReport
from guards.tasks import compare_hash_list
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, make_project
from workspace.queries.release_checks import release_checks

TEXT = "Where do the boats wait at night?"
ROWS = [dialogue("same", text=f" {TEXT.upper()}"), dialogue("near", text=TEXT.replace("boats", "ships"))]
HASHES = "# harbours\n" + "\n".join(text_hash(text).hex() for text in (TEXT, "Nobody asked this", TEXT)) + "\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = make_project()
    import_dialogues(made, tmp_path_factory.mktemp("hashes"), ROWS)
    return made


@pytest.fixture(scope="module")
def lead(project):
    return Visitor(project, "lead")


@pytest.fixture(scope="module")
def program(project):
    return Program(project, "lead")


def upload(lead, content, name="own", task="prompt"):
    sent = content if isinstance(content, bytes) else content.encode()
    return lead.post("guards/hash-lists/", name=name, task=task, file=SimpleUploadedFile("set.txt", sent))


def send(program, content, **query):
    where = f"/api/v1/projects/{program.slug}/guards/hash-lists/?" + "&".join(f"{k}={v}" for k, v in query.items())
    return program.client.post(where, content, content_type="application/octet-stream")


def events(project, name):
    return list(Event.objects.filter(project=project, subject=name).order_by("pk").values_list("verb", flat=True))


def test_page_takes_compares_shows_and_removes_a_list(project, lead, tmp_path):
    assert upload(lead, HASHES, "own").headers["Location"].endswith("/guards/hash-lists/own/")
    kept = HashList.objects.get(project=project, name="own")
    assert (kept.rows, kept.file, len(bytes(kept.hashes)), kept.added_by) == (2, "set.txt", 64, lead.user)
    assert "Not compared yet" in lead.get("guards/hash-lists/own/").content.decode()
    compare_hash_list(hash_list=kept.pk)
    page = " ".join(lead.get("guards/hash-lists/own/").content.decode().split())
    assert "<dd>1</dd>" in page
    assert text_hash(TEXT).hex() in page
    assert "Near-duplicates of a case" not in page
    assert ">1</a>" in "".join(lead.get("guards/", tab="benchmarks").content.decode().split())
    text = (
        "1 dialogue stands in the list of hashes own, word for word: a guard that is trained on them knows its cases."
    )
    assert text in [check.text for check in release_checks(project)]
    found = command("contamination", project=project, hash_list="own", out=tmp_path / "all.jsonl")
    assert (found["against"], found["cases"], found["equal"], found["near"]) == ("own", 2, 1, 0)
    assert '"id":"same"' in (tmp_path / "all.jsonl").read_text()
    assert upload(lead, HASHES, "own").status_code == 302  # pressed twice: the one there is
    assert lead.post("guards/hash-lists/own/", do="compare").status_code == 302
    unsure = lead.post("guards/hash-lists/own/", do="remove")
    assert (unsure.status_code, "Tick the box" in unsure.content.decode()) == (409, True)
    assert lead.post("guards/hash-lists/own/", do="remove", is_sure="yes").status_code == 302
    assert not HashList.objects.filter(pk=kept.pk).exists()
    compare_hash_list(hash_list=kept.pk)  # a message that came after
    assert lead.get("guards/hash-lists/own/").status_code == 404
    assert events(project, "own") == ["hash_list.added", "hash_list.removed"]


def test_route_takes_compares_shows_and_removes_a_list(project, program):
    made = send(program, HASHES, name="by-route")
    assert (made.status_code, made.json()["cases"], made.json()["rows"]) == (201, 2, None)
    where = f"projects/{project.slug}/guards/hash-lists/by-route/"
    assert check_due(project=project) >= 1
    found = program.get(where).json()
    assert (found["rows"], found["equal"], found["near"], found["is_current"]) == (2, 1, 0, True)
    assert [(each["id"], each["case"]) for each in found["examples"]] == [("same", text_hash(TEXT).hex())]
    assert check_due(project=project) == 0
    assert found in program.get(f"projects/{project.slug}/guards/hash-lists/").json()
    assert program.post(f"{where}compare/").status_code == 202
    assert program.post(f"{where}remove/").status_code == 204
    assert (program.get(where).status_code, program.post(f"{where}remove/").status_code) == (404, 404)
    assert not HashListReport.objects.filter(hash_list__name="by-route", hash_list__project=project).exists()


def test_hashes_of_responses_are_of_the_turn_before_and_the_response(project, program):
    plain = dict(ROWS[0])
    response = plain.get("response") or next(turn["text"] for turn in plain["turns"] if turn["role"] == "assistant")
    send(program, text_hash(f"{TEXT}\n\n{response}").hex(), name="answers", task="response")
    check_due(project=project)
    found = program.get(f"projects/{project.slug}/guards/hash-lists/answers/").json()
    assert ([each["id"] for each in found["examples"]], found["task"]) == (["same"], "response")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("# only a remark\n", "set.txt has no hash"),
        (f"{'0' * 64}\nabc\n", "set.txt, line 2: a SHA-256 has 64 digits"),
        (f"{'0' * 63}g", "line 1: a SHA-256"),
        (b"\xff\xfe\x00", "it is not UTF-8"),
        ("0" * 5_000, "line 1 has more than 4,096 bytes"),
    ],
)
def test_page_tells_what_is_wrong_with_a_list(project, lead, content, reason):
    answer = upload(lead, content, "bad")
    assert (answer.status_code in (409, 422), reason in answer.content.decode()) == (True, True)
    assert not HashList.objects.filter(project=project, name="bad").exists()


def test_too_many_hashes_are_refused(project, program):
    content = "".join(f"{number:064x}\n" for number in range(MOST_KEPT + 1))
    answer = send(program, content, name="many")
    assert (answer.status_code, "more than 500,000 hashes" in answer.json()["error"]["message"]) == (409, True)


def test_a_name_is_taken_once_and_has_no_other_signs(project, lead, program):
    assert send(program, HASHES, name="taken").status_code == 201
    assert send(program, HASHES, name="taken").status_code == 201
    refused = send(program, "0" * 64, name="taken")
    assert (refused.status_code, "other hashes" in refused.json()["error"]["message"]) == (409, True)
    assert send(program, HASHES, name="taken", task="response").status_code == 409
    assert send(program, HASHES, name="../up").status_code == 400
    assert "other hashes" in upload(lead, "0" * 64, "taken").content.decode()
    assert lead.get("guards/hash-lists/").headers["Location"].endswith("?tab=benchmarks")
    assert "one a line" in send(program, b"", name="none").json()["error"]["message"]
    assert events(project, "taken") == ["hash_list.added"]


def test_lists_are_for_leads_of_the_project(project):
    for role in ("annotator", "adjudicator"):
        assert Visitor(project, role).get("guards/hash-lists/").status_code == 403
        assert send(Program(project, role), HASHES, name="no").status_code == 403
    other = make_project()
    assert send(Program(other, "lead"), HASHES, name="foreign").status_code == 201
    assert Program(project, "lead").get(f"projects/{project.slug}/guards/hash-lists/foreign/").status_code == 404

"""The dataset and the items over REST."""

import gzip
import json
import time
from contextlib import contextmanager
from itertools import islice

import psycopg
import pytest
from django.db import connection

from adjudication.models import Decision, Recount
from corpus.models import Event, Verb
from releases.streaming import export_slots
from tests.adjudication.disputes import case_of, work_through
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

FORMATS = ("json", "jsonl", "csv", "parquet")


@pytest.fixture
def labelled(tmp_path):
    """A project with 60 items, of which the first 40 are decided and two are disputed."""
    project = make_project(quorum=2)
    rows = [dialogue(f"e/{n:02}", response=bool(n % 3), source="abc"[n % 3], license="CC0-1.0") for n in range(60)]
    import_dialogues(project, tmp_path, rows)
    votes = []
    for n in range(42):
        for rater in "ab":
            unsafe = n % 2 and (rater == "a" or n < 40)
            label = "unsafe" if unsafe else "safe"
            votes.append(
                opinion(f"e/{n:02}", rater, label, label if n % 3 else None, categories=["threat"] if unsafe else [])
            )
    import_votes(project, tmp_path, votes)
    command("adjudicate", project=project.slug)
    return project


def fetch(program, **query):
    response = program.get(f"projects/{program.slug}/export/", **query)
    return response, b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("form", FORMATS)
def test_export_route_and_command_give_the_same_bytes(labelled, tmp_path, form):
    lead = Program(labelled, "lead")
    for truncate in ({}, {"truncate": True}):
        out = tmp_path / f"out.{form}"
        command("export_dataset", project=labelled.slug, out=out, format=form, **truncate)
        response, body = fetch(lead, format=form, **truncate)
        assert (response.status_code, body) == (200, out.read_bytes())
    assert response["Content-Disposition"] == f'attachment; filename="{labelled.slug}.{form}"'
    assert response["X-As-Of"]


def test_unchanged_export_is_304(labelled, tmp_path):
    lead = Program(labelled, "lead")
    first, body = fetch(lead)
    assert len(json.loads(body)) == 41
    headers = {"if-none-match": first["ETag"]}
    again = lead.client.get(f"/api/v1/projects/{labelled.slug}/export/", headers=headers)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    other = lead.client.get(f"/api/v1/projects/{labelled.slug}/export/?format=csv", headers=headers)
    assert other.status_code == 200
    other.close()

    command("withdraw_item", "e/00", project=labelled.slug, reason="asked for")
    without, body = fetch(lead)
    assert (without["ETag"] != first["ETag"], len(json.loads(body))) == (True, 40)
    import_votes(labelled, tmp_path, [opinion("e/41", "c", "unsafe", "unsafe", categories=["threat"])])
    command("adjudicate", project=labelled.slug)
    assert len(json.loads(fetch(lead)[1])) == 41


def test_export_is_compressed_on_request(labelled):
    lead = Program(labelled, "lead")
    plain = fetch(lead)[1]
    response = lead.client.get(f"/api/v1/projects/{labelled.slug}/export/", headers={"accept-encoding": "gzip, br"})
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(b"".join(response.streaming_content)) == plain


def test_disconnect_frees_connection_and_slot(labelled):
    lead = Program(labelled, "lead")
    response = lead.get(f"projects/{labelled.slug}/export/")
    assert next(islice(response.streaming_content, 1))
    response.close()
    assert not connection.in_atomic_block
    for _ in range(2):
        assert export_slots.acquire(blocking=False)
    full = lead.get(f"projects/{labelled.slug}/export/")
    assert (full.status_code, full["Retry-After"]) == (429, "5")
    assert full.json()["error"]["code"] == "throttled"
    export_slots.release(2)
    assert fetch(lead)[0].status_code == 200


def test_export_rejects_other_roles_and_options(labelled):
    route = f"projects/{labelled.slug}/export/"
    assert [Program(labelled, role).get(route).status_code for role in ("annotator", "adjudicator")] == [403, 403]
    assert Program(make_project(), "lead").get(route).status_code == 404
    lead = Program(labelled, "lead")
    refused = lead.get(route, format="xml")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["format"])
    assert fetch(lead, license="MIT")[1] == b"[]\n"
    assert len(json.loads(fetch(lead, policy="human")[1])) == 41


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 60), ({"status": "decided"}, 41), ({"status": "disputed"}, 1), ({"status": "pending"}, 18),
        ({"source": "a"}, 20), ({"source": ""}, 0), ({"category": "threat"}, 20), ({"license": "MIT"}, 0),
        ({"status": "decided", "source": "b", "category": "threat"}, 7), ({"status": "withdrawn"}, 0),
    ],
)  # fmt: skip
def test_items_are_filtered_by_decision(labelled, query, count):
    lead = Program(labelled, "lead")
    found, page = [], lead.get(f"projects/{labelled.slug}/items/", page_size=25, **query).json()
    found += page["results"]
    while page["next"]:
        page = lead.client.get(page["next"]).json()
        found += page["results"]
    assert len(found) == len({item["id"] for item in found}) == count
    for item in found:
        assert not query.get("status") or item["status"] == query["status"]
        assert not query.get("category") or query["category"] in item["categories"]


def test_items_are_for_leads_with_known_filters(labelled):
    route = f"projects/{labelled.slug}/items/"
    assert Program(labelled).get(route).status_code == 403
    assert Program(make_project(), "lead").get(route).status_code == 404
    refused = Program(labelled, "lead").get(route, status="lost")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["status"])


def test_export_under_another_policy_is_as_fresh_as_under_the_own(labelled, tmp_path):
    lead = Program(labelled, "lead")
    route = f"/api/v1/projects/{labelled.slug}/export/?policy=human"
    first = lead.client.get(route)
    assert first.status_code == 200
    before = b"".join(first.streaming_content)

    import_dialogues(labelled, tmp_path, [dialogue("late")])
    import_votes(labelled, tmp_path, [opinion("late", rater, "safe", "safe") for rater in ("ada", "bea", "cleo")])
    second = lead.client.get(route, headers={"if-none-match": first["ETag"]})
    assert second.status_code == 200
    assert second["ETag"] != first["ETag"]
    assert b'"late"' in b"".join(second.streaming_content)
    assert b'"late"' not in before
    assert second["X-As-Of"] > first["X-As-Of"]
    assert lead.client.get(route, headers={"if-none-match": second["ETag"]}).status_code == 304


@contextmanager
def decisions_locked(project):
    """Hold the lock of recounts from another connection, and let a statement that waits for it fail."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5s'")
    password = connection.settings_dict["PASSWORD"]
    with psycopg.connect(connection.connection.info.dsn, password=password) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('recount'), %s)", [project.pk])
        yield
    connection.close()


def stored(project):
    """Return how many decisions and recounts of a project are stored, by policy."""
    decisions = Decision.objects.filter(item__project=project).values_list("policy", flat=True)
    recounts = Recount.objects.filter(project=project).values_list("policy", flat=True)
    return sorted(decisions), sorted(recounts)


@pytest.mark.parametrize("policy", ["human", "jury", "aegis2"])
def test_export_under_another_policy_waits_for_nobody_and_stores_nothing(labelled, tmp_path, policy):
    work_through(Visitor(labelled, "lead"), case_of(labelled, "e/41"))
    ballots = [opinion(f"e/{n:02}", f"model-{n % 2}", "safe", "safe" if n % 3 else None) for n in range(3, 30)]
    import_votes(labelled, tmp_path, [*ballots, opinion("e/03", "model-x", "unsafe", categories=["threat"])])
    command("withdraw_item", "e/04", project=labelled.slug, reason="asked for")
    lead, before = Program(labelled, "lead"), stored(labelled)
    with decisions_locked(labelled):
        bodies = {form: fetch(lead, policy=policy, format=form) for form in ("json", "csv")}
    assert stored(labelled) == before
    for form, (response, body) in bodies.items():
        out = tmp_path / f"out.{form}"
        command("export_dataset", project=labelled.slug, out=out, format=form, policy=policy)
        assert (response.status_code, body) == (200, out.read_bytes())


def test_first_export_of_a_project_and_one_after_an_upgrade_count_without_storing(labelled):
    lead, whole = Program(labelled, "lead"), fetch(Program(labelled, "lead"))[1]
    recount = Recount.objects.get(project=labelled)
    recount.fingerprint["rules"] -= 1
    recount.save()
    Decision.objects.filter(item__project=labelled).update(prompt_label="unsafe")  # as earlier rules had it
    before = stored(labelled)
    assert fetch(lead)[1] == whole
    assert stored(labelled) == before
    Decision.objects.filter(item__project=labelled).delete()
    recount.delete()
    assert fetch(lead)[1] == whole
    assert stored(labelled) == ([], [])


def test_asking_again_for_an_export_under_another_policy_records_no_download(labelled):
    lead = Program(labelled, "lead")
    route = f"/api/v1/projects/{labelled.slug}/export/?policy=human"
    first = lead.client.get(route)
    first.close()
    for _ in range(3):
        assert lead.client.get(route, headers={"if-none-match": first["ETag"]}).status_code == 304
    export_slots.acquire()
    export_slots.acquire()
    try:
        assert lead.client.get(route).status_code == 429
    finally:
        export_slots.release(2)
    assert Event.objects.filter(project=labelled, verb=Verb.OPINIONS_DOWNLOADED).count() == 1


def test_slow_reader_gets_the_whole_export(tmp_path):
    """Though it takes longer than a statement of a page may: the rows fill every buffer on their way."""
    project = make_project(quorum=1)
    names = [f"long-{n}" for n in range(24)]
    import_dialogues(project, tmp_path, [dialogue(name, prompt="word " * 150_000) for name in names])
    import_votes(project, tmp_path, [opinion(name, "ada", "safe", "safe") for name in names])
    command("adjudicate", project=project.slug)
    lead = Program(project, "lead")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '1s'")
    try:
        response = lead.get(f"projects/{lead.slug}/export/")
        body = next(blocks := iter(response.streaming_content))
        time.sleep(1.1)
        body += b"".join(blocks)
    finally:
        response.close()
        connection.close()
    assert [row["id"] for row in json.loads(body)] == sorted(names)

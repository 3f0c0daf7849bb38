"""Exports and measurements read from a replica that has everything, and from the primary otherwise."""

import json
import re
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.test import Client

from config.embedded.processes import wait_until
from corpus import replica
from quality.actions import measure_project
from quality.models import Report, WatchedPromise
from quality.queries.freshness import freshness_of, latest_reports
from quality.reports.audit import AUDIT
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.quality.test_certified import MODELS, PEOPLE, import_in_sample
from tests.replicas import running_replica

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    with running_replica(tmp_path_factory.mktemp("replica") / "copy") as made:
        yield made


@pytest.fixture(autouse=True)
def asked_anew(copy, settings):
    settings.REPLICA_WAIT_SECONDS = 60.0  # where both cores are busy it may be behind for a moment
    replica.not_before[replica.REPLICA] = 0.0


@pytest.fixture
def project(tmp_path):
    made = make_project()
    import_dialogues(made, tmp_path, [dialogue(f"d{n}") for n in range(20)])
    import_votes(made, tmp_path, [opinion(f"d{n}", rater, "safe", "safe") for n in range(20) for rater in "abc"])
    return made


@contextmanager
def read_there():
    """Yield a list of the statements that the replica runs for this thread, but for those that ask how far it is."""
    ran = []

    def note(execute, sql, params, many, context):
        if sql != replica.REACHED:
            ran.append(sql)
        return execute(sql, params, many, context)

    with connections[replica.REPLICA].execute_wrapper(note):
        yield ran


def exported(visitor):
    """Return the ids in an export, which has begun before anything else is done."""
    response = visitor.client.get(f"/api/v1/projects/{visitor.project.slug}/export/?format=jsonl")
    assert response.status_code == 200, response.content
    return response, lambda: [json.loads(line)["id"] for line in b"".join(response.streaming_content).splitlines()]


def test_export_is_read_from_the_replica_and_others_write_meanwhile(project):
    lead = Visitor(project, "admin")
    with read_there() as there:
        response, rest = exported(lead)
        make_project()  # between its blocks, this thread uses the primary
        ids = rest()
        response.close()
    assert len(there) >= 2
    assert len(ids) == 20
    assert connection.alias == "default"


def test_own_fresh_vote_is_in_an_export_while_the_replica_is_behind(project, copy, tmp_path, settings):
    settings.REPLICA_WAIT_SECONDS = 0.2
    lead = Visitor(project, "admin")
    with copy.behind():
        import_dialogues(project, tmp_path, [dialogue("fresh")])
        import_votes(project, tmp_path, [opinion("fresh", rater, "unsafe", "safe") for rater in "abc"])
        response, rest = exported(lead)
        ids = rest()
        response.close()
    assert len(ids) == 21, response.headers


def test_fresh_vote_is_waited_for(project, tmp_path):
    for round_ in range(5):
        import_dialogues(project, tmp_path, [dialogue(f"fresh{round_}")])
        import_votes(project, tmp_path, [opinion(f"fresh{round_}", rater, "unsafe", "safe") for rater in "abc"])
        with read_there() as there:
            done = command("export_dataset", project=project.slug, format="jsonl", out=tmp_path / f"{round_}.jsonl")
        assert done["rows"] == 21 + round_
        assert len(there) >= 2


def test_measurement_on_the_replica_is_that_on_the_primary(project, settings):
    with read_there() as there:
        measure_project(project=project)
    assert len(there) > 20
    here = contents(project)
    settings.REPLICA_WAIT_SECONDS = -1.0
    replica.not_before[replica.REPLICA] = float("inf")
    measure_project(project=project)
    assert contents(project) == here


def test_promise_of_a_certificate_begins_though_the_rest_is_read_on_the_replica(tmp_path):
    made = make_project(fields="prompt_label", policy="certified", error=0.1)
    ids = [f"d{at:03}" for at in range(120)]
    import_in_sample(made, tmp_path, ids)
    import_votes(made, tmp_path, [opinion(name, by) for name in ids for by in (*PEOPLE, *MODELS[:2])])
    with read_there() as there:
        measure_project(project=made)
    assert len(there) > 20
    [promise] = WatchedPromise.objects.filter(project=made)
    assert contents(made)[AUDIT][0]["promise"] == promise.pk
    assert freshness_of(made, latest_reports(made)).is_current


def contents(project):
    found = Report.objects.filter(project=project).order_by("kind")
    return {report.kind: (report.content, report.fingerprint) for report in found}


def test_measurement_that_the_replica_ends_is_made_on_the_primary(project):
    with connections[replica.REPLICA].execute_wrapper(end_measurement):
        measure_project(project=project)
    assert Report.objects.filter(project=project).exists()


def end_measurement(execute, sql, params, many, context):
    """Do as a replica does whose primary has removed rows that a statement still needs."""
    if "annotation_" in sql:
        return execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", None, many, context)
    return execute(sql, params, many, context)


def quality_page(visitor):
    return visitor.client.get(f"/projects/{visitor.project.slug}/quality/").content.decode()


def test_lag_is_shown(project, copy, tmp_path):
    assert wait_until(lambda: Client().get("/readyz").json()["replica"] == "ok", seconds=60)
    lead = Visitor(project, "admin")
    assert wait_until(lambda: "read from a replica, which has everything." in quality_page(lead), seconds=60)
    with copy.behind():
        import_dialogues(project, tmp_path, [dialogue("fresh")])
        assert wait_until(lambda: Client().get("/readyz").json()["replica"].endswith("seconds behind"), seconds=60)
        assert re.search(r"a replica, which is \d+\.\d seconds behind; from the primary, where", quality_page(lead))
        metrics = Client(REMOTE_ADDR="127.0.0.1").get("/metrics").content.decode()
    (line,) = [each for each in metrics.splitlines() if each.startswith("assize_replica_lag_seconds ")]
    assert float(line.split()[1]) > 0


def test_replica_that_is_away_is_done_without_and_not_asked_each_time(project, copy):
    copy.stop()
    try:
        ids = [exported(Visitor(project, "admin"))[1]() for _ in range(2)]
        with read_there() as there:
            response, rest = exported(Visitor(project, "admin"))
            rest()
            response.close()
        page = quality_page(Visitor(project, "admin"))
        ready = Client().get("/readyz")
    finally:
        copy.start()
    assert "The replica cannot be read. Figures and exports are read from the primary." in page
    assert [len(each) for each in ids] == [20, 20]
    assert len(there) == 0
    assert (ready.status_code, ready.json()["replica"]) == (200, "cannot be read")


def test_other_server_is_never_read(project, settings):
    right = connections.settings[replica.REPLICA]
    connections[replica.REPLICA].close()
    del connections[replica.REPLICA]
    connections.settings[replica.REPLICA] = dict(connections.settings["default"])
    try:
        with replica.reading_replica() as is_read:
            assert not is_read
        assert Client().get("/readyz").json()["replica"] == "cannot be read"
    finally:
        connections[replica.REPLICA].close()
        del connections[replica.REPLICA]
        connections.settings[replica.REPLICA] = right

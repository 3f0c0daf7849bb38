"""Logs: enough to follow a request, and never dialogues or secrets."""

import json
import logging
import re
import sys
import urllib.parse

import pytest
from celery.beat import SchedulingError
from django.db import OperationalError
from django.test import Client

from config.embedded.processes import free_port, wait_until
from config.logs import JSONLine, RedactingFilter, redact
from tests.cases import cases
from tests.config.serving import Started, call, comes_up
from tests.factories import command, dialogue, import_dialogues, make_project
from workspace.models import Job

MARK = "Zyxw-marker"
GUNICORN = ["gunicorn", "config.wsgi", "--workers", "1", "--threads", "2", "--log-level", "debug", "--bind"]
WORKER = ["celery", "--app", "config.celery", "worker", "--concurrency", "1", "--loglevel", "DEBUG", "--without-mingle"]


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.slow
def test_logs_contain_no_dialogue_rationale_or_secret(tmp_path):
    """At the level that writes all that any other writes."""
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("one", text=f"{MARK} dialogue")])
    made = command("create_user", f"mark-{project.slug}", "--role", "admin", "--token", project=project.slug)
    secret, port = made["token"], free_port()
    site = f"http://127.0.0.1:{port}"
    api = f"{site}/api/v1/projects/{project.slug}"
    with Started(tmp_path, ASSIZE_LOG_FORMAT="json", ASSIZE_LOG_LEVEL="DEBUG") as ours:
        ours.start("web", [*GUNICORN, f"127.0.0.1:{port}"])
        ours.start("worker", WORKER)
        assert comes_up(port)
        _, taken, _ = call(f"{api}/next/", token=secret, body=b"")
        vote = {"prompt_label": "safe", "response_label": "safe", "rationale": f"{MARK} rationale"}
        vote["lease"] = taken["lease"]["id"]
        voted, _, _ = call(f"{api}/items/one/vote/?{MARK}=1", token=secret, body=vote)
        refused, _, _ = call(f"{api}/items/one/vote/", token=secret, body={"lease": MARK, "prompt_label": MARK})
        call(f"{api}/projects/", token=f"{MARK}-token")
        call(f"{site}/projects/{MARK}-nowhere/?token={MARK}", Cookie=f"sessionid={MARK}", X_Api_Key=MARK)
        call(urllib.parse.urljoin(site, urllib.parse.urlsplit(made["invite_url"]).path))
        call(
            f"{site}/sign-in/",
            body=f"login=x&password={MARK}".encode(),
            Content_Type="application/x-www-form-urlencoded",
        )
        broken = f'{{"id": "two", "prompt": "{MARK} import"}}\n{{"id": "three", "prompt": "{MARK} cut'.encode()
        sent, job, _ = call(f"{api}/items/import/?name=a.jsonl", token=secret, body=broken, Content_Type="text/plain")
        number = job["job"]["id"] if "job" in job else job["id"]
        assert wait_until(lambda: not Job.objects.get(pk=number).is_open, seconds=60)
    web, worker = lines_of(ours.log("web")), lines_of(ours.log("worker"))

    assert (voted, refused, sent) == (201, 400, 202)
    written = ours.log("web") + ours.log("worker")
    invitation = made["invite_url"].rstrip("/").rpartition("/")[2]
    assert not [text for text in (MARK, secret, invitation, made["user"]) if text in written]
    access = [line for line in web if line["logger"] == "assize.access"]
    vote = next(line for line in access if line["status"] == 201)
    assert {line["level"] for line in access} == {"INFO"}
    assert {"method", "route", "status", "ms", "user", "project", "request_id", "time", "level"} <= set(vote)
    assert (vote["method"], vote["project"], isinstance(vote["user"], int)) == ("POST", project.slug, True)
    of_jobs = [line for line in worker if line.get("task") == "workspace.tasks.run_job" and line["task_id"]]
    assert "INFO" in {line["level"] for line in of_jobs}


def test_request_has_one_log_line_and_returns_its_id(caplog):
    caplog.set_level(logging.INFO, logger="assize.access")
    response = Client().get("/sign-in/?next=/x", headers={"X-Request-ID": "balancer-0001"})
    made = [Client().get("/sign-in/", headers={"X-Request-ID": bad}) for bad in ("short", "a b c d e f g", "x" * 65)]

    assert response["X-Request-ID"] == "balancer-0001"
    assert all(re.fullmatch("[0-9a-f]{32}", each["X-Request-ID"]) for each in made)
    lines = [record for record in caplog.records if record.name == "assize.access"]
    assert len(lines) == 4
    assert (lines[0].route, lines[0].status, lines[0].user) == ("sign-in", 200, None)


def formatted(message, *arguments, exc_info=None, **more):
    record = logging.LogRecord("assize.test", logging.ERROR, __file__, 1, message, arguments, exc_info)
    record.__dict__.update(more)
    RedactingFilter().filter(record)
    return json.loads(JSONLine().format(record))


def test_json_log_omits_exception_message():
    try:
        raise ValueError(MARK)
    except ValueError:
        line = formatted("It broke", exc_info=sys.exc_info())
    assert (line["error"], line["message"]) == ("ValueError", "It broke")
    assert "test_logs.py" in line["at"][-1]
    assert MARK not in json.dumps(line)


@cases("text", [
    f"GET /api/?token={MARK}", f"Authorization: Bearer {MARK}", f"Token {MARK} is wrong", f"api_key={MARK}",
    f"redis://:{MARK}@valkey:6379/0 refused", f"postgresql://assize:{MARK}@db/x", f"password: {MARK}",
])  # fmt: skip
def test_credentials_are_redacted(text):
    assert MARK not in redact(text)
    assert MARK not in formatted("%s", text)["message"]


def logged(name, error):
    """Return the record of an error as it is written, and whether it has a traceback."""
    record = logging.LogRecord(
        name, logging.ERROR, "a.py", 1, "Message Error: %s", (error,), (type(error), error, None)
    )
    RedactingFilter().filter(record)
    return record.getMessage(), record.exc_info is not None


def raised(error, before):
    """Return an error that was raised while another was handled."""
    try:
        try:
            raise before
        except type(before):
            raise error  # noqa: B904 - as Celery and faults of ours do
    except type(error) as caught:
        return caught


def test_outages_are_a_line_and_faults_of_ours_keep_their_traceback():
    away = OperationalError("no server\nat all")
    assert logged("django.request", away) == ("Message Error: OperationalError: no server", False)
    unsent = raised(SchedulingError("Couldn't send it: no server"), away)
    assert logged("celery.beat", unsent) == ("Message Error: Couldn't send it: OperationalError: no server", False)
    for fault in (
        KeyError("a"),
        raised(KeyError("a"), away),
        SchedulingError("a"),
        raised(SchedulingError("a"), KeyError()),
    ):
        for name in ("django.request", "celery.beat"):
            assert logged(name, fault)[1], (name, fault)
    assert logged("elsewhere", away)[1]

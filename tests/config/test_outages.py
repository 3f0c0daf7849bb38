"""What people and programs see while a server is away, or when a statement takes too long."""

import logging
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.urls import reverse
from redis import Redis

from bench import forks
from config.celery import App
from config.embedded.processes import wait_until
from config.errors import api_error
from corpus.errors import ServerAway
from jury.tasks import requeue_stalled_runs
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import make_project
from tests.jury.factories import broker_apart

NOWHERE = {"default": {"BACKEND": "config.redis_cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}


def check(responses, code, words):
    """Check a page, a fragment for htmx and a REST response for status 503 and what they say."""
    page, fragment, rest = responses
    assert [each.status_code for each in responses] == [503] * 3
    assert all(int(each["Retry-After"]) > 0 and each["Cache-Control"] == "no-store" for each in responses)
    assert words in page.content.decode()
    assert "<html" in page.content.decode()
    assert (fragment["HX-Retarget"], "<html" in fragment.content.decode()) == ("#notice", False)
    assert list(rest.json()) == ["error"]
    assert (rest.json()["error"]["code"], words in rest.json()["error"]["message"]) == (code, True)


def terminate_connection():
    """Have the server end the connection of this process, as its own end would."""
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


def test_lost_database_connection_is_a_503_in_one_log_line_and_the_next_request_is_answered(caplog):
    visitor = Visitor(make_project(), "lead")
    program = Program(visitor.project, "lead")
    visitor.client.raise_request_exception = False
    calls = (
        lambda: visitor.client.get("/"),
        lambda: visitor.client.get(
            reverse("annotation:work", args=[visitor.project.slug]), headers={"HX-Request": "true"}
        ),
        lambda: program.get(f"projects/{visitor.project.slug}/items/"),
    )
    responses = []
    for call in calls:
        terminate_connection()
        responses.append(call())
        connection.close()
        assert call().status_code == 200
    check(responses, "unavailable", "cannot be reached")
    lines = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not [line for line in lines if line.exc_info]


@contextmanager
def locked(table):
    """Lock a table against reading, from another connection."""
    settings = connection.settings_dict
    with psycopg.connect(connection.connection.info.dsn, password=settings["PASSWORD"]) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def test_statement_that_takes_too_long_is_a_503_that_says_so():
    visitor = Visitor(make_project(), "lead")
    program = Program(visitor.project, "lead")
    slug = visitor.project.slug
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 40")
    try:
        with locked("corpus_project"):
            page = visitor.client.get(reverse("annotation:work", args=[slug]))
            fragment = visitor.client.get(reverse("annotation:work", args=[slug]), headers={"HX-Request": "true"})
            rest = program.get(f"projects/{slug}/items/")
    finally:
        connection.close()
    check((page, fragment, rest), "took_too_long", "took too long")


def test_web_processes_alone_limit_statements():
    show = "k = connection.cursor(); k.execute('SHOW statement_timeout'); print(k.fetchone()[0])"
    starts = ("import config.wsgi", "import django; django.setup()")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    codes = [f"{start}; from django.db import connection; {show}" for start in starts]
    shown = [forks.run([sys.executable, "-c", code], environment).stdout for code in codes]
    assert shown == ["30s\n", "0\n"]


def test_pages_are_a_503_without_a_broker_and_rest_says_the_same(settings):
    visitor = Visitor(make_project(), "lead")
    visitor.client.raise_request_exception = False
    settings.CACHES = NOWHERE
    page, fragment = visitor.client.get("/"), visitor.client.get("/", headers={"HX-Request": "true"})
    rest = api_error(ServerAway("127.0.0.1:1 refuses"), {"request": page.wsgi_request})
    assert (page.status_code, fragment.status_code, rest.status_code) == (503, 503, 503)
    assert "127.0.0.1" not in f"{page.content}{rest.data}"
    assert page["Retry-After"] == fragment["Retry-After"] == rest["Retry-After"]


def test_connection_is_checked_without_a_statement():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'the last statement'")
    assert connection.is_usable()
    asked = "SELECT query FROM pg_stat_activity WHERE pid = %s"
    with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
        (query,) = other.execute(asked, [connection.connection.info.backend_pid]).fetchone()
    assert query == "SELECT 'the last statement'"
    terminate_connection()
    assert wait_until(lambda: not connection.is_usable(), seconds=60)
    connection.close()
    assert not connection.is_usable()
    connection.ensure_connection()
    assert connection.is_usable()


def test_silent_broker_is_away_for_whoever_sends_a_task():
    program = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "settings.CELERY_BROKER_TRANSPORT_OPTIONS['socket_timeout'] /= 25\n"
        "from config.celery import app\n"
        "from corpus.errors import ServerAway\n"
        "from corpus.workers import worker_is_running\n"
        "try: worker_is_running()\n"
        "except ServerAway as error: print(error)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it accepts connections and answers nothing
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        environment = os.environ | {"REDIS_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        said = forks.run([sys.executable, "-c", program], environment, seconds=100).stdout
    assert said.startswith("The broker cannot be reached: Timeout")


@pytest.mark.parametrize("of_the_schedule", [True, False])  # which keeps its producer; pages take one of a pool
def test_message_goes_out_where_the_broker_ends_the_connection_while_its_queue_is_declared(of_the_schedule):
    sender = App("sender", broker=broker_apart(APART)["REDIS_URL"], set_as_current=False)

    def send():
        sender.send_task("unknown.task", producer=producer, queue="declared-late")

    with sender.connection_for_write() as broker:
        producer = sender.amqp.Producer(broker, auto_declare=False) if of_the_schedule else None
        end_connection_under(send)
        send()
        assert broker.default_channel.queue_purge("declared-late") == 2
    sender.close()


APART = 14
"A database of the broker that nobody else uses: by its number a connection is found."


def end_connection_under(send):
    """Send a message, and end its connection to database APART while it waits."""
    with Redis.from_url(settings.REDIS_URL) as server, ThreadPoolExecutor(1) as thread:
        server.client_pause(60_000, all=False)  # whoever writes waits
        try:
            sending = thread.submit(send)
            assert wait_until(lambda: waiting_client(server), seconds=60)
            server.client_kill_filter(_id=waiting_client(server))
        finally:
            server.client_unpause()
        sending.result(timeout=60)


def waiting_client(server):
    """Return the number of the connection to database APART that waits until it may write."""
    of_it = (each for each in server.client_list() if each["db"] == str(APART))
    return next((each["id"] for each in of_it if "b" in each["flags"]), None)


def test_lost_database_breaks_off_a_task_with_one_line_in_the_log(caplog):
    terminate_connection()
    requeue_stalled_runs.apply()
    connection.close()
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage().startswith("jury.tasks.requeue_stalled_runs was broken off: OperationalError: ")
    assert (record.exc_info, "\n" in record.getMessage()) == (None, False)


def test_fault_of_ours_in_a_task_is_logged_with_its_traceback(caplog):
    ours = Celery("ours", task_cls="config.task:Task", set_as_current=False)

    @ours.task
    def fail():
        raise ValueError("a fault of ours")

    fail.apply()
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.exc_info[0] is ValueError

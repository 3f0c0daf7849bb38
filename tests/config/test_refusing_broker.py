"""A broker that answers and takes nothing: a replica after a failover, one that is full, or one whose disk is."""

import os
import shutil
import sys
from contextlib import contextmanager

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from bench import forks
from config.celery import App
from config.embedded.processes import wait_until
from corpus.workers import worker_command
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import make_project
from tests.jury.factories import start_broker
from tests.ports import unused_port


class Broker:
    """A server of a test, without a password, which can be made to refuse what changes it."""

    def __init__(self, folder):
        self.folder, self.port = folder, unused_port()
        self.process = start_broker(folder, self.port)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = Redis(port=self.port)

    def be_replica(self):
        self.client.execute_command("REPLICAOF", "127.0.0.1", "1")

    def be_primary(self):
        self.client.execute_command("REPLICAOF", "NO", "ONE")

    def be_full(self):
        self.client.config_set("maxmemory", 1)

    def lack_replicas(self):
        self.client.config_set("min-replicas-to-write", 1)

    def fail_to_save(self):
        shutil.rmtree(self.folder)
        self.client.config_set("save", "1 1")
        self.client.set("changed", 1)
        self.client.bgsave()
        assert wait_until(lambda: self.client.info("persistence")["rdb_last_bgsave_status"] == "err", seconds=60)

    def refuses(self):
        try:
            self.client.set("asked", 1)
        except ResponseError:
            return True
        return False


@pytest.fixture
def broker(tmp_path):
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker")
    yield broker
    broker.process.kill()
    broker.process.wait()


@pytest.mark.parametrize("kind", ["be_replica", "be_full", "lack_replicas", "fail_to_save"])
def test_pages_and_routes_are_a_503_and_log_one_line(broker, settings, caplog, kind):
    project = make_project()
    settings.CACHES = {"default": {"BACKEND": "config.redis_cache.RedisCache", "LOCATION": broker.url}}
    visitor, program = Visitor(project, "lead"), Program(project, "lead")
    visitor.client.raise_request_exception = False
    assert visitor.client.get("/").status_code == 200
    broker.client.flushdb()  # as after a failover: it knows no session
    getattr(broker, kind)()
    assert broker.refuses()
    page, fragment = visitor.client.get("/"), visitor.client.get("/", headers={"HX-Request": "true"})
    assert (page.status_code, fragment.status_code) == (503, 503)
    assert "refuses changes" in page.content.decode()
    assert program.get(f"projects/{project.slug}/items/").status_code == 200  # which has no session
    assert not [record for record in caplog.records if record.exc_info]


@contextmanager
def running(broker, folder):
    """Yield a worker and a schedule on this broker, and their logs."""
    environment = os.environ | {"REDIS_URL": broker.url, "SCHEDULE_SECONDS": "0.5"}
    beat = [sys.executable, "-m", "celery", "--app", "config.celery", "beat", "--schedule", str(folder / "beat")]
    lines = {"worker": worker_command(), "schedule": [*beat, "--pidfile=", "--loglevel", "WARNING"]}
    started = {name: forks.start(line, folder / f"{name}.log", environment) for name, line in lines.items()}
    try:
        yield started, {name: folder / f"{name}.log" for name in lines}
    finally:
        for process in started.values():
            process.kill_all()


@pytest.mark.slow
def test_worker_and_schedule_wait_in_few_lines_and_go_on(broker, tmp_path):
    def answers():
        asking = App("asking", broker=broker.url, set_as_current=False)
        with asking.connection_for_write() as connection:
            return bool(asking.control.ping(timeout=0.5, connection=connection))

    with running(broker, tmp_path) as (started, logs):
        assert wait_until(answers, seconds=60)
        assert wait_until(lambda: broker.client.exists(":1:seen:schedule"), seconds=60)
        broker.be_replica()
        assert wait_until(lambda: "read only replica" in logs["worker"].read_text(), seconds=60)
        assert wait_until(lambda: "read only replica" in logs["schedule"].read_text(), seconds=60)
        broker.be_primary()
        broker.client.flushdb()  # a replica that became the primary may lack what came last
        assert wait_until(answers, seconds=60)
        assert {name: process.poll() for name, process in started.items()} == {"worker": None, "schedule": None}
        assert wait_until(lambda: broker.client.exists(":1:seen:schedule"), seconds=60)
    for log in logs.values():
        assert "Traceback" not in log.read_text()
    assert logs["worker"].read_text().count("Cannot connect to") < 10

"""The embedded servers: start, stop, crashes, and commands side by side."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from bench import forks
from config import embedded
from config.data_dir import CHECKOUT, DataDir, DataDirError
from config.embedded.postgres import Postgres
from config.embedded.processes import is_free, processes_in, wait_until
from config.embedded.valkey import Valkey
from tests.homes import own_servers, prepared_home, restore
from tests.recoveries import HastyPostgres, end_recovery, hold_in_recovery

pytestmark = pytest.mark.slow

LATER = len(list((CHECKOUT / "tests/config/later/migrations").glob("0*.py")))
EMPTY_TABLES = """
    SET session_replication_role = replica;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN
            ('django_migrations', 'django_content_type', 'auth_permission', 'corpus_event')
        LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
    END $$
"""
"As migrations leave a database, before its initial data is loaded; what happened cannot be deleted."


@pytest.fixture
def data_dir(tmp_path):
    """Yield a data directory with a database, which takes seconds to make."""
    made = prepared_home(tmp_path / "a data directory")  # paths with spaces work
    yield made
    embedded.stop(made)


@pytest.fixture
def empty(tmp_path):
    """Yield an empty data directory."""
    made = DataDir(tmp_path / "an empty data directory")
    made.make()
    yield made
    embedded.stop(made)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Yield a data directory for all commands of this module that are refused."""
    made = prepared_home(tmp_path_factory.mktemp("kept") / "home")
    yield made
    embedded.stop(made)


def row_count(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


def store_row(url):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS row")


def test_second_start_finds_running_servers(data_dir):
    first = Postgres(data_dir).start(), Valkey(data_dir).start()

    assert (Postgres(data_dir).start(), Valkey(data_dir).start()) == first
    assert embedded.addresses(data_dir) == {"DATABASE_URL": first[0], "REDIS_URL": first[1]}


def test_data_directories_have_separate_servers(data_dir, tmp_path):
    other = prepared_home(tmp_path / "other")
    try:
        store_row(Postgres(data_dir).start())
        assert Postgres(other).start() != Postgres(data_dir).start()
        with pytest.raises(psycopg.errors.UndefinedTable):
            row_count(Postgres(other).start())
        assert Valkey(other).start() != Valkey(data_dir).start()
    finally:
        embedded.stop(other)


def test_killed_servers_start_on_their_ports_with_their_data(data_dir):
    first = Postgres(data_dir).start(), Valkey(data_dir).start()
    store_row(first[0])
    # A session at work outlives the server, and would keep the next one from starting.
    busy = "import psycopg, sys; psycopg.connect(sys.argv[1]).execute('DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$')"
    session = subprocess.Popen([sys.executable, "-c", busy, first[0]], stderr=subprocess.DEVNULL)
    at_work = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"
    with psycopg.connect(first[0], autocommit=True) as connection:
        assert wait_until(lambda: connection.execute(at_work).fetchone(), seconds=60)
    for kind in (Postgres, Valkey):
        os.kill(kind(data_dir).recorded_process()[0], signal.SIGKILL)

    assert (Postgres(data_dir).start(), Valkey(data_dir).start()) == first
    assert row_count(first[0]) == 1
    assert session.wait(timeout=60) != 0

    pid, port = Valkey(data_dir).recorded_process()
    os.kill(pid, signal.SIGKILL)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        assert wait_until(lambda: is_free(port), seconds=60)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert Valkey(data_dir).start() != first[1]


def test_slow_recovery_is_one_error_line_and_goes_on(data_dir):
    server = Postgres(data_dir)
    first = server.start()
    store_row(first)
    os.kill(server.recorded_process()[0], signal.SIGKILL)
    hold_in_recovery(data_dir)

    for _start in range(2):
        with pytest.raises(DataDirError, match=r"^PostgreSQL .* did not answer within 3 s and still runs, .*\.$"):
            HastyPostgres(data_dir).start()
    recovering = server.recorded_process()
    end_recovery(data_dir)
    assert server.start() == first
    assert server.recorded_process() == recovering
    assert row_count(first) == 1


def test_database_that_cannot_be_created_is_one_error_line_and_created_by_the_next_start(data_dir):
    server = Postgres(data_dir)
    url = server.start()
    other = url.removesuffix("assize")
    with psycopg.connect(f"{other}postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE assize")
    with (
        psycopg.connect(f"{other}template1"),
        pytest.raises(DataDirError, match=r"^PostgreSQL .* \"template1\" is being accessed by other users$"),
    ):
        server.start()
    assert server.start() == url
    store_row(url)


class SilentValkey(Valkey):
    """A server that starts and never answers."""

    seconds_to_start = 1

    def start_command(self, port):
        super().start_command(port)
        return [sys.executable, "-c", "import time; time.sleep(600)"]


def test_broker_that_never_answers_is_one_error_line_and_stopped(empty):
    server = SilentValkey(empty)
    with pytest.raises(DataDirError, match=r"^Valkey .* did not answer within 1 s and was stopped. Start again\.$"):
        server.start()
    assert server.recorded_process() is None
    assert processes_in(server.folder, title=sys.executable) == []


def test_broker_that_cannot_be_recorded_is_stopped(empty):
    server = Valkey(empty)
    (server.folder / "process").mkdir(parents=True)  # as where the disk is full
    with pytest.raises(DataDirError, match=r"^Valkey cannot start in .*Is a directory"):
        server.start()
    assert processes_in(server.folder, title="") == []


def test_reused_pid_in_stale_pid_file_is_ignored(data_dir):
    store_row(Postgres(data_dir).start())
    pid_file = data_dir.path / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # as after a crash and a restart

    assert row_count(Postgres(data_dir).start()) == 1


def test_half_made_cluster_is_replaced(empty):
    folder = empty.path / "postgres"
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "PG_VERSION").write_text("18")
    (folder / "data").mkdir()

    assert Postgres(empty).accepts_password(Postgres(empty).start())


def test_other_process_with_recorded_pid_is_ignored(data_dir):
    url = Valkey(data_dir).start()
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    process = data_dir.path / "valkey" / "process"
    ours = process.read_text()
    process.write_text(f"{os.getpid()} {port}")

    assert Valkey(data_dir).address() is None
    process.write_text(ours)  # so that the fixture can stop it


def test_servers_require_the_password(data_dir):
    url, broker = Postgres(data_dir).start(), Valkey(data_dir).start()
    password = data_dir.secret("postgres")

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace(password, "guess"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(broker.replace(data_dir.secret("valkey"), "guess")).ping()
    assert (data_dir.path / "secrets" / "postgres").stat().st_mode & 0o077 == 0


def test_impossible_data_directory_is_one_error_line():
    with pytest.raises(DataDirError, match=r"^Cannot use .* as the data directory: .*\.$"):
        DataDir(Path("/proc/nowhere/data_dir")).make()


def test_stop_ends_both_servers_once(data_dir):
    Postgres(data_dir).start()
    Valkey(data_dir).start()

    assert embedded.stop(data_dir) == ["PostgreSQL", "Valkey"]
    assert embedded.stop(data_dir) == []
    assert embedded.addresses(data_dir) == {}


def run_manage(data_dir, *arguments, **more):
    """Run a management command as a user would, with no server named by the environment."""
    return forks.run([sys.executable, "manage.py", *arguments], own_servers(data_dir) | more)


def started_together(data_dir, folder, *lines, **more):
    """Start management commands at the same time; return how each ended and what it printed."""
    logs = [folder / f"{line[0]}-{number}.log" for number, line in enumerate(lines)]
    environment = own_servers(data_dir) | more
    started = [
        forks.start([sys.executable, "manage.py", *line], log, environment)
        for line, log in zip(lines, logs, strict=True)
    ]
    return [(process.wait(120), log.read_text()) for process, log in zip(started, logs, strict=True)]


def test_commands_started_together_prepare_a_data_directory_once_and_leave_servers_running(empty, tmp_path):
    both = started_together(empty, tmp_path, *[["showmigrations", "corpus"]] * 2)
    assert [code for code, _ in both] == [0, 0], both
    address = Postgres(empty).address()
    restore(address)  # all migrations up to the last ones, to apply which takes ten seconds
    with psycopg.connect(address) as connection:
        connection.execute(EMPTY_TABLES)
    project = {"DJANGO_SETTINGS_MODULE": "tests.config.later.settings"}
    both = started_together(empty, tmp_path, ["create_project", "one"], ["create_project", "two"], **project)

    assert both == [(0, '{"project":"one"}\n'), (0, '{"project":"two"}\n')]
    assert set(embedded.addresses(empty)) == {"DATABASE_URL", "REDIS_URL"}
    with psycopg.connect(address) as connection:
        assert sorted(connection.execute("SELECT slug FROM corpus_project")) == [("default",), ("one",), ("two",)]
        later = connection.execute("SELECT count(*), count(DISTINCT name) FROM django_migrations WHERE app = 'later'")
        assert later.fetchone() == (LATER, LATER)


def test_unreachable_server_is_one_error_line_with_its_variable(kept):
    juror = ["add_juror", "j", "--model", "m", "--base-url", "http://127.0.0.1:1/v1"]
    assert run_manage(kept, *juror).returncode == 0
    for command, variable, url in (
        ("adjudicate", "DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none"),
        ("convene_jury", "REDIS_URL", "redis://127.0.0.1:1/0"),
    ):
        done = run_manage(kept, command, **{variable: url})
        assert (done.returncode, done.stdout) == (2, "")
        assert variable in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        *(
            ("DATABASE_URL", url)
            for url in ("nonsense", "mysql://a:b@c/d", "postgresql://a:hidden@c:x/d", "postgresql://c")
        ),
        *(
            ("REDIS_URL", url)
            for url in ("nonsense", "redis://127.0.0.1:x/0", "redis://:hidden@127.0.0.1/1/5", "http://c/0")
        ),
    ],
)
def test_malformed_server_url_is_one_error_line_without_the_url(kept, variable, url):
    done = run_manage(kept, "list_decisions", **{variable: url})

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{variable} is not an address of the form")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hidden" not in done.stderr

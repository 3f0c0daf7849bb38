"""The embedded servers, through crashes and company."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded
from config.data_dir import CHECKOUT, DataDir, DataDirError
from config.embedded import postgres, valkey

pytestmark = pytest.mark.slow


@pytest.fixture
def data_dir(tmp_path):
    made = DataDir(tmp_path / "a data_dir")  # a space in the path must do no harm
    made.make()
    yield made
    embedded.stop(made)


def counted(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


def keep_a_row(url):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS row")


def test_a_second_start_finds_the_first(data_dir):
    first = postgres.start(data_dir), valkey.start(data_dir)

    assert (postgres.start(data_dir), valkey.start(data_dir)) == first
    assert embedded.addresses(data_dir) == {"DATABASE_URL": first[0], "REDIS_URL": first[1]}


def test_two_homes_have_servers_of_their_own(data_dir, tmp_path):
    other = DataDir(tmp_path / "other")
    other.make()
    try:
        keep_a_row(postgres.start(data_dir))
        assert postgres.start(other) != postgres.start(data_dir)
        with pytest.raises(psycopg.errors.UndefinedTable):
            counted(postgres.start(other))
        assert valkey.start(other) != valkey.start(data_dir)
    finally:
        embedded.stop(other)


def test_what_was_stored_survives_kill_9(data_dir):
    keep_a_row(postgres.start(data_dir))
    before = valkey.start(data_dir)
    for server in (postgres, valkey):
        os.kill(server.recorded_process(data_dir)[0], signal.SIGKILL)

    assert counted(postgres.start(data_dir)) == 1
    assert valkey.start(data_dir) != before


def test_a_pid_file_whose_number_is_somebody_elses_is_no_hindrance(data_dir):
    keep_a_row(postgres.start(data_dir))
    pid_file = data_dir.path / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # as after a crash and a restart

    assert counted(postgres.start(data_dir)) == 1


def test_a_half_made_cluster_is_made_anew(data_dir):
    folder = data_dir.path / "postgres"
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "PG_VERSION").write_text("18")
    (folder / "data").mkdir()

    assert postgres.answers(postgres.start(data_dir))


def test_a_stranger_on_the_old_port_is_not_taken_for_our_server(data_dir):
    url = valkey.start(data_dir)
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    process = data_dir.path / "valkey" / "process"
    ours = process.read_text()
    process.write_text(f"{os.getpid()} {port}")

    assert valkey.address(data_dir) is None
    process.write_text(ours)  # so that it can be ended


def test_nobody_comes_in_without_the_password(data_dir):
    url, broker = postgres.start(data_dir), valkey.start(data_dir)
    password = data_dir.secret("postgres")

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace(password, "guess"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(broker.replace(data_dir.secret("valkey"), "guess")).ping()
    assert (data_dir.path / "secrets" / "postgres").stat().st_mode & 0o077 == 0


def test_a_home_that_cannot_be_made_is_refused_in_one_line():
    with pytest.raises(DataDirError, match=r"^Cannot use .* as the data_dir: .*\.$"):
        DataDir(Path("/proc/nowhere/data_dir")).make()


def test_stop_ends_both_and_then_has_nothing_to_end(data_dir):
    postgres.start(data_dir)
    valkey.start(data_dir)

    assert embedded.stop(data_dir) == ["PostgreSQL", "Valkey"]
    assert embedded.stop(data_dir) == []
    assert embedded.addresses(data_dir) == {}


def fresh(data_dir, *arguments, **more):
    """Run a command on a data_dir as a user would, with no server named by the environment."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT, env=environment | {"ASSIZE_HOME": str(data_dir.path)} | more, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_any_command_brings_an_empty_home_up_and_ends_though_the_servers_stay(data_dir):
    made = fresh(data_dir, "create_project", "one")

    assert (made.returncode, made.stdout) == (0, '{"project":"one"}\n'), made.stderr
    assert set(embedded.addresses(data_dir)) == {"DATABASE_URL", "REDIS_URL"}


def test_two_commands_started_together_wait_for_each_other(data_dir):
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "create_project", name],
            cwd=CHECKOUT, env=environment | {"ASSIZE_HOME": str(data_dir.path)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    told = [process.communicate(timeout=120) for process in started]

    assert [process.returncode for process in started] == [0, 0], told
    assert fresh(data_dir, "create_project", "one").returncode == 2


@pytest.mark.parametrize(
    ("variable", "url", "command"),
    [
        ("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none", ["adjudicate"]),
        ("REDIS_URL", "redis://127.0.0.1:1/0", ["convene_jury"]),
    ],
)
def test_a_missing_server_is_one_line_that_names_its_variable(data_dir, variable, url, command):
    if command == ["convene_jury"]:
        juror = ["add_juror", "j", "--model", "m", "--base-url", "http://127.0.0.1:1/v1"]
        assert fresh(data_dir, *juror).returncode == 0
    done = fresh(data_dir, *command, **{variable: url})

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
def test_what_is_no_address_of_a_server_is_one_line_that_shows_none_of_it(data_dir, variable, url):
    done = fresh(data_dir, "list_decisions", **{variable: url})

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{variable} is not an address of the form")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hidden" not in done.stderr

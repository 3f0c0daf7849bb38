"""The containers of one trial, under a project name of its own."""

import re
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.data_dir import CHECKOUT
from deploy.trial.shell import check, run, step

FILES = ("docker-compose.yml", "deploy/trial/stub.yml")
STUB = "http://stub:8080/v1"
"The endpoint of the jurors, as the workers reach it."
SECONDS_TO_BE_HEALTHY = 240
STATE_OF_THE_HEALTHY = re.compile(r" Up [^()]*(\(healthy\))?$")
KILLED = "137"
"The exit code of a container that has not ended by itself."


@dataclass
class Containers:
    """The services of docker-compose.yml and a stub of an endpoint."""

    name: str
    folder: Path
    image: str
    port: int = field(default_factory=lambda: unused_port())
    plain_port: int = field(default_factory=lambda: unused_port())
    services: dict[str, int] = field(default_factory=lambda: {"web": 2, "worker": 2, "jury": 2})
    files: tuple[str, ...] = FILES
    variables: dict[str, str] = field(default_factory=dict)
    "Of the compose files, besides those that every trial sets."

    def compose(self, *arguments: str, seconds: float = 600, stdin: bytes | None = None) -> str:
        """Run docker compose on these containers, and return its stdout."""
        files = [word for name in self.files for word in ("--file", str(CHECKOUT / name))]
        command = [str(CHECKOUT / ".venv/bin/docker-compose"), "--project-name", self.name, *files, *arguments]
        return run(command, seconds=seconds, stdin=stdin, variables=self.environment())

    def environment(self) -> dict[str, str]:
        """Return the variables of docker-compose.yml for this trial."""
        return {
            "ASSIZE_IMAGE": self.image,
            "SECRETS_FOLDER": str(self.folder / "secrets"),
            "SITE_HOST": "localhost",
            "PUBLIC_URL": self.address,
            "HTTP_PORT": f"127.0.0.1:{self.plain_port}",
            "HTTPS_PORT": f"127.0.0.1:{self.port}",
            "HSTS_SECONDS": "0",
            **self.variables,
        }

    @property
    def address(self) -> str:
        """The address of the pages."""
        return f"https://localhost:{self.port}"

    def prepare(self) -> None:
        """Remove what an earlier trial has left, and create the secrets."""
        self.down()
        run([str(CHECKOUT / "deploy/make-secrets"), str(self.folder / "secrets")])

    def up(self) -> None:
        """Start everything, and return when it is healthy."""
        scale = [word for name, number in self.services.items() for word in ("--scale", f"{name}={number}")]
        self.compose("up", "--detach", *scale)
        self.check_health()

    def stop(self) -> None:
        """
        Stop everything.

        :raises TrialError: if a container does not end by itself, and has to be killed
        """
        self.compose("stop")
        ids = self.compose("ps", "--all", "--quiet").split()
        check_ends(*ids)

    def down(self) -> None:
        """Remove the containers with their networks and volumes."""
        self.compose("down", "--volumes", "--timeout", "20")

    def manage(self, *arguments: str, options: Sequence[str] = ()) -> str:
        """Run a management command in a web container, and return the last line of its stdout."""
        printed = self.compose("exec", "--no-TTY", *options, "web", "python", "manage.py", *arguments)
        return printed.strip().splitlines()[-1]

    def containers_of(self, service: str) -> list[str]:
        """Return the ids of the running containers of a service, the oldest first."""
        ids = self.compose("ps", "--quiet", service).split()
        created = run(["docker", "inspect", "--format", "{{.Created}} {{.Id}}", *ids]).splitlines()
        return [line.split()[1] for line in sorted(created)]

    def check_health(self) -> None:
        """
        Wait until every container that has a health check is healthy.

        :raises TrialError: if one is not within SECONDS_TO_BE_HEALTHY
        """
        command = ["docker", "ps", "--filter", f"label=com.docker.compose.project={self.name}"]
        ends = time.monotonic() + SECONDS_TO_BE_HEALTHY
        while time.monotonic() < ends:
            states = run([*command, "--format", "{{.Names}} {{.Status}}"]).splitlines()
            if not any("starting" in state for state in states):
                break
            time.sleep(0.5)
        ill = [state for state in states if not STATE_OF_THE_HEALTHY.search(state)]
        check(not ill, f"all containers are healthy, not {ill}")

    def certificate(self) -> Path:
        """Return a file with the certificate of the proxy's own authority."""
        path = self.folder / f"{self.name}.crt"
        self.compose("cp", "proxy:/data/caddy/pki/authorities/local/root.crt", str(path))
        return path


def check_ends(*ids: str) -> None:
    """
    Expect of stopped containers that they have ended by themselves.

    :raises TrialError: if one had to be killed
    """
    ends = run(["docker", "inspect", "--format", "{{.State.ExitCode}} {{.Name}}", *ids]).splitlines()
    killed = [name for code, name in map(str.split, ends) if code == KILLED]
    check(not killed, f"containers end when they are told to, but these had to be killed: {killed}")


@contextmanager
def ending(containers: Containers, *, keep: bool = False) -> Iterator[None]:
    """Prepare containers that the block starts; stop and remove them at the end, unless they are to be kept."""
    containers.prepare()
    try:
        yield
        if not keep:
            with step(f"stop {containers.name}"):
                containers.stop()
    finally:
        if not keep:
            containers.down()


def unused_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

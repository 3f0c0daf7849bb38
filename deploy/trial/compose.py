"""The containers of one trial, under a project name of its own."""

import os
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


@dataclass
class Containers:
    """The services of docker-compose.yml and a stub of an endpoint."""

    name: str
    folder: Path
    image: str
    port: int = field(default_factory=lambda: unused_port())
    services: dict[str, int] = field(default_factory=lambda: {"web": 2, "worker": 2, "jury": 2})

    def compose(self, *arguments: str, seconds: float = 600, stdin: bytes | None = None) -> str:
        """Run docker compose on these containers, and return its stdout."""
        files = [word for name in FILES for word in ("--file", str(CHECKOUT / name))]
        command = [str(CHECKOUT / ".venv/bin/docker-compose"), "--project-name", self.name, *files, *arguments]
        os.environ.update(self.environment())
        return run(command, seconds=seconds, stdin=stdin)

    def environment(self) -> dict[str, str]:
        """Return the variables of docker-compose.yml for this trial."""
        return {
            "ASSIZE_IMAGE": self.image,
            "SECRETS_FOLDER": str(self.folder / "secrets"),
            "SITE_HOST": "localhost",
            "PUBLIC_URL": self.address,
            "HTTP_PORT": f"127.0.0.1:{unused_port()}",
            "HTTPS_PORT": f"127.0.0.1:{self.port}",
            "HSTS_SECONDS": "0",
        }

    @property
    def address(self) -> str:
        """The address of the pages."""
        return f"https://localhost:{self.port}"

    def up(self) -> None:
        """Create the secrets, and start everything anew; return when it is healthy."""
        self.down()
        run([str(CHECKOUT / "deploy/make-secrets"), str(self.folder / "secrets")])
        scale = [word for name, number in self.services.items() for word in ("--scale", f"{name}={number}")]
        self.compose("up", "--detach", *scale)
        # Workers are asked for a sign of life only after a minute; `check_health` looks at them at the end.
        web = f"web={self.services['web']}"
        self.compose("up", "--detach", "--no-recreate", "--wait", "--wait-timeout", "180", "--scale", web, "proxy")

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

        :raises TrialError: if one is not within two minutes
        """
        for _second in range(120):
            states = self.compose("ps", "--format", "{{.Name}} {{.State}} {{.Health}}").splitlines()
            if not any("starting" in state for state in states):
                break
            time.sleep(1)
        ill = [state for state in states if "unhealthy" in state or "running" not in state]
        check(not ill, f"all containers are healthy, not {ill}")

    def certificate(self) -> Path:
        """Return a file with the certificate of the proxy's own authority."""
        path = self.folder / f"{self.name}.crt"
        self.compose("cp", "proxy:/data/caddy/pki/authorities/local/root.crt", str(path))
        return path


@contextmanager
def started(containers: Containers, *, keep: bool) -> Iterator[Containers]:
    """Start containers; remove them at the end, unless they are to be kept."""
    try:
        with step(f"start {containers.name}, until it is healthy"):
            containers.up()
        yield containers
    finally:
        if not keep:
            containers.down()


def unused_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

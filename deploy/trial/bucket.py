"""The image with the libraries for a bucket, and a project whose files are in one: `deploy/try --bucket`."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from deploy.trial import journey
from deploy.trial.compose import FILES, Containers
from deploy.trial.people import Program
from deploy.trial.shell import TrialError, check, run, step

COMPOSE_FILES = (*FILES, "deploy/trial/bucket.yml")
SERVICES = {"web": 1, "worker": 1, "jury": 1}
BUCKET = "trial"


class Store:
    """A store on this machine that speaks S3 (moto's server). What it holds outlives a stop."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print each request
        self.address = run(
            ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
        ).strip()
        self.server = self.started(0)
        self.port = self.server.get_host_and_port()[1]
        self.client: Any = boto3.client("s3", endpoint_url=f"http://{self.address}:{self.port}",
                                        region_name="us-east-1", aws_access_key_id="trial",
                                        aws_secret_access_key=secrets.token_hex())  # fmt: skip
        self.client.create_bucket(Bucket=BUCKET)

    def started(self, port: int) -> ThreadedMotoServer:
        """Return a server that listens where containers reach this machine."""
        server = ThreadedMotoServer(ip_address=self.address, port=port, verbose=False)
        server.start()
        return server

    def keys(self) -> list[str]:
        """Return the keys of all objects."""
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let nothing listen at its address while the block runs."""
        self.server.stop()
        try:
            yield
        finally:
            self.server = self.started(self.port)


def variables(store: Store) -> dict[str, str]:
    """Return the variables of bucket.yml, and the one of docker-compose.yml that builds the other image."""
    key = f"trial:{secrets.token_hex(16)}"
    return {"WITH_S3": "1", "TRIAL_STORE": f"http://{store.address}:{store.port}", "TRIAL_STORE_KEY": key}


def use(containers: Containers, store: Store) -> None:
    """Upload, label and release with the files in the bucket; upload again while it is away, and after that."""
    with step("start everything, until it is healthy"):
        containers.up()
    with step("check_storage"):
        containers.manage("check_storage")
    team = journey.invite(containers, containers.certificate())
    with step(f"import {journey.DIALOGUES} dialogues through the bucket, and label them"):
        journey.import_dialogues(team, "tea", journey.DIALOGUES)
        journey.label(team)
    with step("make a release in the bucket, download it, verify it"):
        journey.release(containers, team.admin, "--release", journey.RELEASE)
    check_places(containers, store)
    with step("upload while the store is away, and again"):
        with store.away():
            check_refused(team.admin)
        journey.import_dialogues(team, "coffee", journey.DIALOGUES)


def check_places(containers: Containers, store: Store) -> None:
    """Expect the release in the bucket, and none in the folder of the pages or of the worker."""
    keys = store.keys()
    check(any(key.startswith(f"releases/default/{journey.RELEASE}") for key in keys), f"a release is there: {keys}")
    for service in ("web", "worker"):
        made = containers.compose(
            "exec", "--no-TTY", service, "find", "/home/assize", "-path", "/home/assize/releases/*", "-type", "f"
        )
        check(not made.strip(), f"{service} keeps no release in its folder: {made}")
    print(f"  {len(keys)} objects in the bucket")


def check_refused(admin: Program) -> None:
    """Expect an upload to be refused with the reason, and as what may be tried again."""
    answer = admin.http.post(f"{admin.api}{admin.project}items/import/?name=coffee.jsonl", data=b"{}\n", timeout=120,
                             headers={"Content-Type": "application/octet-stream"})  # fmt: skip
    if answer.status_code != 503 or answer.json()["error"]["code"] != "store_away":
        raise TrialError(
            f"an upload without a store is refused with store_away, not {answer.status_code} {answer.text}"
        )

"""
Try the containers: `deploy/try [--hosts | --bucket] [--keep] [--or-skip]`.

Exit 0 if everything went as it should, 1 if a step failed, 2 if this machine cannot try it (0 with --or-skip).
"""

import argparse
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NoReturn

import requests

from config.data_dir import CHECKOUT
from deploy.trial import bases, bucket, hosts, images, journey, rates, upkeep
from deploy.trial.compose import FILES, Containers, ending
from deploy.trial.engine import engine
from deploy.trial.shell import TrialError, Unavailable, at_once, step

IMAGE, NEXT, AGAIN, WITH_S3 = "assize:trial", "assize:trial-next", "assize:trial-again", "assize:trial-s3"


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy/try", description=__doc__)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--hosts", action="store_true", help="let hosts fail under people and a jury run instead")
    instead.add_argument("--bucket", action="store_true", help="keep files in a bucket instead")
    parser.add_argument("--keep", action="store_true", help="leave the containers running for a look")
    parser.add_argument("--or-skip", action="store_true", help="succeed on a machine that cannot try it")
    options = parser.parse_args()
    folder = Path(os.environ.get("ASSIZE_TRIAL") or CHECKOUT / ".assize-trial").resolve()
    signal.signal(signal.SIGTERM, exit_on)
    began = time.monotonic()
    try:
        with engine(folder / "engine", keep=options.keep):
            attempt = attempt_hosts if options.hosts else attempt_bucket if options.bucket else attempt_all
            attempt(folder, keep=options.keep)
    except Unavailable as error:
        print(f"Not tried: {error}", file=sys.stderr)
        return 0 if options.or_skip else 2
    except (TrialError, requests.RequestException) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"deploy/try: all steps went well, {time.monotonic() - began:.0f} s")
    return 0


def attempt_hosts(folder: Path, *, keep: bool) -> None:
    """Let hosts fail under people and a jury run, and measure one to three of them."""
    files = (*FILES, hosts.FILE)
    containers = Containers("assize-hosts", folder, IMAGE, services=hosts.SERVICES, files=files)
    build(containers)
    with ending(containers, keep=keep):
        rates.measure(hosts.attempt(containers))


def build(containers: Containers) -> None:
    """Provide the base images, and build ours."""
    with step("provide the base images"):
        stand_ins = bases.provide()
    if stand_ins:
        print(f"  stand-ins, from packages of Debian and of Python: {', '.join(stand_ins)}")
    with step("build the images"):
        containers.compose("build", "--quiet", "web", "proxy", seconds=1200)


def attempt_bucket(folder: Path, *, keep: bool) -> None:
    """Build the image with the libraries for a bucket, and use it with one on this machine."""
    store = bucket.Store()
    containers = Containers(
        "assize-bucket", folder, WITH_S3, services=bucket.SERVICES, files=bucket.COMPOSE_FILES,
        variables=bucket.variables(store),
    )  # fmt: skip
    build(containers)
    size = images.check_size(WITH_S3, images.MOST_WITH_S3)
    print(f"  {size:.0f} MB above the base, at most {images.MOST_WITH_S3}")
    with ending(containers, keep=keep):
        bucket.use(containers, store)


def attempt_all(folder: Path, *, keep: bool) -> None:
    """Go through all steps with files in a folder."""
    containers = Containers("assize-trial", folder, IMAGE)
    build(containers)
    images.relabel(IMAGE, NEXT)
    print(f"  {images.check_size(IMAGE):.0f} MB above the base, at most {images.MOST_MEGABYTES}")
    noted = folder / "measured"
    is_new = not noted.exists() or noted.read_text() != images.identity(IMAGE)
    with ThreadPoolExecutor() as beside, ending(containers, keep=keep):
        compared = beside.submit(images.compare_builds, IMAGE, AGAIN) if is_new else None
        use(containers, is_new=is_new)
        if compared:
            compared.result()
            print(f"  {upkeep.seconds_to_first_page(containers):.1f} s from starting a web container to its first page")
            noted.write_text(images.identity(IMAGE))
        if keep:
            print(f"  left running at {containers.address}; docker compose -p {containers.name} down --volumes ends it")


def use(containers: Containers, *, is_new: bool) -> None:
    """
    Start the containers, and do with them what people and operators do.

    :param is_new: whether the image was not tried before: only then every service is started on what was restored
    """
    with step("start everything, until it is healthy"):
        containers.up()
    team = journey.use(containers)
    backups = containers.folder / "backups"
    made = upkeep.back_up(containers, backups)
    other = Containers(
        "assize-trial-other", containers.folder / "other", NEXT, services={"web": 1, "worker": 1, "jury": 1}
    )
    at_once(
        partial(upkeep.upgrade, containers, team, NEXT),
        partial(upkeep.restore_elsewhere, other, backups, made, whole=is_new),
    )


def exit_on(signum: int, _frame: object) -> NoReturn:
    """End like an error, so that the containers and the engine are stopped."""
    sys.exit(128 + signum)


if __name__ == "__main__":
    sys.exit(main())

"""
Try the containers: `deploy/try [--keep] [--or-skip]`.

Exit 0 if everything went as it should, 1 if a step failed, 2 if this machine cannot try it (0 with --or-skip).
"""

import argparse
import os
import sys
import time
from pathlib import Path

import requests

from config.data_dir import CHECKOUT
from deploy.trial import bases, images, journey, upkeep
from deploy.trial.compose import Containers, started
from deploy.trial.engine import engine
from deploy.trial.shell import TrialError, Unavailable, step

IMAGE, NEXT, AGAIN = "assize:trial", "assize:trial-next", "assize:trial-again"


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy/try", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the containers running for a look")
    parser.add_argument("--or-skip", action="store_true", help="succeed on a machine that cannot try it")
    options = parser.parse_args()
    folder = Path(os.environ.get("ASSIZE_TRIAL") or CHECKOUT / ".assize-trial").resolve()
    began = time.monotonic()
    try:
        with engine(folder / "engine"):
            attempt(folder, keep=options.keep)
    except Unavailable as error:
        print(f"Not tried: {error}", file=sys.stderr)
        return 0 if options.or_skip else 2
    except (TrialError, requests.RequestException) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"deploy/try: all steps went well, {time.monotonic() - began:.0f} s")
    return 0


def attempt(folder: Path, *, keep: bool) -> None:
    """Go through all steps."""
    with step("provide the base images"):
        stand_ins = bases.provide()
    if stand_ins:
        print(f"  stand-ins, from packages of Debian and of Python: {', '.join(stand_ins)}")
    containers = Containers("assize-trial", folder, IMAGE)
    with step("build the images"):
        containers.compose("build", "--quiet", seconds=1200)
        images.build(NEXT, "--label", "version=next")
    with step("build again without a cache, and compare"):
        images.compare_builds(IMAGE, AGAIN, folder / "compared")
    print(f"  {images.check_size(IMAGE):.0f} MB above the base, at most {images.MOST_MEGABYTES}")
    with started(containers, keep=keep):
        team = journey.use(containers)
        print(f"  {upkeep.seconds_to_first_page(containers):.1f} s from starting a web container to its first page")
        upkeep.upgrade(containers, team, NEXT)
        other = Containers("assize-trial-other", folder / "other", NEXT, services={"web": 1, "worker": 1, "jury": 1})
        upkeep.restore_elsewhere(containers, other)
        if keep:
            print(f"  left running at {containers.address}; docker compose -p {containers.name} down --volumes ends it")


if __name__ == "__main__":
    sys.exit(main())

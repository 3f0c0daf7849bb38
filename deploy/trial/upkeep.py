"""An upgrade while people label, and a backup restored into other containers, as docs/operations.md describes them."""

import json
import shutil
import time
from functools import partial
from pathlib import Path

from deploy.trial.compose import Containers, check_ends, ending
from deploy.trial.journey import RELEASE, Team, import_dialogues
from deploy.trial.people import LabellingAlong
from deploy.trial.shell import TrialError, at_once, check, run, step

SECONDS_TO_FIRST_PAGE = 60
MORE_DIALOGUES = 500
"So that nobody runs out of them during the upgrade."
OURS = ("web", "worker", "jury", "beat")
VOTES = 5
"An upgrade is tried only while people do label."


def seconds_to_first_page(containers: Containers) -> float:
    """Return the time from starting a new web container until it serves a page."""
    name = f"{containers.name}-first-page"
    as_proxied = {"Host": "localhost", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    ask = f"import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/sign-in/', headers={as_proxied}))"
    began = time.monotonic()
    containers.compose("run", "--detach", "--no-deps", "--name", name, "web")
    try:
        while time.monotonic() - began < SECONDS_TO_FIRST_PAGE:
            if run_quietly(["docker", "exec", name, "python", "-c", ask]):
                return time.monotonic() - began
        raise TrialError(f"a web container serves no page within {SECONDS_TO_FIRST_PAGE} s")
    finally:
        run(["docker", "rm", "--force", name])


def run_quietly(command: list[str]) -> bool:
    """Run a command; return whether it succeeded."""
    try:
        run(command)
    except TrialError:
        return False
    return True


def upgrade(containers: Containers, team: Team, image: str) -> None:
    """Replace web, workers and schedule by those of another image, one after the other, while people label."""
    import_dialogues(team, "coffee", MORE_DIALOGUES)
    labelling = [LabellingAlong(annotator) for annotator in team.annotators]
    for person in labelling:
        person.start()
    with step("upgrade to a new image while people label"):
        containers.image = image
        containers.compose("run", "--rm", "--no-TTY", "--no-deps", "prepare")
        replace_web(containers)
        scale = ("--scale", "worker=2", "--scale", "jury=2")
        containers.compose("up", "--detach", "--no-deps", *scale, "worker", "jury", "beat")
        containers.compose("up", "--detach", "--no-deps", "proxy")
        containers.check_health()
        votes = sum(person.stop() for person in labelling)
        check(votes >= VOTES, f"people label meanwhile, more than {votes} times")
        check_images(containers, image)


def replace_web(containers: Containers) -> None:
    """Start as many new web containers as there are, and stop the old ones when the new ones are healthy."""
    old = containers.containers_of("web")
    scale = f"web={2 * len(old)}"
    containers.compose("up", "--detach", "--no-deps", "--no-recreate", "--wait", "--scale", scale, "web")
    run(["docker", "stop", "--time", "40", *old])
    check_ends(*old)
    run(["docker", "rm", *old])


def check_images(containers: Containers, image: str) -> None:
    """Expect every process of ours to be of the new image."""
    wanted = run(["docker", "inspect", "--format", "{{.Id}}", image]).strip()
    for service in OURS:
        used = run(["docker", "inspect", "--format", "{{.Image}}", *containers.containers_of(service)]).split()
        check(set(used) == {wanted}, f"{service} runs the new image")


def back_up(containers: Containers, folder: Path) -> str:
    """Back up into a folder; return the decisions of that moment."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.chown(folder, 10001)
    with step("back up"):
        maintain(containers, folder, "backup", "/backups/one")
        return decisions(containers)


def restore_elsewhere(other: Containers, folder: Path, expected: str, *, whole: bool) -> None:
    """
    Restore a backup beside databases that are new, and start the rest; expect the same decisions and release.

    :param whole: whether to start every service, or the pages alone
    """
    with ending(other):
        with step("restore into other containers, and start them"):
            other.compose("up", "--detach", "--wait", "postgres", "valkey")
            maintain(other, folder, "restore", "/backups/one")
            if whole:
                other.up()
            else:
                other.compose("up", "--detach", "--wait", "--scale", "web=1", "web")
        with step("compare what was restored"):
            verified, restored = at_once(partial(verify, other), partial(decisions, other))
            check(json.loads(verified)["differences"] == 0, f"the restored release verifies: {verified}")
            check(restored == expected, "the restored dataset is the same")


def verify(containers: Containers) -> str:
    """Return what verifying the release prints."""
    return containers.manage("verify_release", f"/home/assize/releases/default/{RELEASE}")


def maintain(containers: Containers, folder: Path, *command: str) -> None:
    """Run a management command in a container that has the folder of backups."""
    mount = ("--volume", f"{folder}:/backups")
    containers.compose("run", "--rm", "--no-TTY", "--no-deps", *mount, "web", "python", "manage.py", *command)


def decisions(containers: Containers) -> str:
    """Return the whole list of decisions."""
    return containers.compose("exec", "--no-TTY", "web", "python", "manage.py", "list_decisions")

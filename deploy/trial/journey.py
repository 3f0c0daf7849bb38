"""From dialogues to a verified release, in running containers."""

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.trial.compose import STUB, Containers
from deploy.trial.people import Page, Program
from deploy.trial.shell import at_once, check, step

DIALOGUES = 20
RELEASE = "1.0"


@dataclass
class Team:
    """The people of the project, by their tokens."""

    admin: Program
    annotators: list[Program]
    adjudicator: Program


def use(containers: Containers) -> Team:
    """Do everything that people do with a dataset, once."""
    certificate = containers.certificate()
    with step("sign in through the proxy by TLS, as an invited admin"):
        team = invite(containers, certificate)
    with step(f"import {DIALOGUES} dialogues, and label them three times"):
        import_dialogues(team, "tea", DIALOGUES)
        label(team)
    with step("ask a juror about all of them"):
        ask_jury(team.admin)
    with step("settle a case"):
        settle(team)
    with step("make a release, download it, verify it"):
        release(containers, team.admin, f"/home/assize/releases/default/{RELEASE}")
    return team


def invite(containers: Containers, certificate: Path) -> Team:
    """Create the people, and sign the admin in by the pages."""
    roles = {"ada": "admin", "bo": "annotator", "cem": "annotator", "dee": "annotator", "eve": "adjudicator"}
    commands = [partial(containers.manage, "create_user", name, "--role", roles[name], "--token") for name in roles]
    made, *others = map(json.loads, at_once(*commands))
    page = Page(containers.address, certificate)
    first = page.sign_in("ada", made["invite_url"])
    check("ada" in first.text, "the first page names ada")
    hidden = page.http.get(f"{containers.address}/metrics", timeout=30)
    check(hidden.status_code == 404, "the proxy does not pass on /metrics")

    ada, *annotators, eve = (Program(containers.address, certificate, each["token"]) for each in (made, *others))
    return Team(ada, annotators, eve)


def import_dialogues(team: Team, drink: str, number: int) -> None:
    """Upload dialogues about a drink, and wait until a worker has imported them."""
    rows = [{"id": f"{drink}-{n}", "prompt": f"Question {n}: which {drink} is mild?", "response": "The white one."}
            for n in range(number)]  # fmt: skip
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    job = team.admin.call("POST", f"{team.admin.project}items/import/", params={"name": f"{drink}.jsonl"}, data=body,
                          headers={"Content-Type": "application/octet-stream"})["job"]  # fmt: skip
    done = team.admin.until(f"jobs/{job['id']}/", ("done", "failed"))
    check(done["result"]["created"] == number, f"{number} dialogues are created: {done}")


def label(team: Team) -> None:
    """Have each annotator label all dialogues. Two say unsafe, so that a juror who says safe makes a tie."""
    for annotator, says in zip(team.annotators, ("unsafe", "unsafe", "safe"), strict=True):
        labelled = sum(annotator.label_next(says) for _ in range(DIALOGUES))
        check(labelled == DIALOGUES, f"an annotator finds {DIALOGUES} dialogues, not {labelled}")


def ask_jury(admin: Program) -> None:
    """Add a juror at the stub, and run it over all dialogues."""
    admin.call("POST", f"{admin.project}jurors/", json={"name": "one", "model": "stub-0.9", "base_url": STUB})
    run = admin.call("POST", f"{admin.project}jury-runs/", json={})
    done = admin.until(f"jury-runs/{run['id']}/", ("finished", "broken", "cancelled"))
    check(done["outcomes"].get("cast") == DIALOGUES, f"{DIALOGUES} ballots are cast: {done}")


def settle(team: Team) -> None:
    """Recount, take a case, label it blind, and settle it."""
    team.admin.call("POST", f"{team.admin.project}recount/")
    case = team.adjudicator.call("POST", f"{team.adjudicator.project}cases/next/")["case"]
    judged = {"prompt_label": "unsafe", "response_label": "safe", "categories": ["threat"]}
    team.adjudicator.call("POST", f"cases/{case['id']}/blind/", json=judged)
    seen = team.adjudicator.call("GET", f"cases/{case['id']}/")["case"]["seen"]
    settlement = {**judged, "reason": "It names who is to be hurt.", "seen": seen}
    team.adjudicator.call("POST", f"cases/{case['id']}/settle/", json=settlement)


def release(containers: Containers, admin: Program, *named: str) -> None:
    """
    Make a release; compare each downloaded file with the manifest, and verify the labels from the votes.

    :param named: how `verify_release` is told which one
    """
    admin.call("POST", f"{admin.project}releases/", json={"version": RELEASE})
    wait_for_release(admin)
    manifest = admin.call("GET", f"{admin.project}releases/{RELEASE}/")
    for file in manifest["files"]:
        route = f"{admin.api}{admin.project}releases/{RELEASE}/files/{file['name']}"
        content = admin.http.get(route, timeout=60).content
        check(hashlib.sha256(content).hexdigest() == file["sha256"], f"{file['name']} arrives as it was made")
    verified = json.loads(containers.manage("verify_release", *named))
    check(verified["differences"] == 0, f"the release verifies: {verified}")


def wait_for_release(admin: Program) -> None:
    """Wait until the worker has made the release."""
    jobs = admin.call("GET", f"{admin.project}jobs/")["results"]
    job = next(job for job in jobs if job["kind"] == "release")
    done = admin.until(f"jobs/{job['id']}/", ("done", "failed"))
    check(done["state"] == "done", f"the release is made: {done}")

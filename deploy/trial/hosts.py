"""Hosts with addresses of their own that fail while fifty people label and the jury is asked: `deploy/try --hosts`."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.trial import faults, upkeep
from deploy.trial.compose import STUB, Containers
from deploy.trial.people import Program
from deploy.trial.shell import check, step
from deploy.trial.voters import Voter

FILE = "deploy/trial/hosts.yml"
SERVICES = {"web": 2, "worker": 1, "jury": 3}
DIALOGUES, WANTED, PEOPLE, PAUSE = 600, 2, 50, 8.0
RATE, MOST_CALLS = 240, 700
"Calls a minute, so that the run lasts through the faults; and its budget, which leaves room for repeated calls."
TAKEOVER = 20
"JURY_TAKEOVER_SECONDS in hosts.yml."
PROJECT = "hosts"
MEMBERS = f"""
from django.core.management import call_command
call_command("create_project", "{PROJECT}", "--votes-wanted", "{WANTED}")
call_command("create_user", "ada", "--role", "admin", "--token", "--project", "{PROJECT}")
for number in range({PEOPLE}):
    call_command("create_user", f"p{{number}}", "--token", "--project", "{PROJECT}")
"""
COUNTS = {
    "votes": "SELECT count(*) FROM annotation_vote",
    "doubled votes": "SELECT count(*) - count(DISTINCT (item_id, annotator_id)) FROM annotation_vote",
    "filled slots": "SELECT count(vote_id) FROM annotation_slot",
    "items with other slots than wanted": f"""
        SELECT count(*) FROM (SELECT FROM annotation_slot GROUP BY item_id HAVING count(*) <> {WANTED}) AS others""",
    "ballots": "SELECT count(*) FROM jury_ballot WHERE is_current AND outcome = 'cast'",
    "doubled ballots": "SELECT count(*) - count(DISTINCT (item_id, juror_id)) FROM jury_ballot WHERE is_current",
}


@dataclass
class Hosts:
    """The containers, their admin and the people."""

    containers: Containers
    admin: Program
    voters: list[Voter]
    jurors: list[str] = field(default_factory=list)

    def rows(self, sql: str) -> list[str]:
        """Return what PostgreSQL answers, line by line."""
        ask = 'PGPASSWORD="$(cat /run/secrets/postgres_password)" psql -h 127.0.0.1 -U assize -d assize -tA'
        printed = self.containers.compose("exec", "--no-TTY", "postgres", "sh", "-c", ask, stdin=sql.encode())
        return printed.split()

    def calls(self) -> dict[str, int]:
        """Return what the stub has counted."""
        ask = f"import urllib.request as u; print(u.urlopen('{STUB.removesuffix('v1')}calls').read().decode())"
        counted: dict[str, int] = json.loads(self.containers.compose("exec", "--no-TTY", "web", "python", "-c", ask))
        return counted

    def is_open(self) -> bool:
        """Return whether a jury run goes on."""
        return self.rows("SELECT count(*) FROM jury_run WHERE state = 'running'") == ["1"]

    def acknowledged(self) -> list[int]:
        """Return the numbers of all votes that people were told are taken."""
        return [vote for voter in self.voters for vote in voter.votes]


def attempt(containers: Containers) -> Hosts:
    """Start the hosts, let them fail, and see what is left; return them."""
    with step("start two web, three jury and one worker container, until healthy"):
        containers.up()
    with step(f"create {PEOPLE} people, import {DIALOGUES} dialogues"):
        hosts = prepare(containers)
    began = start_run(hosts, "first", requests_per_minute=RATE, budget={"max_calls": MOST_CALLS})
    for voter in hosts.voters:
        voter.start()
    let_fail(hosts)
    with step("see everything back by itself: the votes, the run, the health checks"):
        for voter in hosts.voters:
            voter.join()
        done = hosts.admin.until(f"jury-runs/{began}/", ("finished", "broken", "over_budget", "cancelled"))
        containers.check_health()
    check_kept(hosts, done)
    return hosts


def prepare(containers: Containers) -> Hosts:
    """Create people and project; return them when the dialogues are imported."""
    certificate = containers.certificate()
    printed = containers.compose("exec", "--no-TTY", "web", "python", "manage.py", "shell", stdin=MEMBERS.encode())
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    admin, *people = [program(containers, certificate, each["token"]) for each in lines if "token" in each]
    check(len(people) == PEOPLE, f"{PEOPLE} people have a token, not {len(people)}")
    import_dialogues(admin, "tea", DIALOGUES)
    return Hosts(containers, admin, [Voter(each, PAUSE) for each in people])


def import_dialogues(admin: Program, drink: str, number: int) -> None:
    """Upload dialogues about a drink, and wait until a worker has imported them."""
    body = "".join(json.dumps({"id": f"{drink}{n}", "prompt": f"Is {drink} {n} mild?", "response": "It is."}) + "\n"
                   for n in range(number)).encode()  # fmt: skip
    job = admin.call("POST", f"{admin.project}items/import/", params={"name": f"{drink}.jsonl"}, data=body,
                     headers={"Content-Type": "application/octet-stream"})["job"]  # fmt: skip
    done = admin.until(f"jobs/{job['id']}/", ("done", "failed"))
    check(done["result"]["created"] == number, f"{number} dialogues are created: {done}")


def program(containers: Containers, certificate: Path, token: str) -> Program:
    return Program(containers.address, certificate, token, PROJECT)


def start_run(hosts: Hosts, name: str, *, budget: dict[str, int] | None = None, **juror: Any) -> int:
    """Add a juror that no run has used, and start a run of it over all dialogues; return its number."""
    # Another model each time, so that no answer is known yet.
    added = {"name": name, "model": f"stub-0.9{len(hosts.jurors)}", "base_url": STUB, **juror}
    hosts.jurors.append(name)
    hosts.admin.call("POST", f"{hosts.admin.project}jurors/", json=added)
    # Not the whole panel: those that were asked before are slower, and would be asked about what came since.
    asked = {"jurors": [name], **(budget or {})}
    run_of: int = hosts.admin.call("POST", f"{hosts.admin.project}jury-runs/", json=asked)["id"]
    return run_of


def let_fail(hosts: Hosts) -> None:
    """Let hosts fail one after the other."""
    containers = hosts.containers
    with step(f"cut a jury container off the network for {TAKEOVER + 5} s"), faults.cut_off(containers, "jury"):
        faults.wait(TAKEOVER + 5)
    print_waits(hosts)
    with step(f"pause another one for {TAKEOVER + 5} s"), faults.paused(containers, "jury"):
        faults.wait(TAKEOVER + 5)
    print_waits(hosts)
    for server in ("postgres", "valkey"):
        with step(f"kill {server}, which its engine starts again"):
            faults.kill(containers, server)
            faults.wait(PAUSE)
        print_waits(hosts)
    check(hosts.is_open(), "the run goes on through all of this")
    with step("roll the web: two new containers, then the old ones end"):
        upkeep.replace_web(containers)
    check(any(voter.is_alive() for voter in hosts.voters), "people label through all of this")
    print_waits(hosts)


def print_waits(hosts: Hosts) -> None:
    """Print how long people waited for an answer at most since this was last asked."""
    print(f"  the longest wait for an answer: {max(voter.waited for voter in hosts.voters):.1f} s", flush=True)
    for voter in hosts.voters:
        voter.waited = 0.0


def check_kept(hosts: Hosts, done: dict[str, Any]) -> None:
    """Expect that nothing acknowledged is lost, that slots are exact, and that the budget is kept."""
    failures = [voter.failure for voter in hosts.voters if voter.failure]
    check(not failures, f"people get answers, but: {failures[:3]}")
    stored, told = {int(row) for row in hosts.rows("SELECT id FROM annotation_vote")}, hosts.acknowledged()
    check(set(told) <= stored, f"no acknowledged vote is lost: {len(set(told) - stored)} are")
    counts = {name: int(hosts.rows(sql)[0]) for name, sql in COUNTS.items()}
    votes, again, filled, others, ballots, doubled = counts.values()
    check((again, others, doubled) == (0, 0, 0), f"nothing is doubled and slots are exact: {counts}")
    check(votes == filled == DIALOGUES * WANTED, f"every slot has its vote: {counts}")
    check(done["state"] == "finished" and ballots == DIALOGUES, f"every dialogue has its ballot: {done}, {counts}")
    charged = hosts.calls()["charged"]
    check(charged <= MOST_CALLS, f"at most {MOST_CALLS} calls are made, not {charged}")
    print(
        f"  {len(told)} votes acknowledged, {votes} stored; {charged} calls for {ballots} ballots, at most {MOST_CALLS}"
    )

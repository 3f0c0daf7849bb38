"""How many answers a second one, two and three containers of the jury give, and what limits them."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.trial import hosts
from deploy.trial.compose import Containers
from deploy.trial.hosts import Hosts
from deploy.trial.shell import at_once, check, run, step

NUMBERS = (1, 2, 3)
MORE_DIALOGUES = 1200
SECONDS_TO_FINISH = 600
"For one run, where other programs need the cores as well."
SHARD_ITEMS = "100"
"The default, in place of the small shards among which hosts fail."
SECONDS_AT_REST = 20.0
LEAST = 0.00001
"Seconds an answer, where no more can be told from what a service takes at rest."
BUSY = 0.9
"From this share of the cores on, they count as the limit."
USED = "cat /sys/fs/cgroup/cpu.stat 2>/dev/null || cat /sys/fs/cgroup/cpuacct/cpuacct.usage"
"Of a container's own group, by the second version of control groups and by the first."


@dataclass(frozen=True)
class Rate:
    """What one run gave and took."""

    number: int
    "Containers of the jury."
    answers: int
    seconds: float
    spent: Mapping[str, float]
    "Processor seconds by service, less what it takes in so long without a run: health checks and the schedule."
    busy: float
    "Processor seconds of the whole machine, other programs included."
    cores: int

    def __str__(self) -> str:
        ours = sum(self.spent.values()) / self.seconds
        others = self.busy / self.seconds - ours
        return (
            f"{self.number}: {self.answers / self.seconds:.0f} answers a second; of {self.cores} cores {ours:.1f} were "
            f"busy with them and {max(others, 0):.1f} with other programs"
        )

    @property
    def share_busy(self) -> float:
        """The share of all cores that was busy."""
        return self.busy / (self.seconds * self.cores)


def measure(team: Hosts) -> None:
    """Print the rate of a jury run with each number of containers, after one that warms them up, and the limit."""
    total = hosts.DIALOGUES + MORE_DIALOGUES
    with step(f"import {MORE_DIALOGUES} more, and start again with shards of {SHARD_ITEMS}"):
        hosts.import_dialogues(team.admin, "coffee", MORE_DIALOGUES)
        team.containers.variables["SHARD_ITEMS"] = SHARD_ITEMS
        team.containers.up()
    idle, rates = at_rest(team.containers), []
    for number in NUMBERS:
        scale_jury(team.containers, number)
        with step(f"two runs with {number} of the jury's containers, load {os.getloadavg()[0]:.0f}"):
            run_once(team, f"warm-{number}")
            rates.append(rate_of_run(team, number, total, idle))
        print(f"  {rates[-1]}", flush=True)
    print("".join(f"  {line}\n" for line in limit_of(rates)), end="", flush=True)


def scale_jury(containers: Containers, number: int) -> None:
    """Leave so many containers of the jury, or start the missing ones."""
    containers.compose("up", "--detach", "--no-deps", "--no-recreate", "--wait", "--scale", f"jury={number}", "jury")
    running = [service for _id, service in listed(containers) if service == "jury"]
    check(len(running) == number, f"{number} containers of the jury run, not {len(running)}")


def run_once(team: Hosts, name: str) -> float:
    """Ask a new juror about all dialogues; return the seconds it took."""
    numbered = hosts.start_run(team, name, concurrency=16)
    team.admin.until(f"jury-runs/{numbered}/", ("finished", "broken"), SECONDS_TO_FINISH)
    (seconds,) = team.rows(f"SELECT extract(epoch FROM finished_at - started_at) FROM jury_run WHERE id = {numbered}")
    return float(seconds)


def at_rest(containers: Containers) -> dict[str, float]:
    """Return the processor seconds that a container of each service takes in a second without a run."""
    time.sleep(SECONDS_AT_REST)  # what the import has left to do ends
    before, number, began = processor_seconds(containers), numbers_of(containers), time.monotonic()
    time.sleep(SECONDS_AT_REST)
    after, seconds = processor_seconds(containers), time.monotonic() - began
    return {name: (after[name] - before[name]) / seconds / number[name] for name in after}


def numbers_of(containers: Containers) -> Counter[str]:
    """Return how many containers of each service run."""
    return Counter(service for _id, service in listed(containers))


def rate_of_run(team: Hosts, number: int, answers: int, idle: Mapping[str, float]) -> Rate:
    """Ask a new juror about all dialogues; return what that gave and took."""
    before, busy, began = processor_seconds(team.containers), busy_seconds(), time.monotonic()
    seconds = run_once(team, f"measured-{number}")
    busy, waited = busy_seconds() - busy, time.monotonic() - began
    used, running = processor_seconds(team.containers), numbers_of(team.containers)
    spent = {name: max(used[name] - before[name] - waited * running[name] * idle[name], 0.0) for name in used}
    return Rate(number, answers, seconds, spent, busy * seconds / waited, os.cpu_count() or 1)


def busy_seconds() -> float:
    """Return the processor seconds that this machine has not been idle, on all cores together."""
    user, nice, system, _idle, _waiting, *interrupts = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / os.sysconf("SC_CLK_TCK")


def processor_seconds(containers: Containers) -> dict[str, float]:
    """Return the processor seconds of the running containers until now, by service."""
    found = listed(containers)
    seconds: dict[str, float] = defaultdict(float)
    for (_id, service), used in zip(found, at_once(*(partial(used_by, each) for each, _ in found)), strict=True):
        seconds[service] += used
    return seconds


def listed(containers: Containers) -> list[tuple[str, str]]:
    """Return the id and service of each running container."""
    form = '{{.ID}} {{.Label "com.docker.compose.service"}}'
    names = run(["docker", "ps", "--filter", f"label=com.docker.compose.project={containers.name}", "--format", form])
    return [(line.split()[0], line.split()[1]) for line in names.splitlines()]


def used_by(container: str) -> float:
    """Return the processor seconds of a container until now."""
    return seconds_in(run(["docker", "exec", container, "sh", "-c", USED]))


def seconds_in(printed: str) -> float:
    """Return the seconds that a control group says: `usage_usec N` in the second version, nanoseconds in the first."""
    first = printed.split()
    return int(first[1]) / 1e6 if first[0] == "usage_usec" else int(first[0]) / 1e9


def limit_of(rates: Sequence[Rate]) -> list[str]:
    """
    Say what an answer takes, what limits its rate, and what that means on hosts with cores of their own.

    Work scales with answers, so that a service whose cores are all busy gives 1 / (its seconds an answer) a core.
    """
    answers = sum(each.answers for each in rates)
    by_answer = {name: 1000 * (sum(each.spent[name] for each in rates) / answers or LEAST) for name in rates[0].spent}
    parts = ", ".join(f"{name} {each:.2f}" for name, each in sorted(by_answer.items(), key=lambda pair: -pair[1]))
    return [
        f"processor time of an answer: {sum(by_answer.values()):.1f} ms, of which {parts}",
        limit_here(rates, sum(by_answer.values())),
        f"on cores of their own: {1000 / by_answer['jury']:.0f} answers a second by core of the jury, and "
        f"{1000 / by_answer['postgres']:.0f} by core of PostgreSQL, which so has enough for "
        f"{by_answer['jury'] / by_answer['postgres']:.0f} cores of the jury; Valkey, which has one, for "
        f"{by_answer['jury'] / by_answer['valkey']:.0f}",
    ]


def limit_here(rates: Sequence[Rate], milliseconds: float) -> str:
    """Say whether the cores of this machine limit the best rate, or something that waits."""
    best = max(rates, key=lambda each: each.answers / each.seconds)
    at_most = 1000 * best.cores / milliseconds
    if best.share_busy >= BUSY:
        return (
            f"the cores limit it: {100 * best.share_busy:.0f} % of them were busy at the best rate. All {best.cores}, "
            f"without other programs, give {at_most:.0f} a second, with any number of containers"
        )
    if more := [each for each in rates if each.number > best.number]:
        rest = " and ".join(f"{each.answers / each.seconds:.0f}" for each in more)
        return (
            f"the cores limit it: {100 * best.share_busy:.0f} % of them were busy at the best rate, with "
            f"{best.number}, and more containers on the same cores gave {rest} a second"
        )
    return (
        f"waiting limits it: {100 * best.share_busy:.0f} % of the cores were busy at the best rate, and more "
        f"containers help up to {at_most:.0f} a second, where all {best.cores} are"
    )

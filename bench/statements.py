"""Find out which statements a piece of work runs, and what PostgreSQL does in each; import it once Django is set up."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import psutil
from django.db import connection, transaction
from psycopg.errors import Diagnostic

# The plans come as notices of this session alone, so nothing is written into the log of the server.
EXPLAIN = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = {least}",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_buffers = on",
    "SET auto_explain.log_format = json",
    "SET auto_explain.log_level = notice",
)
STOP = "SET auto_explain.log_min_duration = -1"
PAGE_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it ran: EXPLAIN (ANALYZE, BUFFERS)."""

    text: str
    milliseconds: float
    node: str
    "Where most of the time went: the kind of the node, and the table or index."
    node_milliseconds: float
    rows: int
    "That this node read or returned."
    megabytes: float
    "Of pages that it read, from memory or from disk, those below it included."


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work: how long it took, and the statements that took longer than some limit."""

    name: str
    milliseconds: float
    processor_milliseconds: float
    "Of this process and of its session in PostgreSQL, without the processes that share its scans."
    statements: list[Statement]

    @property
    def slowest(self) -> Statement | None:
        return max(self.statements, key=lambda each: each.milliseconds, default=None)


def explained(name: str, work: Callable[[], Any], *, undoes: bool = True, least: int = 1) -> Work:
    """
    Run a piece of work in this thread, and return how it was done.

    :param undoes: whether what it writes is undone; not for work that begins a snapshot of its own
    :param least: milliseconds from which on a statement is told of
    """
    with plans(least) as statements, undone() if undoes else nullcontext():
        began, used = time.perf_counter(), processor_seconds()
        work()
        seconds, processor = time.perf_counter() - began, processor_seconds() - used
    return Work(name, 1000 * seconds, 1000 * processor, statements)


def processor_seconds() -> float:
    """Return the processor time of this process and of its session until now."""
    session = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + session.user + session.system


@contextmanager
def undone() -> Iterator[None]:
    """Undo at the end what the block wrote."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def plans(least: int) -> Iterator[list[Statement]]:
    """Yield a list of the statements that end during the block."""
    found: list[Statement] = []

    def read(notice: Diagnostic) -> None:
        text = notice.message_primary or ""
        if text.startswith("duration:"):
            found.append(statement_of(text))

    connection.ensure_connection()
    session = connection.connection
    for each in EXPLAIN:
        session.execute(each.format(least=least))
    session.add_notice_handler(read)
    try:
        yield found
    finally:
        session.remove_notice_handler(read)
        session.execute(STOP)


def statement_of(notice: str) -> Statement:
    """Read a notice of auto_explain: `duration: 12.3 ms  plan:` and a plan as JSON."""
    first, _, plan = notice.partition("plan:")
    explained_plan = json.loads(plan)
    node, own = max(own_times(explained_plan["Plan"]), key=lambda each: each[1])
    return Statement(
        text=" ".join(explained_plan.get("Query Text", "").split()),
        milliseconds=float(first.split()[1]),
        node=name_of(node),
        node_milliseconds=own,
        rows=round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]),
        megabytes=(node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)) * PAGE_BYTES / 2**20,
    )


def own_times(node: dict[str, Any], processes: int = 1) -> Iterator[tuple[dict[str, Any], float]]:
    """
    Yield each node of a plan, and its milliseconds without those of the nodes below it.

    :param processes: that share the node, and take its time at once
    """
    below = processes + node.get("Workers Launched", 0)
    inner = sum(milliseconds_of(each, below) for each in node.get("Plans", []))
    yield node, max(milliseconds_of(node, processes) - inner, 0.0)
    for each in node.get("Plans", []):
        yield from own_times(each, below)


def milliseconds_of(node: dict[str, Any], processes: int) -> float:
    """Return the time of a node and of all below it; 0 for one that was never needed."""
    return float(node.get("Actual Total Time", 0.0) * node["Actual Loops"] / processes)


def name_of(node: dict[str, Any]) -> str:
    """Return what a node does, and on what."""
    what = node.get("Index Name") or node.get("Relation Name") or node.get("CTE Name") or node.get("Function Name")
    return f"{node['Node Type']} {what}" if what else str(node["Node Type"])

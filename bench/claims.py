"""A claim as the queue makes it beside the barest one that is still right, both driven by pgbench."""

import os
import re
import statistics
import subprocess
from pathlib import Path

from annotation.queue import CLAIM_FROM_POOL, RENEW_HELD
from annotation.session import LOCK_SESSION
from config.embedded.postgres import binary

# Nothing but what keeps a slot from being given twice and an item from being judged twice by one person.
BARE = """
    UPDATE annotation_slot SET lease = gen_random_uuid(), leased_to_id = :annotator,
        leased_until = now() + interval '30 minutes'
    WHERE id = (
        SELECT s.id FROM annotation_slot s
        WHERE s.project_id = :project AND s.vote_id IS NULL AND s.batch_id IS NULL
            AND (s.leased_until IS NULL OR s.leased_until < now()) AND s.position >= :start
            AND (SELECT true FROM annotation_vote v
                WHERE v.item_id = s.item_id AND v.annotator_id = :annotator AND v.is_current) IS NULL
        ORDER BY s.project_id, s.batch_id, s.position LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""
TURNS = 3
# Each claim is taken back, so that every one finds the same queue; and so neither pays for the disk.
FRAME = """
\\set annotator {annotator} + :client_id
\\set user {user} + :client_id
\\set start random(0, 900000) / 1000000.0
BEGIN;
{statements}
ROLLBACK;
"""


def latencies(folder: Path, *, project: int, annotator: int, user: int, clients: int, seconds: int) -> dict[str, float]:
    """
    Return milliseconds: `bare`, `claim` for the queue's own statement, `session` for what it asks before that.

    Each is driven by itself, in turns, and the median of the turns is given.

    :param annotator: the first of as many that follow one another, as `user` is
    """
    scripts = {
        "bare": [one_line(BARE)],
        "claim": [as_script(CLAIM_FROM_POOL)],
        "session": [as_script(LOCK_SESSION), as_script(RENEW_HELD)],
    }
    told: dict[str, list[float]] = {name: [] for name in scripts}
    for _ in range(TURNS):
        for name, statements in scripts.items():
            text = ";\n".join(statements).replace(":project", str(project)) + ";"
            (folder / name).write_text(FRAME.format(annotator=annotator, user=user, statements=text))
            told[name].append(sum(drive(folder / name, clients, seconds)))
    return {name: statistics.median(taken) for name, taken in told.items()}


def as_script(statement: str) -> str:
    """Write a statement of ours with the variables of pgbench."""
    text = statement.replace("%(lease)s", "gen_random_uuid()").replace("%(minutes)s", "30")
    text = text.replace("%(opted_out)s", "'{}'")
    return one_line(re.sub(r"%\((\w+)\)s", r":\1", text))


def one_line(statement: str) -> str:
    return " ".join(statement.split())


def drive(script: Path, clients: int, seconds: int) -> list[float]:
    """Return the mean latency in milliseconds of every statement between BEGIN and ROLLBACK."""
    command = [binary("pgbench"), "--no-vacuum", "--protocol=prepared", "--report-per-command", "--file", str(script)]
    command += [f"--client={clients}", "--jobs=2", f"--time={seconds}", os.environ["DATABASE_URL"]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split(None, 2) for line in done.stdout.splitlines() if re.match(r"\s+\d+\.\d+\s+\d+\s+\S", line)]
    taken = [(float(milliseconds), text) for milliseconds, _failures, text in lines]
    names = [text for _, text in taken]
    return [milliseconds for milliseconds, _ in taken[names.index("BEGIN;") + 1 : names.index("ROLLBACK;")]]

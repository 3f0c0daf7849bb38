"""Time the claim of the queue beside the simplest correct claim, both driven by pgbench."""

import os
import re
import statistics
import subprocess
from pathlib import Path

from django.conf import settings

from annotation.claims import CLAIM_FROM_POOL
from annotation.queue import RENEW_HELD
from annotation.session import LOCK, READ
from config.embedded.postgres import binary

# Only what keeps a slot from being leased twice and an annotator from voting twice on an item.
BASELINE = """
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
REPEAT = 3
# Each claim is rolled back, so that all find the same queue and none waits for the disk.
FRAME = """
\\set annotator {annotator} + :client_id
\\set user {user} + :client_id
\\set start random(0, 900000) / 1000000.0
BEGIN;
{statements}
ROLLBACK;
"""


def latencies(folder: Path, *, project: int, annotator: int, user: int, clients: int, until: str) -> dict[str, float]:
    """
    Return milliseconds of the `baseline` claim, of the `claim` of the queue, and of the statements before it.

    `session` locks and reads a person's session, as a vote does; `renewal` also renews the lease they hold, as the
    request for a next item does.

    Each runs alone, in turn; the figure is the median of the repeats.

    :param annotator: the first of `clients` consecutive ids, as is `user`
    :param until: the option of pgbench that ends a run
    """
    scripts = {
        "baseline": [f"{one_line(BASELINE)};"],
        "claim": [as_script(CLAIM_FROM_POOL)],
        "session": ["\\startpipeline", *map(as_script, (LOCK, READ)), "\\endpipeline"],
        "renewal": ["\\startpipeline", *map(as_script, (LOCK, READ, RENEW_HELD)), "\\endpipeline"],
    }
    measured: dict[str, list[float]] = {name: [] for name in scripts}
    for _ in range(REPEAT):
        for name, statements in scripts.items():
            text = "\n".join(statements).replace(":project", str(project))
            (folder / name).write_text(FRAME.format(annotator=annotator, user=user, statements=text))
            measured[name].append(sum(statement_latencies(folder / name, clients, until)))
    return {name: statistics.median(times) for name, times in measured.items()}


def as_script(statement: str) -> str:
    """Return a statement of the queue with variables of pgbench as its parameters."""
    text = statement.replace("%(lease)s", "gen_random_uuid()").replace("%(minutes)s", "30")
    text = text.replace("%(opted_out)s", "'{}'")
    return one_line(re.sub(r"%\((\w+)\)s", r":\1", text)) + ";"


def one_line(statement: str) -> str:
    return " ".join(statement.split())


def statement_latencies(script: Path, clients: int, until: str) -> list[float]:
    """Return the mean latency in milliseconds of every statement between BEGIN and ROLLBACK."""
    command = [binary("pgbench"), "--no-vacuum", "--protocol=prepared", "--report-per-command", "--file", str(script)]
    command += [f"--client={clients}", "--jobs=2", until, os.environ["DATABASE_URL"]]
    environment = os.environ | {"PGOPTIONS": settings.DATABASES["default"]["OPTIONS"]["options"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lines = [line.split(None, 2) for line in done.stdout.splitlines() if re.match(r"\s+\d+\.\d+\s+\d+\s+\S", line)]
    times = [(float(milliseconds), text) for milliseconds, _failures, text in lines]
    names = [text for _, text in times]
    return [milliseconds for milliseconds, _ in times[names.index("BEGIN;") + 1 : names.index("ROLLBACK;")]]

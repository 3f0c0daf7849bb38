"""
Measure a recount at 34,248 items with two questions beside one without.

    python -m bench.questions [--repeat 5] [--small]

Both recounts decide everything anew, on the same opinions, in turn; then nothing has changed and both only compare. A
figure is the median of the processor time of the database's process, which other work on the machine changes little;
the limit holds for the ratio of the first. Needs Linux. Absolute figures depend on the machine.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from bench.corpus import SMALL, TRUE_SCALE, write_dialogues, write_votes
from bench.options import at_least_one
from bench.temporary_home import temporary_home

Seconds = tuple[float, ...]
LIMIT = 1.5
PRESETS = ("response_refusal", "severity")
# Every opinion answers both, unevenly; votes are never edited, so a trigger is turned off.
ANSWER = """
UPDATE {table} o SET answers = jsonb_build_object(
    'severity', (ARRAY['none', 'mild', 'moderate', 'severe', 'extreme'])[1 + hashint8(o.id) & 3])
    || CASE WHEN has_response THEN jsonb_build_object(
        'response_refusal', CASE WHEN hashint8(o.id * 7) & 3 = 0 THEN 'refusal' ELSE 'compliance' END) ELSE '{{}}' END
FROM corpus_item i WHERE i.id = item_id AND i.project_id = %s
"""
FORGET = "DELETE FROM {table} o USING corpus_item i WHERE i.id = o.item_id AND i.project_id = %s"
DECIDED = ("adjudication_answerdecision", "adjudication_case", "adjudication_decision")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.questions")
    parser.add_argument("--repeat", type=at_least_one, default=5)
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, once, without a limit")
    options = parser.parse_args()
    count, repeat = (SMALL, 1) if options.small else (TRUE_SCALE, options.repeat)
    with temporary_home() as folder:
        without, with_two = measure(folder, count, repeat)
    for name, before, after in zip(("recount", "again"), without, with_two, strict=True):
        ratio = after / max(before, 0.01)
        print(f"{name:<10}{before:8.2f} s without, {after:8.2f} s with two questions: {ratio:.2f} times")
    return 0 if options.small else int(with_two[0] > LIMIT * without[0])


def measure(folder: Path, count: int, repeat: int) -> tuple[Seconds, Seconds]:
    """Return the processor time of a recount and of the next one, without questions and with two."""
    from corpus.actions import add_question, create_project, import_dialogues
    from corpus.question_rules import PRESETS as QUESTIONS
    from workspace.actions import import_opinions

    project = create_project(slug="questions")
    dialogues, votes = folder / "dialogues.jsonl", folder / "votes.csv"
    write_votes(votes, write_dialogues(dialogues, times=1, count=count))
    import_dialogues(project=project, path=dialogues, on_reject=print)
    import_opinions(project=project, path=votes, on_reject=print)
    answer_all(project.pk)
    for key in PRESETS:
        add_question(project=project, by=None, **QUESTIONS[key])
    rounds = [
        (recount_seconds(project, has_questions=False), recount_seconds(project, has_questions=True))
        for _ in range(repeat)
    ]
    without, with_two = ([sorted(figures) for figures in zip(*side, strict=True)] for side in zip(*rounds, strict=True))
    return tuple(map(statistics.median, without)), tuple(map(statistics.median, with_two))


def recount_seconds(project: Any, *, has_questions: bool) -> Seconds:
    """Return the processor time of a recount that decides everything anew, and of one right after."""
    project.has_questions = has_questions
    project.save(update_fields=["has_questions"])
    for table in DECIDED:
        execute(FORGET.format(table=table), project.pk)
    execute("VACUUM ANALYZE adjudication_decision, adjudication_answerdecision, annotation_vote, jury_ballot")
    return timed_recount(project), timed_recount(project)


def timed_recount(project: object) -> float:
    """Return how many seconds of processor time the database spends on a recount."""
    from adjudication.actions import recount

    begun = database_seconds()
    recount(project=project)
    return database_seconds() - begun


def database_seconds() -> float:
    """Return the processor time that the database's process of this connection has taken."""
    [process] = execute("SELECT pg_backend_pid()")
    # After the name in brackets, which may hold anything: fields 14 and 15 of proc(5) are user and system time.
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def answer_all(project: int) -> None:
    """Let every opinion of a project answer both questions."""
    execute("SET session_replication_role = replica")
    for table in ("annotation_vote", "jury_ballot"):
        execute(ANSWER.format(table=table), project)
    execute("SET session_replication_role = DEFAULT")


def execute(statement: str, *parameters: int) -> tuple[Any, ...]:
    """Run one SQL statement, and return its first row if it has rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone() if cursor.description else ()


if __name__ == "__main__":
    sys.exit(main())

"""
Time a recount at 34,248 items with two questions beside one without.

    python -m bench.questions [--repeat 3] [--small]

Both recounts decide everything anew, on the same opinions; then nothing has changed and both only compare. A figure is
the median; the limit holds for the ratio of the first. Absolute figures depend on the machine.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

from bench.corpus import SMALL, TRUE_SCALE, write_dialogues, write_votes
from bench.options import at_least_one
from bench.temporary_home import temporary_home

LIMIT = 1.5
PRESETS = ("response_refusal", "severity")
# Every opinion answers both, unevenly; votes are never edited, so a trigger is turned off.
ANSWER = """
UPDATE {table} o SET answers = jsonb_build_object(
    'severity', (ARRAY['none', 'mild', 'moderate', 'severe', 'extreme'])[1 + hashint8(o.id) & 3])
    || CASE WHEN has_response THEN jsonb_build_object(
        'response_refusal', CASE WHEN hashint8(o.id * 7) & 3 = 0 THEN 'refusal' ELSE 'compliance' END) ELSE '{{}}' END
FROM corpus_item i WHERE i.id = item_id
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.questions")
    parser.add_argument("--repeat", type=at_least_one, default=3)
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, without a limit")
    options = parser.parse_args()
    with temporary_home() as folder:
        without, with_two = measure(folder, SMALL if options.small else TRUE_SCALE, options.repeat)
    for name, before, after in zip(("recount", "again"), without, with_two, strict=True):
        print(f"{name:<10}{before:8.2f} s without, {after:8.2f} s with two questions: {after / before:.2f} times")
    return 0 if options.small else int(with_two[0] > LIMIT * without[0])


def measure(folder: Path, count: int, repeat: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the seconds of a recount and of the next one, without questions and with two."""
    from corpus.actions import add_question, create_project, import_dialogues
    from corpus.question_rules import PRESETS as QUESTIONS
    from workspace.actions import import_opinions

    project = create_project(slug="questions")
    dialogues, votes = folder / "dialogues.jsonl", folder / "votes.csv"
    write_votes(votes, write_dialogues(dialogues, times=1, count=count))
    import_dialogues(project=project, path=dialogues, on_reject=print)
    import_opinions(project=project, path=votes, on_reject=print)
    answer_all()
    without = recount_seconds(project, repeat)
    for key in PRESETS:
        add_question(project=project, by=None, **QUESTIONS[key])
    return without, recount_seconds(project, repeat)


def recount_seconds(project: object, repeat: int) -> tuple[float, float]:
    """Return the medians of recounts that decide everything anew, and of those right after."""
    rounds = []
    for _ in range(repeat):
        execute("DELETE FROM adjudication_answerdecision")
        execute("DELETE FROM adjudication_case")
        execute("DELETE FROM adjudication_decision")
        execute("VACUUM ANALYZE adjudication_decision, adjudication_answerdecision, annotation_vote, jury_ballot")
        rounds.append((timed_recount(project), timed_recount(project)))
    first, again = zip(*rounds, strict=True)
    return statistics.median(first), statistics.median(again)


def timed_recount(project: object) -> float:
    """Return how many seconds a recount takes."""
    from adjudication.actions import recount

    begun = time.perf_counter()
    recount(project=project)
    return time.perf_counter() - begun


def answer_all() -> None:
    """Let every opinion answer both questions."""
    execute("SET session_replication_role = replica")
    for table in ("annotation_vote", "jury_ballot"):
        execute(ANSWER.format(table=table))
    execute("SET session_replication_role = DEFAULT")


def execute(statement: str) -> None:
    """Run one SQL statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


if __name__ == "__main__":
    sys.exit(main())

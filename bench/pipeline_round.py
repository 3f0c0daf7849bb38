"""
One round of bench.pipeline: a fresh project through the stages and through their floors.

    python -m bench.pipeline_round DIALOGUES VOTES      prints the figures as JSON in its last line
"""

import json
import subprocess
import sys
from pathlib import Path

from bench.temporary_home import temporary_home

ANALYZE = "VACUUM ANALYZE corpus_item, annotation_vote, jury_ballot, adjudication_decision"


def main() -> None:
    dialogues, votes = map(Path, sys.argv[1:])
    with temporary_home() as folder:
        print(json.dumps(one_round(dialogues, votes, folder)))


def one_round(dialogues: Path, votes: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Return seconds and megabytes of every stage and every floor, by name."""
    from bench.sql_baseline import prepare_items
    from corpus.actions import create_project

    ours, floor = create_project(slug="ours"), create_project(slug="floor")
    figures = {"import_dialogues": run("import_dialogues", "ours", dialogues)}
    prepared = folder / "prepared"
    prepare_items(ours, floor, prepared)
    figures["import_floor"] = run("import_floor", "floor", prepared)
    empty(floor.pk)
    figures["import_votes"] = run("import_votes", "ours", votes)
    analyze()
    for stage, name in (("recount_floor",) * 2, ("recount",) * 2, ("recount", "recount_again")):
        figures[name] = run(stage, "ours")
    analyze()
    for name in ("export_floor", "export"):
        figures[name] = run(name, "ours", folder / "export.json")
    with (folder / "export.json").open("rb") as file:
        figures["export"]["rows"] = len(json.load(file))
    return figures


def run(name: str, *arguments: object) -> dict[str, float]:
    """Run a stage in a process of its own; print and return its seconds and megabytes."""
    command = [sys.executable, "-m", "bench.measured", name, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figure: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {name:<18}{figure['seconds']:8.2f} s {figure['megabytes']:7.0f} MB", flush=True)
    return figure


def analyze() -> None:
    """Let the floors know of the tables what the commands let themselves know."""
    execute(ANALYZE)


def empty(project: int) -> None:
    """Delete the items of the floor's project, which no opinion and no event refers to."""
    execute("DELETE FROM corpus_item WHERE project_id = %s", [project])


def execute(statement: str, parameters: list[int] | None = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


if __name__ == "__main__":
    main()

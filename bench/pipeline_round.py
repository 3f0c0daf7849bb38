"""
Run one round of bench.pipeline: all stages and their SQL baselines on a new project.

    python -m bench.pipeline_round DIALOGUES VOTES      prints the figures as JSON on the last line
"""

import json
import sys
from pathlib import Path

from bench.alone import run_alone
from bench.temporary_home import temporary_home

ANALYZE = "VACUUM ANALYZE corpus_item, annotation_vote, jury_ballot, adjudication_decision"


def main() -> None:
    dialogues, votes = map(Path, sys.argv[1:])
    with temporary_home() as folder:
        print(json.dumps(measure_stages(dialogues, votes, folder)))


def measure_stages(dialogues: Path, votes: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Return seconds and megabytes of every stage and every baseline, by name."""
    from bench.sql_baseline import prepare_items, prepare_opinions
    from corpus.actions import create_project

    ours, baseline = create_project(slug="ours"), create_project(slug="baseline")
    figures = {"import_dialogues": run_stage("import_dialogues", "ours", dialogues)}
    prepared = folder / "prepared"
    prepare_items(ours, baseline, prepared)
    figures["import_baseline"] = run_stage("import_baseline", "baseline", prepared)
    delete_items(baseline.pk)
    figures["import_votes"] = run_stage("import_votes", "ours", votes)
    prepare_opinions(ours, folder / "opinions")
    delete_opinions(ours.pk)
    figures["votes_baseline"] = run_stage("votes_baseline", "ours", folder / "opinions")
    analyze()
    for stage, name in (("recount_baseline",) * 2, ("recount",) * 2, ("recount", "recount_again")):
        figures[name] = run_stage(stage, "ours")
    analyze()
    for name in ("export_baseline", "export"):
        figures[name] = run_stage(name, "ours", folder / "export.json")
    with (folder / "export.json").open("rb") as file:
        figures["export"]["rows"] = len(json.load(file))
    return figures


def run_stage(name: str, *arguments: object) -> dict[str, float]:
    """Run a stage in a separate process; print and return its seconds and megabytes."""
    from bench.stage import measure

    figure = run_alone(measure, name, *map(str, arguments))
    print(f"  {name:<18}{figure['seconds']:8.2f} s {figure['megabytes']:7.0f} MB", flush=True)
    return figure


def analyze() -> None:
    """Update the statistics of the tables, as the commands do, so that the baselines have them too."""
    execute(ANALYZE)


def delete_items(project: int) -> None:
    """Delete the items of the baseline project, to which no opinion and no event refers."""
    execute("DELETE FROM corpus_item WHERE project_id = %s", [project])


def delete_opinions(project: int) -> None:
    """Delete a project's opinions and free their space, so that the baseline fills the same tables and indexes."""
    execute("SET session_replication_role = replica")  # votes are append-only by a trigger, which this turns off
    for table in ("annotation_vote", "jury_ballot"):
        execute(f"DELETE FROM {table} o USING corpus_item i WHERE i.id = o.item_id AND i.project_id = %s", [project])
    execute("SET session_replication_role = DEFAULT")
    execute("VACUUM annotation_vote, jury_ballot")


def execute(statement: str, parameters: list[int] | None = None) -> None:
    """Run one SQL statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


if __name__ == "__main__":
    main()

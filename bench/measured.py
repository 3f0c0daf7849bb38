"""
One measured piece of work, in a process of its own so that its memory is its own.

    python -m bench.measured NAME PROJECT [PATH]      prints {"seconds", "megabytes"} as JSON

`megabytes` is the peak above the process with all imports done and the database open.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()


from adjudication import actions as adjudication_actions
from adjudication import queries
from bench import sql_baseline
from bench.memory import peak_megabytes
from corpus import actions as corpus
from corpus.models import Project
from corpus.snapshot import snapshot
from releases.exporting import KEYS, ExportQuery, stream_dataset
from workspace import actions as adjudication


def import_dialogues(project: Project, path: Path) -> None:
    corpus.import_dialogues(project=project, path=path, on_reject=print)


def import_votes(project: Project, path: Path) -> None:
    adjudication.import_opinions(project=project, path=path, on_reject=print)


def import_floor(project: Project, path: Path) -> None:
    sql_baseline.copy_items(project, path)


def recount(project: Project, _path: Path) -> None:
    adjudication_actions.recount(project=project)


def recount_floor(project: Project, _path: Path) -> None:
    sql_baseline.group_by(project)


def export(project: Project, path: Path) -> None:
    with snapshot(), path.open("wb") as file:
        for block in stream_dataset(ExportQuery(project, project.policy), "json"):
            file.write(block)


def export_floor(project: Project, path: Path) -> None:
    with snapshot(), path.open("wb") as file:
        for block in ExportQuery(project, project.policy).lines(KEYS):
            file.write(block)


WORK: dict[str, Callable[[Project, Path], None]] = {
    work.__name__: work
    for work in (import_dialogues, import_votes, import_floor, recount, recount_floor, export, export_floor)
}


def main() -> None:
    name, slug, path = sys.argv[1], sys.argv[2], Path(sys.argv[3] if len(sys.argv) > 3 else "/dev/null")
    project = Project.objects.select_related("taxonomy").get(slug=slug)
    queries.fingerprint(project, {})
    idle, began = peak_megabytes(), time.perf_counter()
    WORK[name](project, path)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes() - idle}))


if __name__ == "__main__":
    main()

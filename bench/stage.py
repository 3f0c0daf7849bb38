"""One stage of the pipeline, to be run in a process of its own, which has this module loaded."""

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from adjudication import actions as adjudication_actions
from adjudication import queries
from adjudication.policies import policy_of
from bench import sql_baseline
from bench.memory import peak_megabytes
from corpus import actions as corpus
from corpus.models import Project
from corpus.snapshot import snapshot
from releases.exporting import ExportQuery, stream_dataset
from releases.row_keys import KEYS
from workspace import actions as workspace


def import_dialogues(project: Project, path: Path) -> None:
    corpus.import_dialogues(project=project, path=path, on_reject=print)


def import_votes(project: Project, path: Path) -> None:
    workspace.import_opinions(project=project, path=path, on_reject=print)


def import_baseline(project: Project, path: Path) -> None:
    sql_baseline.copy_items(project, path)


def votes_baseline(project: Project, path: Path) -> None:
    sql_baseline.copy_opinions(project, path)


def recount(project: Project, _path: Path) -> None:
    adjudication_actions.recount(project=project)


def recount_baseline(project: Project, _path: Path) -> None:
    sql_baseline.group_by(project)


def export(project: Project, path: Path) -> None:
    with snapshot(), path.open("wb") as file:
        for block in stream_dataset(ExportQuery(project, project.policy), "json"):
            file.write(block)


def export_baseline(project: Project, path: Path) -> None:
    with snapshot(), path.open("wb") as file:
        for block in ExportQuery(project, project.policy).json_lines(KEYS):
            file.write(block)


STAGES: dict[str, Callable[[Project, Path], None]] = {
    stage.__name__: stage
    for stage in (
        *(import_dialogues, import_votes, import_baseline, votes_baseline),
        *(recount, recount_baseline, export, export_baseline),
    )
}


def measure(name: str, slug: str, path: str = "/dev/null") -> dict[str, float]:
    """
    Run a stage on a project; return `seconds`, `megabytes` and `processor_seconds`.

    `megabytes` is the peak memory above that of the process with its imports done and its connection open.
    """
    project = Project.objects.select_related("taxonomy").get(slug=slug)
    queries.fingerprint(project, policy_of(project))
    idle, began, used = peak_megabytes(), time.perf_counter(), time.process_time()
    STAGES[name](project, Path(path))
    seconds, processor_seconds = time.perf_counter() - began, time.process_time() - used
    megabytes = peak_megabytes() - idle
    return {"seconds": seconds, "megabytes": megabytes, "processor_seconds": processor_seconds}


gc.freeze()  # what is loaded by now is no garbage of a stage, and looking at it would copy memory that forks share

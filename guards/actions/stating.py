"""Keep what the papers of releases state of evaluations on twins."""

from datetime import UTC
from typing import Any

from django.db import transaction
from django.utils import timezone

from adjudication.models import StatedFigures
from corpus.models import Project
from guards.figures.twins import stated_flips, twin_figures
from guards.models import Evaluation
from guards.queries.evaluations import evaluated_cases, finished_on_twins

TWINS = StatedFigures.Kind.TWINS


@transaction.atomic
def state_twins(*, project: Project) -> bool:
    """Keep the flips of the latest finished evaluation of each guard on each set of twins; return if any are new."""
    finished = {str(each.pk): each for each in finished_on_twins(project)}
    row = StatedFigures.objects.select_for_update().filter(project=project, kind=TWINS).first()
    known: dict[str, Any] = row.content["evaluations"] if row else {}
    if finished.keys() == known.keys():
        return False
    content = {"evaluations": {key: known.get(key) or flips_on(each) for key, each in finished.items()}}
    StatedFigures.objects.update_or_create(
        project=project, kind=TWINS, defaults={"content": content, "made_at": timezone.now()}
    )
    return True


def flips_on(evaluation: Evaluation) -> dict[str, Any]:
    """Return what is stated of one evaluation."""
    figures, made = twin_figures(evaluated_cases(evaluation)), evaluation.benchmark.twins or {}
    return {
        "model": evaluation.juror.model,
        "prompt": evaluation.juror.prompt.name,
        "benchmark": evaluation.benchmark.name,
        "task": evaluation.benchmark.task,
        "terms_version": made.get("terms_version"),
        "day": f"{(evaluation.run.finished_at or evaluation.started_at).astimezone(UTC):%Y-%m-%d}",
        **stated_flips(figures),
    }

"""Results of people on gold, repeats and audits."""

from typing import Any

from annotation.models import Audit, Gold
from annotation.queries import ReadingPace, annotator_checks, reading_paces
from corpus.models import Project
from quality.statistics.scores import share

CHECKS = (("gold", "gold_right"), ("repeats", "same"), ("audited", "audited_alike"))
"Columns of `annotator_checks`: how many checks of a kind a person had, and how many of them agree."


def check_figures(project: Project) -> dict[str, Any]:
    """Return the results of every person, and the progress of gold and audits."""
    audits = Audit.objects.filter(project=project)
    paces = {pace.user: pace for pace in reading_paces(project)}
    return {
        "people": [person_figures(row) | pace_figures(paces.get(row["user"])) for row in annotator_checks(project)],
        "gold_items": Gold.objects.filter(project=project).count(),
        "audits_drawn": audits.count(),
        "audits_done": audits.filter(audited_at__isnull=False).count(),
    }


def person_figures(row: dict[str, Any]) -> dict[str, Any]:
    """Return one person's checks by kind: how many, how many agree, and their share, 0 to 1."""
    figures = {"rater": row["name"], "votes": row["votes"], "seconds": row["seconds"]}
    for check, agreeing in CHECKS:
        figures[check] = {"n": row[check], "alike": row[agreeing], "share": share(row[agreeing], row[check])}
    return figures


def pace_figures(pace: ReadingPace | None) -> dict[str, Any]:
    """Return how many of a person's votes of known time came faster than the dialogue can be read, and the share."""
    timed, too_fast = (pace.votes, pace.too_fast) if pace else (0, 0)
    return {"too_fast": {"n": timed, "alike": too_fast, "share": share(too_fast, timed)}}

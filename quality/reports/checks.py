"""How people did on gold, on repeats and in audits."""

from typing import Any

from annotation.models import Audit, Gold
from annotation.queries import annotator_checks
from corpus.models import Project
from quality.statistics.scores import share

COMPARED = (("gold", "gold_right"), ("repeats", "same"), ("audited", "audited_alike"))


def measure(project: Project) -> dict[str, Any]:
    people = [of_person(row) for row in annotator_checks(project)]
    audits = Audit.objects.filter(project=project)
    return {
        "people": people,
        "gold_items": Gold.objects.filter(project=project).count(),
        "audits_drawn": audits.count(),
        "audits_done": audits.filter(audited_at__isnull=False).count(),
    }


def of_person(row: dict[str, Any]) -> dict[str, Any]:
    told = {"rater": row["name"], "votes": row["votes"], "seconds": row["seconds"]}
    for of, right in COMPARED:
        told[of] = {"n": row[of], "alike": row[right], "share": share(row[right], row[of])}
    return told

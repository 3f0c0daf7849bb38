"""Reads that a release and an export need."""

from typing import Any

from django.db import connection

from annotation.models import Vote
from corpus.models import Project
from jury.models import Ballot


def guidelines_in_use(project: Project) -> list[str]:
    """Name the guideline versions that current votes were cast under."""
    votes = Vote.objects.filter(annotator__project=project, is_current=True)
    return sorted(set(votes.values_list("guideline__name", flat=True)))


def rater_counts(project: Project) -> dict[str, int]:
    """Count the people and the jurors who have a current opinion in the project."""
    people = Vote.objects.filter(annotator__project=project, is_current=True)
    jurors = Ballot.objects.filter(juror__project=project, is_current=True, outcome=Ballot.Outcome.CAST)
    return {
        "human": people.values("annotator").distinct().count(),
        "llm": jurors.values("juror").distinct().count(),
    }


# The sum, because a change that began before another and ended after it moves neither count nor maximum.
EXPORT_STATE = """
SELECT count(*), max(d.changed_at), sum(extract(epoch FROM d.changed_at)),
    count(*) FILTER (WHERE i.withdrawn_at IS NULL),
    (SELECT items_version FROM corpus_project WHERE id = %(project)s)
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE i.project_id = %(project)s AND d.policy = %(policy)s
"""


def export_state(project: Project, policy: str) -> list[Any]:
    """Return a small value that differs whenever an export could give other rows."""
    with connection.cursor() as cursor:
        cursor.execute(EXPORT_STATE, {"project": project.pk, "policy": policy})
        return [str(value) for value in cursor.fetchone()]

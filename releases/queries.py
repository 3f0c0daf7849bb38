"""Reads for releases and exports."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from adjudication.policies import policy_of
from adjudication.queries import fingerprint
from annotation.queries import votes_in
from corpus.errors import Refused
from corpus.models import Project
from jury.models import Ballot
from jury.queries import ballots_in
from releases.exporting import ExportQuery
from releases.models import Release


def find_release(project: Project, version: str) -> Release:
    """
    Return a release of a project.

    :raises Refused: if there is none of that version
    """
    releases = Release.objects.filter(project=project)
    if found := releases.filter(version=version).first():
        return found
    known = ", ".join(releases.order_by("pk").values_list("version", flat=True)) or "none yet"
    raise Refused(f"{project.slug} has no release {version!r}. Known: {known}.")


def is_released(licenses: Sequence[str] | None) -> Q:
    """
    Return the condition by which an opinion is in `votes.parquet`.

    :param licenses: of the released dialogues; None for all
    """
    of_items = Q(is_current=True, item__withdrawn_at=None)
    return of_items if licenses is None else of_items & Q(item__license__in=licenses)


def guidelines_in_use(project: Project, licenses: Sequence[str] | None) -> list[str]:
    """Return the names of the guideline versions of the released votes, sorted."""
    votes = votes_in(project).filter(is_released(licenses))
    return sorted(set(votes.values_list("guideline__name", flat=True)))


def rater_counts(project: Project, licenses: Sequence[str] | None) -> dict[str, int]:
    """Return the number of annotators (`human`) and jurors (`llm`) of whom an opinion is released."""
    votes = votes_in(project).filter(is_released(licenses))
    ballots = ballots_in(project).filter(is_released(licenses), outcome=Ballot.Outcome.CAST)
    return {
        "human": votes.values("annotator").distinct().count(),
        "llm": ballots.values("juror").distinct().count(),
    }


# The sum also detects a change that began before the latest one and was committed after it.
EXPORT_STATE = """
SELECT count(*), max(d.changed_at), sum(extract(epoch FROM d.changed_at)),
    count(*) FILTER (WHERE i.withdrawn_at IS NULL),
    (SELECT items_version FROM corpus_project WHERE id = %(project)s)
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE i.project_id = %(project)s AND d.policy = %(policy)s
"""

ANSWER_STATE = """
SELECT count(*), max(a.changed_at), sum(extract(epoch FROM a.changed_at))
FROM adjudication_answerdecision a JOIN corpus_item i ON i.id = a.item_id
WHERE i.project_id = %(project)s AND a.policy = %(policy)s
"""


def export_state(query: ExportQuery) -> Any:
    """Return a value that changes whenever the rows of an export may have changed."""
    if query.counts_now:
        return fingerprint(query.project, policy_of(query.project, query.policy))
    states = [EXPORT_STATE, ANSWER_STATE] if query.answers.questions else [EXPORT_STATE]
    with connection.cursor() as cursor:
        found: list[str] = []
        for state in states:
            cursor.execute(state, {"project": query.project.pk, "policy": query.policy})
            found += map(str, cursor.fetchone())
        return found

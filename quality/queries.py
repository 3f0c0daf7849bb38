"""Reads of opinions, raters and decided labels, named for what comes back."""

from typing import Any

from django.db import connection

from annotation.models import Annotator
from corpus.models import Item, Project
from jury.models import Juror

CHECKS_FINGERPRINT = """
SELECT json_build_object(
    'gold', (SELECT json_build_array(count(*), max(set_at)) FROM annotation_gold WHERE project_id = %(project)s),
    'audits', (SELECT json_build_array(count(*), count(audited_at), max(audited_at)) FROM annotation_audit
        WHERE project_id = %(project)s),
    'checks', (SELECT json_build_array(count(vote_id), max(vote_id)) FROM annotation_check c
        JOIN annotation_annotator a ON a.id = annotator_id WHERE project_id = %(project)s)
)
"""


def checks_fingerprint(project: Project) -> dict[str, Any]:
    """Return a small value that differs whenever gold, audits or answers to checks do."""
    with connection.cursor() as cursor:
        cursor.execute(CHECKS_FINGERPRINT, {"project": project.pk})
        counts: dict[str, Any] = cursor.fetchone()[0]
    return counts


OPINIONS = """
SELECT item_id, 'human' AS kind, annotator_id AS rater, prompt_label, response_label, categories, cast_at
FROM annotation_vote JOIN corpus_item i ON i.id = item_id
WHERE i.project_id = %(project)s AND is_current AND %(human)s
UNION ALL
SELECT item_id, 'llm', juror_id, prompt_label, response_label, categories, cast_at
FROM jury_ballot JOIN corpus_item i ON i.id = item_id
WHERE i.project_id = %(project)s AND is_current AND outcome = 'cast' AND %(llm)s
"""
# The set of categories as one value; an opinion with a hazard and no category was not asked for any.
CATEGORY_SET = """
CASE WHEN categories <> '{}'
    THEN (SELECT string_agg(DISTINCT slug, ';' ORDER BY slug) FROM unnest(categories COLLATE "C") AS slug)
    WHEN 'unsafe' IN (prompt_label, response_label) OR 'needs_caution' IN (prompt_label, response_label) THEN NULL
    ELSE '' END
"""
VALUES_OF = {"prompt_label": "prompt_label", "response_label": "response_label", "categories": CATEGORY_SET}


def rater_names(project: Project) -> dict[tuple[str, int], str]:
    """Map (kind, primary key) of every rater of a project to its name."""
    people = Annotator.objects.filter(project=project).values_list("pk", "name")
    jurors = Juror.objects.filter(project=project).values_list("pk", "name")
    return {("human", pk): name for pk, name in people} | {("llm", pk): name for pk, name in jurors}


def rated_values(project: Project, field: str, *, raters: str = "all") -> list[tuple[int, str, int, str]]:
    """
    Return every current opinion on a field: (item, rater kind, rater, value), by item and rater.

    :param field: prompt_label, response_label or categories (the set as one value)
    :param raters: all, human or llm
    """
    sql = f"""
        SELECT item_id, kind, rater, value FROM (
            SELECT item_id, kind, rater, {VALUES_OF[field]} AS value FROM ({OPINIONS}) AS opinion
        ) AS rated WHERE value IS NOT NULL ORDER BY item_id, kind, rater
    """
    parameters = {"project": project.pk, "human": raters != "llm", "llm": raters != "human"}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def decided_labels(project: Project, policy: str, field: str) -> dict[str, str]:
    """Map the external id of every item with a label in that field to the label."""
    column = {"prompt_label": "prompt_label", "response_label": "response_label"}[field]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT external_id, d.{column} FROM adjudication_decision d JOIN corpus_item i ON i.id = item_id
            WHERE i.project_id = %s AND d.policy = %s AND d.{column} IS NOT NULL
            """,
            [project.pk, policy],
        )
        return dict(cursor.fetchall())


def item_keys(project: Project) -> dict[str, int]:
    """Map the external id of every item to its primary key."""
    return dict(Item.objects.filter(project=project).values_list("external_id", "pk"))

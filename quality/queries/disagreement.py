"""What `quality.statistics.disagreement` asks of people's votes, beside their labels: times, guidelines and checks."""

from itertools import pairwise
from typing import Any

from annotation.models import GuidelineVersion
from corpus.categories.translation import TRANSLATED
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.statistics.profiles import Codes

IMPORTED = GuidelineVersion.IMPORTED
VERSIONS = f"""
    SELECT id, dense_rank() OVER (ORDER BY id) - 1 AS version FROM annotation_guidelineversion
    WHERE project_id = %(project)s AND name <> '{IMPORTED}'
"""
# In the order of the opinions of people in `read_opinions`.
TIMES = f"""
    SELECT coalesce(version, -1), coalesce(round(v.seconds * 1000), -1)
    FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id LEFT JOIN ({VERSIONS}) AS g ON g.id = v.guideline_id
    WHERE i.project_id = %(project)s AND v.is_current ORDER BY v.item_id, v.annotator_id
"""
LABEL = "coalesce(array_position(ARRAY['safe', 'needs_caution', 'unsafe'], {column}::text), 0) - 1"
COUNTED = TRANSLATED.format(slugs="{vote}.categories", taxonomy="%(taxonomy)s")
CATEGORY = "coalesce(array_position(%(slugs)s::text[], ({counted})[1]), 0) - 1"
REPEATS = f"""
    SELECT again.item_id, again.annotator_id, {{first}}, {{again}}, ({{earlier}} && {{later}})::int,
        {CATEGORY.format(counted="{earlier}")}, {CATEGORY.format(counted="{later}")}
    FROM annotation_check c JOIN annotation_vote again ON again.id = c.vote_id
    JOIN annotation_vote first ON first.id = c.repeats_id JOIN corpus_item i ON i.id = again.item_id
    WHERE i.project_id = %(project)s AND c.kind = 'repeat' AND first.guideline_id = again.guideline_id
        AND first.{{field}} IS NOT NULL AND again.{{field}} IS NOT NULL ORDER BY again.id
"""
GOLD = """
    SELECT v.item_id, v.annotator_id, {answer}, {label}
    FROM annotation_gold g JOIN annotation_vote v ON v.item_id = g.item_id
    WHERE g.project_id = %(project)s AND g.use = 'check' AND v.supersedes_id IS NULL AND v.repeats_id IS NULL
        AND v.{field} IS NOT NULL AND g.{field} IS NOT NULL ORDER BY v.id
"""


def read_times(project: Project) -> Codes:
    """
    Return the version of the guideline and the milliseconds of every current vote, by item and annotator.

    :return: shape (2, votes); -1 where either is not known
    """
    return read_numbers(TIMES, {"project": project.pk}, columns=2)


def read_repeats(project: Project, field: str, slugs: list[str]) -> Codes:
    """
    Return the repeats that were answered under the version of the guideline of the first answer.

    :param slugs: the categories by their codes
    :return: shape (7, repeats): item, annotator, both labels, whether they share a category, and the first category of
        each, -1 for none
    """
    sql = REPEATS.format(
        first=LABEL.format(column=f"first.{field}"),
        again=LABEL.format(column=f"again.{field}"),
        earlier=COUNTED.format(vote="first"),
        later=COUNTED.format(vote="again"),
        field=field,
    )
    return read_numbers(sql, parameters_of(project) | {"slugs": slugs}, columns=7)


def read_gold_answers(project: Project, field: str) -> Codes:
    """Return first answers on gold of hidden checks: item, annotator, label and gold label, shape (4, answers)."""
    answer, label = (LABEL.format(column=f"{table}.{field}") for table in ("v", "g"))
    return read_numbers(GOLD.format(answer=answer, label=label, field=field), parameters_of(project), columns=4)


def parameters_of(project: Project) -> dict[str, Any]:
    """Return what every query here asks for."""
    return {"project": project.pk, "taxonomy": project.taxonomy_id}


def changed_texts(project: Project) -> dict[int, set[str] | None]:
    """Return the categories whose text each version changed, by its index; None for all, by the general guidance."""
    versions = list(GuidelineVersion.objects.filter(project=project).exclude(name=IMPORTED).order_by("pk"))
    found: dict[int, set[str] | None] = {}
    for at, (before, after) in enumerate(pairwise(versions), start=1):
        slugs = {*before.entries, *after.entries}
        own = {slug for slug in slugs if before.entries.get(slug) != after.entries.get(slug)}
        found[at] = None if (before.body, before.faq) != (after.body, after.faq) else own
    return found

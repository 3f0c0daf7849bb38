"""How many opinions of a project name each category."""

from django.db import connection

from adjudication.counting import SOURCES
from corpus.categories.translation import TRANSLATED
from corpus.labels import FIELDS
from corpus.models import Project
from corpus.taxonomy_versions import counts_as

NAMED = "SELECT slug, count(*) FROM ({opinions}) AS opinion, LATERAL unnest(names) AS slug GROUP BY slug"
LOST = "SELECT count(*) FROM ({opinions}) AS opinion WHERE names <> '{{}}' AND names_then = '{{}}'"
OPINION = """
    SELECT {names} AS names, {names_then} AS names_then
    FROM (
        SELECT *, CASE WHEN 'needs_caution' IN ({labels}) AND NOT 'needs_caution' = ANY(categories)
            THEN categories || 'needs_caution'::text ELSE categories END AS given
        FROM {table}
    ) AS opinion JOIN corpus_item i ON i.id = item_id
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND {condition}
"""


def named_counts(project: Project, taxonomy: int) -> dict[str, int]:
    """
    Count the opinions, current votes and cast ballots on items that are not withdrawn, that name each category.

    :param taxonomy: primary key of the version in whose terms they are counted
    :return: by slug
    """
    with connection.cursor() as cursor:
        cursor.execute(NAMED.format(opinions=opinions(taxonomy, taxonomy)), {"project": project.pk, "now": taxonomy})
        return dict(cursor.fetchall())


def lost_opinions(project: Project, now: int, then: int) -> int:
    """
    Count the opinions that name a category in one version, and in another none.

    :param now: primary key of the one; `then` of the other
    """
    with connection.cursor() as cursor:
        cursor.execute(LOST.format(opinions=opinions(now, then)), {"project": project.pk, "now": now, "then": then})
        return int(cursor.fetchone()[0])


def opinions(now: int, then: int) -> str:
    """Return the query for the opinions, with what they name in two versions."""
    names, names_then = (
        TRANSLATED.format(slugs="given", taxonomy=f"%({parameter})s") if counts_as(taxonomy) else "given"
        for parameter, taxonomy in (("now", now), ("then" if now != then else "now", then))
    )
    return " UNION ALL ".join(
        OPINION.format(names=names, names_then=names_then, labels=", ".join(FIELDS), table=table, condition=condition)
        for table, condition in SOURCES.values()
    )

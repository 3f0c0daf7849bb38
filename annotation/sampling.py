"""Draw items for the blind random sample: in one statement, and the same whenever it is done."""

from typing import Any, TypedDict

from django.db import connection, transaction

from annotation.models import Queue
from corpus.actions.statistics import refresh_statistics
from corpus.labels import Field
from corpus.models import Project

# Whether an item is in depends on the project's secret and on its id alone, so a draw that is repeated after a crash,
# or made by two processes, has the same outcome. 13 hexadecimal digits are a number below 2^52, which a float holds.
HASH = """('x' || left(encode(sha256(convert_to('sample:' || %(secret)s || ':' || i.external_id, 'UTF8')), 'hex'), 13))
            ::bit(52)::bigint"""
"Of the item `i`: a whole number from 0 to 2^52. The item is in if it is below 2^52 times the odds."
DRAW = f"""
    INSERT INTO annotation_sampledraw (item_id, project_id, odds, in_sample, drawn_at)
    SELECT i.id, i.project_id, %(odds)s,
        {HASH} < %(odds)s * 2::float8 ^ 52,
        now()
    FROM corpus_item i
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND i.refusal_of IS NULL
        AND (%(wants_prompt)s OR i.has_response)
        AND NOT EXISTS (SELECT FROM annotation_sampledraw d WHERE d.item_id = i.id)
    ON CONFLICT DO NOTHING
"""
LEAST_ODDS = "SELECT min(odds) AS odds FROM annotation_sampledraw WHERE project_id = %(project)s"
IN_SMALLEST = f"(d.in_sample AND (d.odds <= least.odds OR {HASH} < least.odds * 2::float8 ^ 52))"
"""
Of the draw `d` of the item `i`: that it would be in at the smallest odds of all draws, which are `least`.

These items are a uniform sample, whatever the odds of each draw.
"""
OUT_OF_SAMPLE = "NOT EXISTS (SELECT FROM annotation_sampledraw d WHERE d.item_id = i.id AND in_sample)"
"Of the item `i`: that it need not get all its votes."
WANTS_VOTES = """
    i.project_id = %(project)s AND i.withdrawn_at IS NULL AND i.refusal_of IS NULL
        AND (%(wants_prompt)s OR i.has_response)
"""
UNDRAWN = f"""
    SELECT count(*) FROM corpus_item i
    WHERE {WANTS_VOTES} AND NOT EXISTS (SELECT FROM annotation_sampledraw d WHERE d.item_id = i.id)
"""
COUNTS = """
    SELECT count(*), count(*) FILTER (WHERE in_sample) FROM annotation_sampledraw WHERE project_id = %s
"""


class SampleShape(TypedDict):
    """The blind random sample of a project, in numbers."""

    percent: int
    drawn: int
    in_sample: int


@transaction.atomic
def draw_sample(project: Project) -> int:
    """
    Draw every item that wants votes and was not drawn yet, with the project's share as its odds.

    :return: how many were drawn, into the sample or not; 0 while the share is 0
    """
    percent = percent_of(project)
    if not percent:
        return 0
    parameters: dict[str, Any] = {
        "project": project.pk,
        "secret": project.salt,
        "odds": percent / 100,
        "wants_prompt": Field.PROMPT in project.fields,
    }
    lock_slots(project)
    with connection.cursor() as cursor:
        cursor.execute(DRAW, parameters)
        drawn = int(cursor.rowcount)
    if drawn:  # estimates read them at once, which took minutes while the planner took the table for nearly empty
        refresh_statistics("annotation_sampledraw", rows=drawn)
    return drawn


def lock_slots(project: Project) -> None:
    """Wait until nobody else opens slots or draws in the project, to the end of the transaction; before any row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('slots'), %s)", [project.pk])


def percent_of(project: Project) -> int:
    """Return the share of items that is drawn, 0 to 100; 0 where no sample is wanted."""
    return Queue.objects.filter(project=project).values_list("sample_percent", flat=True).first() or 0


def sample_of(project: Project) -> SampleShape:
    """Return the share, how many items were drawn, and how many of them are in the sample. Never which."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [project.pk])
        drawn, in_sample = cursor.fetchone()
    return {"percent": percent_of(project), "drawn": drawn, "in_sample": in_sample}


def count_undrawn(project: Project) -> int:
    """Count the items that want votes and were not drawn, as those imported while the share is 0."""
    with connection.cursor() as cursor:
        cursor.execute(UNDRAWN, wanting_parameters(project))
        return int(cursor.fetchone()[0])


def wanting_parameters(project: Project) -> dict[str, Any]:
    """Return the parameters of WANTS_VOTES."""
    return {"project": project.pk, "wants_prompt": Field.PROMPT in project.fields}

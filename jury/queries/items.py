"""Reads of the items that jurors and generators are asked about."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from django.db import connection

from corpus.labels import Field
from corpus.models import Item, Project
from jury.kinds import kind_of
from jury.models import Batch, GeneratedResponse, Juror, Shard
from jury.prompt_items import PromptItem
from jury.queries.jurors import labels_asked

UNANSWERED = """
    SELECT i.id FROM corpus_item i
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND i.refusal_of IS NULL
        AND (i.has_response OR NOT %(response_only)s)
        AND NOT EXISTS (SELECT FROM jury_ballot b WHERE b.item_id = i.id AND b.juror_id = %(juror)s
            AND is_current AND outcome <> ALL(%(again)s))
        AND NOT EXISTS (SELECT FROM jury_batch b JOIN jury_shard s ON s.id = b.shard_id
            WHERE s.juror_id = %(juror)s AND b.state IN ('sending', 'under_way') AND i.id = ANY(b.items))
"""
"""
Items without a current ballot of a juror, or whose ballot has an outcome to retry; items in an open batch are left out.
A juror that labels only responses skips items without one. Parameters: see `unanswered_params`.
"""


def items_to_ask(shard: Shard) -> list[PromptItem]:
    """
    Return the items of a shard that its juror has not answered yet, by primary key.

    None if the project no longer wants a label that the juror is asked for.
    """
    if not (shard.run.generates or labels_asked(shard.run.project, shard.juror)):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.id, turns::text, has_response FROM corpus_item i
            WHERE i.id = ANY(%(items)s) AND withdrawn_at IS NULL AND NOT EXISTS (
                SELECT FROM {kind_of(shard.run).answers._meta.db_table} a
                WHERE a.item_id = i.id AND a.juror_id = %(juror)s AND is_current
                    AND (outcome <> ALL(%(again)s) OR run_id = %(run)s))
            ORDER BY i.id
            """,
            {"items": shard.items, "juror": shard.juror_id, "again": shard.run.asks_again, "run": shard.run_id},
        )
        return [PromptItem(pk, orjson.loads(turns), has_response) for pk, turns, has_response in cursor.fetchall()]


def sample_items(project: Project, count: int, *, with_response: bool) -> list[PromptItem]:
    """
    Return a pseudo-random sample of a project's items, the same one at every call.

    :param count: sample size; fewer come back if the project has fewer
    :param with_response: only items that have a response
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, turns::text, has_response FROM corpus_item
            WHERE project_id = %s AND withdrawn_at IS NULL AND refusal_of IS NULL AND (has_response OR NOT %s)
            ORDER BY md5(external_id), id LIMIT %s
            """,
            [project.pk, with_response, count],
        )
        return [PromptItem(pk, orjson.loads(turns), has_response) for pk, turns, has_response in cursor.fetchall()]


def items_by_pk(keys: Sequence[int]) -> list[PromptItem]:
    """Return items by their primary keys, in any order."""
    rows = Item.objects.filter(pk__in=keys).values_list("pk", "turns", "has_response")
    return [PromptItem(pk, turns, has_response) for pk, turns, has_response in rows]


def unanswered_items(
    project: Project, jurors: Sequence[Juror], *, limit: int | None, asks_again: Collection[str]
) -> dict[int, list[int]]:
    """
    Return the primary keys of the items that each juror has not answered, in order of import.

    :param limit: at most this many items of each juror
    :param asks_again: outcomes that do not count as an answer
    :return: by the juror's primary key
    """
    unanswered = {}
    with connection.cursor() as cursor:
        for juror in jurors:
            params = unanswered_params(project, juror, asks_again) | {"limit": limit}
            cursor.execute(f"{UNANSWERED} ORDER BY i.id LIMIT %(limit)s", params)
            unanswered[juror.pk] = [row[0] for row in cursor.fetchall()]
    return unanswered


def unanswered_params(project: Project, juror: Juror, asks_again: Collection[str]) -> dict[str, Any]:
    """Return the parameters of the statement `UNANSWERED`."""
    return {
        "project": project.pk,
        "juror": juror.pk,
        "again": list(asks_again),
        "response_only": labels_asked(project, juror) == (Field.RESPONSE,),
    }


def without_generated_response(generator: Juror, items: Sequence[int]) -> list[int]:
    """
    Return the items without a response by this generator, or whose last attempt failed, in the order of `items`.

    Items in an open batch of the generator are left out.

    :param items: primary keys
    """
    in_batches = Batch.objects.filter(shard__juror=generator, state__in=Batch.OPEN).values_list("items", flat=True)
    responses = GeneratedResponse.objects.filter(juror=generator, item__in=list(items), is_current=True)
    answered = responses.exclude(outcome=GeneratedResponse.Outcome.FAILED).values_list("item", flat=True)
    excluded = set(answered).union(*in_batches)
    return [key for key in items if key not in excluded]

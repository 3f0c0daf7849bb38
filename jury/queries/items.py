"""Reads of the items that jurors and generators are asked about."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.db import connection

from corpus.models import Item, Project
from jury.models import Batch, GeneratedResponse, Juror, Shard
from jury.queries.runs import answers_of


def without_generated_response(generator: Juror, items: Sequence[int]) -> list[int]:
    """Keep the items that a generator has not been asked about and is not being asked about, or where that failed."""
    under_way = Batch.objects.filter(shard__juror=generator, state__in=Batch.OPEN).values_list("items", flat=True)
    spoken = GeneratedResponse.objects.filter(juror=generator, item__in=list(items), is_current=True)
    done = set(spoken.exclude(outcome=GeneratedResponse.Outcome.FAILED).values_list("item", flat=True)).union(
        *under_way
    )
    return [key for key in items if key not in done]


@dataclass(frozen=True, slots=True)
class PromptItem:
    """An item, as far as a juror is shown it."""

    pk: int
    turns: list[dict[str, str]]
    has_response: bool


def items_to_ask(shard: Shard) -> list[PromptItem]:
    """Return the items of a shard that its juror has not spoken on yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.id, turns::text, has_response FROM corpus_item i
            WHERE i.id = ANY(%(items)s) AND withdrawn_at IS NULL AND NOT EXISTS (
                SELECT FROM {answers_of(shard.run)._meta.db_table} a
                WHERE a.item_id = i.id AND a.juror_id = %(juror)s AND is_current
                    AND (outcome <> ALL(%(again)s) OR run_id = %(run)s))
            ORDER BY i.id
            """,
            {"items": shard.items, "juror": shard.juror_id, "again": shard.run.asks_again, "run": shard.run_id},
        )
        return [PromptItem(pk, orjson.loads(turns), has_response) for pk, turns, has_response in cursor.fetchall()]


def items_spread(project: Project, count: int, *, with_response: bool) -> list[PromptItem]:
    """Return so many items from all over a project, the same ones every time."""
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
    """Return items by their primary keys, in no order."""
    found = Item.objects.filter(pk__in=keys).values_list("pk", "turns", "has_response")
    return [PromptItem(pk, turns, has_response) for pk, turns, has_response in found]

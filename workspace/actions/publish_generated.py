"""Where responses go that a generator wrote: into the item itself, or into one of its own beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from adjudication.actions.recounts import recount_if_changed
from corpus.actions import record_event
from corpus.actions.import_support import lock_imports
from corpus.actions.imports import write_items
from corpus.actions.items import items_changed
from corpus.importing.batches import batched
from corpus.importing.dialogues import Dialogue
from corpus.labels import REFUSAL_SOURCE
from corpus.models import Item, Project, Verb
from jury.actions.checks import check_can_generate
from jury.models import Juror, Run
from jury.queries import without_generated_response
from workspace.queries.generated import UNJUDGED, items_to_generate_for

WAITING = """
    FROM jury_generatedresponse w JOIN jury_run r ON r.id = w.run_id JOIN jury_juror g ON g.id = w.juror_id
    JOIN corpus_item i ON i.id = w.item_id
    WHERE r.project_id = %(project)s AND r.generates = %(generates)s AND w.is_current AND w.outcome = 'cast'
        AND w.published_at IS NULL AND i.withdrawn_at IS NULL
"""
# Whoever votes holds a share of the item until the vote is stored, and is waited for; claims pass locked slots over.
LOCK_ITEMS = f"""
    SELECT id FROM corpus_item WHERE id IN (SELECT w.item_id {WAITING} AND NOT has_response) ORDER BY id FOR UPDATE
"""
LOCK_SEATS = "SELECT id FROM annotation_slot WHERE item_id = ANY(%(items)s) ORDER BY id FOR UPDATE"
PLACE_RESPONSES = f"""
    WITH first AS (
        SELECT DISTINCT ON (w.item_id) w.id, w.item_id, w.text, g.model, g.name {WAITING}
            AND i.id = ANY(%(items)s) AND NOT has_response AND {UNJUDGED} ORDER BY w.item_id, w.id
    ), filled AS (
        UPDATE corpus_item SET turns = turns || jsonb_build_object('role', 'assistant', 'text', text),
            meta = meta || jsonb_build_object('response_model', model, 'response_generator', name)
        FROM first WHERE corpus_item.id = first.item_id
    )
    UPDATE jury_generatedresponse SET published_at = now(), published_in_id = first.item_id
    FROM first WHERE jury_generatedresponse.id = first.id
    RETURNING jury_generatedresponse.id
"""
REFUSALS = f"""
    SELECT DISTINCT ON (w.item_id) w.id, w.text, g.model, g.name, i.id, d.prompt_label, d.prompt_source, d.categories
    {WAITING.replace("WHERE", "JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s WHERE", 1)}
        AND d.prompt_label IS NOT NULL AND NOT EXISTS (SELECT FROM corpus_item o
            WHERE o.project_id = i.project_id AND o.external_id = i.external_id || '#refusal')
    ORDER BY w.item_id, w.id
"""
PLACED = """
    UPDATE jury_generatedresponse SET published_at = now(), published_in_id = own.id
    FROM corpus_item i, corpus_item own
    WHERE jury_generatedresponse.id = ANY(%(writings)s) AND i.id = jury_generatedresponse.item_id
        AND own.project_id = i.project_id AND own.external_id = i.external_id || '#refusal'
"""


def items_to_generate(*, project: Project, generator: Juror, limit: int | None = None) -> list[int]:
    """
    Return the primary keys of the items that a generator is to write for: refusals need the labels of now.

    :raises Refused: if it is no generator, or lacks something
    """
    generates = check_can_generate(generator)
    if generates == Run.Generates.REFUSALS:
        recount_if_changed(project=project)
    return without_generated_response(generator, items_to_generate_for(project, generates))[:limit]


@dataclass(frozen=True)
class Published:
    responses: int
    refusals: int
    left: int
    "Written for items that somebody has judged, or is judging, as they were; they stay as they are."


@transaction.atomic
def publish_generated(*, project: Project) -> Published:
    """
    Return items the responses that were written for them, and make items of the refusals.

    A response is added only where nobody has judged the item, holds it, or is being asked about it. A refusal becomes
    an item `ID#refusal`: its prompt label, source and categories are those of the item's decision, its response is
    safe by construction.
    """
    lock_imports(project)
    with connection.cursor() as cursor:
        responses = publish_responses(cursor, project)
        refusals = sum(publish_refusals(cursor, project, batch) for batch in batched(refusals_of(cursor, project)))
        cursor.execute(f"SELECT count(*) {WAITING}", {"project": project.pk, "generates": "responses"})
        published = Published(responses, refusals, cursor.fetchone()[0])
    if responses or refusals:
        detail = {"responses": responses, "refusals": refusals}
        record_event(project=project, verb=Verb.RESPONSES_PUBLISHED, subject=project.slug, detail=detail)
        items_changed(project)
    return published


def publish_responses(cursor: Any, project: Project) -> int:
    parameters = {"project": project.pk, "generates": "responses"}
    cursor.execute(LOCK_ITEMS, parameters)
    items = {"items": [row[0] for row in cursor.fetchall()]}
    cursor.execute(LOCK_SEATS, items)
    cursor.execute(PLACE_RESPONSES, parameters | items)
    return len(cursor.fetchall())


def refusals_of(cursor: Any, project: Project) -> list[tuple[Any, ...]]:
    cursor.execute(REFUSALS, {"project": project.pk, "generates": "refusals", "policy": project.policy})
    return list(cursor.fetchall())


def publish_refusals(cursor: Any, project: Project, batch: Sequence[tuple[Any, ...]]) -> int:
    items = Item.objects.in_bulk([row[4] for row in batch])
    write_items(project, [as_refusal(items[row[4]], row).serialize() for row in batch])
    cursor.execute(PLACED, {"writings": [row[0] for row in batch]})
    return len(batch)


def as_refusal(item: Item, row: tuple[Any, ...]) -> Dialogue:
    """Make the item of a refusal: the prompt of another one, declined."""
    _, text, model, generator, _, label, source, categories = row
    prompt = item.turns[:-1] if item.has_response else item.turns
    return Dialogue(
        external_id=f"{item.external_id}#refusal",
        turns=[*prompt, {"role": "assistant", "text": text}],
        source=item.source,
        license=item.license,
        meta={**item.meta, "response_model": model, "response_generator": generator},
        expected_categories=tuple(item.expected_categories),
        reference={
            "prompt_label": label,
            "response_label": "safe",
            "categories": categories,
            "prompt_label_source": source,
            "response_label_source": REFUSAL_SOURCE,
        },
        refusal_of=item.external_id,
    )

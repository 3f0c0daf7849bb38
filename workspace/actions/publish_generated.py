"""Publish generated texts: a response in its item, a refusal as an item of its own."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from adjudication.actions.recounts import recount_if_changed
from corpus.actions import record_event
from corpus.actions.import_support import lock_imports
from corpus.actions.imports import write_items
from corpus.actions.items import items_changed
from corpus.importing.batches import batched
from corpus.importing.dialogues import Dialogue
from corpus.importing.values import sorted_json
from corpus.labels import REFUSAL_SOURCE
from corpus.models import Item, Project, Verb
from jury.actions import start_generation
from jury.actions.checks import check_can_generate
from jury.models import Juror, Run
from jury.queries import without_generated_response
from workspace.queries.generated import UNJUDGED, items_lacking

# Generated responses or refusals of a project that are not published yet. `join` adds tables, `where` conditions.
UNPUBLISHED = """
    FROM jury_generatedresponse w JOIN jury_run r ON r.id = w.run_id JOIN jury_juror g ON g.id = w.juror_id
        JOIN corpus_item i ON i.id = w.item_id {join}
    WHERE r.project_id = %(project)s AND r.generates = %(generates)s AND w.is_current AND w.outcome = 'cast'
        AND w.published_at IS NULL AND i.withdrawn_at IS NULL {where}
"""
COUNT_UNPUBLISHED = f"SELECT count(*) {UNPUBLISHED.format(join='', where='')}"
# An annotator who votes holds a share lock on the item until the vote is stored, so this waits for them; the queue
# skips locked slots.
LOCK_ITEMS = f"""
    SELECT id FROM corpus_item
    WHERE id IN (SELECT w.item_id {UNPUBLISHED.format(join="", where="AND NOT has_response")}) ORDER BY id FOR UPDATE
"""
LOCK_SLOTS = "SELECT id FROM annotation_slot WHERE item_id = ANY(%(items)s) ORDER BY id FOR UPDATE"
FIRST_RESPONSES = f"""
    SELECT DISTINCT ON (w.item_id) w.id, w.item_id, w.text, g.model, g.name
    {UNPUBLISHED.format(join="", where=f"AND i.id = ANY(%(items)s) AND NOT has_response AND {UNJUDGED}")}
    ORDER BY w.item_id, w.id
"""
PUBLISH_RESPONSES = f"""
    WITH first AS ({FIRST_RESPONSES}), filled AS (
        UPDATE corpus_item SET turns = turns || jsonb_build_object('role', 'assistant', 'text', text),
            meta = meta || jsonb_build_object('response_model', model, 'response_generator', name)
        FROM first WHERE corpus_item.id = first.item_id
    )
    UPDATE jury_generatedresponse SET published_at = now(), published_in_id = first.item_id
    FROM first WHERE jury_generatedresponse.id = first.id
    RETURNING jury_generatedresponse.id
"""
JOIN_DECISION = "JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s"
LABELLED_WITHOUT_REFUSAL = """
    AND d.prompt_label IS NOT NULL AND NOT EXISTS (SELECT FROM corpus_item o
        WHERE o.project_id = i.project_id AND o.external_id = i.external_id || '#refusal')
"""
FIRST_REFUSALS = f"""
    SELECT DISTINCT ON (w.item_id) w.id, w.text, g.model, g.name, i.id, d.prompt_label, d.prompt_source, d.categories
    {UNPUBLISHED.format(join=JOIN_DECISION, where=LABELLED_WITHOUT_REFUSAL)}
    ORDER BY w.item_id, w.id
"""
MARK_REFUSALS_PUBLISHED = """
    UPDATE jury_generatedresponse SET published_at = now(), published_in_id = own.id
    FROM corpus_item i, corpus_item own
    WHERE jury_generatedresponse.id = ANY(%(generated)s) AND i.id = jury_generatedresponse.item_id
        AND own.project_id = i.project_id AND own.external_id = i.external_id || '#refusal'
"""


def items_for_generator(*, project: Project, generator: Juror, limit: int | None = None) -> list[int]:
    """
    Return the primary keys of the items that a generator should write for; recount first if it writes refusals.

    :raises Refused: if the juror is not a generator, or lacks a setting
    """
    generates = check_can_generate(generator)
    if generates == Run.Generates.REFUSALS:
        recount_if_changed(project=project)
    return without_generated_response(generator, items_lacking(project, generates))[:limit]


def start_generator(
    *,
    project: Project,
    generator: Juror,
    limit: int | None = None,
    budget_usd: Decimal | None = None,
    max_calls: int | None = None,
    by: User | None = None,
) -> Run:
    """
    Create a run in which a generator writes for the items that lack a response or a refusal; nothing is asked yet.

    :param limit: only for the first items, by import
    :raises Refused: if the juror is not a generator, or lacks a setting
    """
    items = items_for_generator(project=project, generator=generator, limit=limit)
    return start_generation(
        project=project, generator=generator, items=items, budget_usd=budget_usd, budget_calls=max_calls, by=by
    )


@dataclass(frozen=True)
class Published:
    """How many generated texts were published, and how many were left."""

    responses: int
    refusals: int
    left: int
    "Responses to items that have been judged, or are being judged, without a response; these items stay unchanged."


@transaction.atomic
def publish_generated(*, project: Project) -> Published:
    """
    Append generated responses to their items, and create an item for each generated refusal.

    A response is appended only if nobody has judged the item, holds it, or has been asked about it. The item of a
    refusal is called `ID#refusal`; its prompt label, source and categories are those of the first item's decision,
    and its response is safe by construction.
    """
    lock_imports(project)
    with connection.cursor() as cursor:
        responses = publish_responses(cursor, project)
        refusals = publish_refusals(cursor, project)
        cursor.execute(COUNT_UNPUBLISHED, {"project": project.pk, "generates": "responses"})
        published = Published(responses, refusals, cursor.fetchone()[0])
    if responses or refusals:
        detail = {"responses": responses, "refusals": refusals}
        record_event(project=project, verb=Verb.RESPONSES_PUBLISHED, subject=project.slug, detail=detail)
        items_changed(project)
    return published


def publish_responses(cursor: Any, project: Project) -> int:
    """Append the first response to each item that may still have one, and return how many were appended."""
    parameters = {"project": project.pk, "generates": "responses"}
    cursor.execute(LOCK_ITEMS, parameters)
    items = {"items": [row[0] for row in cursor.fetchall()]}
    cursor.execute(LOCK_SLOTS, items)
    cursor.execute(PUBLISH_RESPONSES, parameters | items)
    return len(cursor.fetchall())


def publish_refusals(cursor: Any, project: Project) -> int:
    """Create an item for the first refusal of each prompt, and return how many were created."""
    cursor.execute(FIRST_REFUSALS, {"project": project.pk, "generates": "refusals", "policy": project.policy})
    rows = cursor.fetchall()
    for batch in batched(rows):
        items = Item.objects.in_bulk([row[4] for row in batch])
        write_items(project, [refusal_dialogue(items[row[4]], row) for row in batch])
        cursor.execute(MARK_REFUSALS_PUBLISHED, {"generated": [row[0] for row in batch]})
    return len(rows)


def refusal_dialogue(item: Item, row: tuple[Any, ...]) -> Dialogue:
    """Return the dialogue of a refusal: the turns of the item up to its prompt, then the refusal."""
    _, text, model, generator, _, label, source, categories = row
    prompt = item.turns[:-1] if item.has_response else item.turns
    return Dialogue(
        external_id=f"{item.external_id}#refusal",
        turns=[*prompt, {"role": "assistant", "text": text}],
        source=item.source,
        license=item.license,
        meta=sorted_json({**item.meta, "response_model": model, "response_generator": generator}),
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

"""Copy a project: its settings and, if wanted, its items; never opinions, members, events or keys."""

from django.contrib.auth.models import User
from django.db import connection, transaction

from corpus.actions import record_event
from corpus.actions.items import items_changed
from corpus.models import Project, Verb
from workspace.actions.project_files import project_from_document
from workspace.actions.projects import check_may_create
from workspace.project_files.writing import document_of

# As an import of the same dialogues would store them. Categories that the taxonomy of the copy neither has nor counts
# as others are left out. Who wrote an item stays known, member of the copy or not: they get it to judge nowhere.
COPY_ITEMS = """
    WITH known AS (SELECT array_agg(slug) AS slugs FROM (
        SELECT slug::text FROM corpus_category WHERE taxonomy_id = %(taxonomy)s
        UNION SELECT slug::text FROM corpus_categorymap WHERE taxonomy_id = %(taxonomy)s) AS each)
    INSERT INTO corpus_item (project_id, external_id, turns, source, license, meta, expected_categories, reference,
        reconstruction_id, refusal_of, author_id, content_hash, imported_at, withdrawal_reason)
    SELECT %(copy)s, external_id, turns, source, license, meta,
        ARRAY(SELECT slug FROM unnest(expected_categories) WITH ORDINALITY AS each (slug, at)
            WHERE slug = ANY (slugs) ORDER BY at),
        CASE WHEN reference ? 'categories' THEN jsonb_set(reference, '{categories}', (
            SELECT coalesce(jsonb_agg(slug ORDER BY at), '[]')
            FROM jsonb_array_elements_text(reference -> 'categories') WITH ORDINALITY AS each (slug, at)
            WHERE slug = ANY (slugs))) ELSE reference END,
        reconstruction_id, refusal_of, author_id, content_hash, now(), ''
    FROM corpus_item, known WHERE project_id = %(project)s AND withdrawn_at IS NULL ORDER BY id
"""


@transaction.atomic
def clone_project(
    *, project: Project, slug: str, name: str = "", taxonomy: str = "", with_items: bool = False, by: User
) -> Project:
    """
    Create a project with the settings of another, and make whoever does so its admin.

    Label fields, votes wanted, policy, taxonomy, questions, guideline in force, settings of queue and cases, jurors and
    generators are copied. Keys of jurors have to be named again, and pseudonyms differ, as the salt is its own.

    :param taxonomy: name of another one, in its newest version; empty for the same
    :param with_items: whether the items that are not withdrawn are copied, too
    :raises Refused: if the caller is no site admin, the slug is taken, or there is no such taxonomy
    """
    check_may_create(by)
    document = document_of(project)
    if taxonomy and document["guideline"]:
        document["guideline"] |= {"entries": {}}  # they are of the categories of the other taxonomy
    copy = project_from_document(document, slug=slug, name=name, taxonomy=taxonomy, by=by)
    items = copy_items(project, copy) if with_items else 0
    detail = {"from": project.slug, "items": items}
    record_event(project=copy, verb=Verb.PROJECT_CLONED, subject=copy.slug, actor=by, detail=detail)
    return copy


def copy_items(project: Project, copy: Project) -> int:
    """Copy the items of a project that are not withdrawn, and return how many there are."""
    parameters = {"project": project.pk, "copy": copy.pk, "taxonomy": copy.taxonomy_id}
    with connection.cursor() as cursor:
        cursor.execute(COPY_ITEMS, parameters)
        items = int(cursor.rowcount)
    if items:
        items_changed(copy)
    return items

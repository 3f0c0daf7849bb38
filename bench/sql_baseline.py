"""SQL baselines of the stages: the same rows, tables, indexes and constraints in the fewest statements."""

from pathlib import Path

from django.db import connection

from annotation.actions.imports import COPY_VOTES
from corpus.models import Project
from jury.actions.imports import COPY_BALLOTS

COLUMNS = """project_id, external_id, turns, source, license, meta, expected_categories, reference,
    reconstruction_id, refusal_of, content_hash, imported_at, withdrawal_reason"""

# One GROUP BY for each field and one for the categories, each in its simplest form.
GROUPED = """
WITH opinion AS MATERIALIZED (
    SELECT item_id, prompt_label, response_label, categories FROM annotation_vote WHERE is_current
    UNION ALL
    SELECT item_id, prompt_label, response_label, categories FROM jury_ballot WHERE is_current AND outcome = 'cast'
), prompt AS (
    SELECT item_id, count(*) FILTER (WHERE prompt_label <> 'unsafe') AS safe,
        count(*) FILTER (WHERE prompt_label = 'unsafe') AS unsafe FROM opinion GROUP BY item_id
), response AS (
    SELECT item_id, count(*) FILTER (WHERE response_label <> 'unsafe') AS safe,
        count(*) FILTER (WHERE response_label = 'unsafe') AS unsafe FROM opinion GROUP BY item_id
), category AS (
    SELECT item_id, array_agg(slug ORDER BY count DESC, slug) AS slugs FROM (
        SELECT item_id, slug, count(*) AS count FROM opinion, unnest(categories) AS slug GROUP BY item_id, slug
    ) AS named GROUP BY item_id
)
INSERT INTO adjudication_decision (item_id, policy, status, decided_by,
    prompt_status, prompt_label, prompt_safe, prompt_unsafe, prompt_source,
    response_status, response_label, response_safe, response_unsafe, response_source,
    categories, categories_agreed, stale, changed_at, rules, quorum, caution)
SELECT i.id, 'baseline', 'decided', 'majority',
    'majority', CASE WHEN p.unsafe > p.safe THEN 'unsafe' ELSE 'safe' END, p.safe, p.unsafe, 'human_and_llm_jury',
    'majority', CASE WHEN r.unsafe > r.safe THEN 'unsafe' ELSE 'safe' END, r.safe, r.unsafe, 'human_and_llm_jury',
    coalesce(c.slugs, '{}'), true, false, now(), 1, 3, 'safe'
FROM corpus_item i JOIN prompt p ON p.item_id = i.id JOIN response r ON r.item_id = i.id
    LEFT JOIN category c ON c.item_id = i.id
WHERE i.project_id = %s
"""


def prepare_items(source: Project, target: Project, path: Path) -> None:
    """Write the items of one project as a file for COPY into another."""
    columns = COLUMNS.replace("project_id", f"{target.pk} AS project_id")
    with connection.cursor() as cursor, path.open("wb") as file:
        statement = f"COPY (SELECT {columns} FROM corpus_item WHERE project_id = {source.pk} ORDER BY id) TO STDOUT"
        with cursor.copy(statement) as copy:
            for block in copy:
                file.write(block)


def copy_items(_project: Project, path: Path) -> None:
    """Insert prepared items with one COPY."""
    statement = f"COPY corpus_item ({COLUMNS}) FROM STDIN"
    with connection.cursor() as cursor, path.open("rb") as file, cursor.copy(statement) as copy:
        while block := file.read(2**18):
            copy.write(block)


OPINIONS = {"annotation_vote": COPY_VOTES, "jury_ballot": COPY_BALLOTS}


def prepare_opinions(source: Project, folder: Path) -> None:
    """Write the opinions of a project as files for COPY, one per table."""
    folder.mkdir()
    for table, copy_in in OPINIONS.items():
        columns = copy_in.partition("(")[2].partition(")")[0]
        items = f"SELECT id FROM corpus_item WHERE project_id = {source.pk}"
        rows = f"SELECT {columns} FROM {table} WHERE item_id IN ({items})"
        statement = f"COPY ({rows} ORDER BY id) TO STDOUT"
        with connection.cursor() as cursor, (folder / table).open("wb") as file, cursor.copy(statement) as copy:
            for block in copy:
                file.write(block)


def copy_opinions(_project: Project, folder: Path) -> None:
    """Insert prepared opinions with one COPY per table."""
    for table, copy_in in OPINIONS.items():
        with connection.cursor() as cursor, (folder / table).open("rb") as file, cursor.copy(copy_in) as copy:
            while block := file.read(2**18):
                copy.write(block)


def group_by(project: Project) -> None:
    """Insert the decisions of a majority with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(GROUPED, [project.pk])

"""A project that holds far more than the others of its installation, and how many rows are read."""

from typing import Any

from django.db import connection

from adjudication.actions import recount
from annotation.actions.guidelines import store_guideline
from annotation.slots import open_slots
from corpus.models import Project
from jury.actions import start_run
from jury.models import Ballot
from jury.queries import panel
from tests.factories import dialogue, import_dialogues, make_project
from tests.jury.factories import add_jurors, run_shards

DIALOGUES, RATERS = 8000, 3
"Enough rows that looking a few up costs less than to read a table; so few raters that their average is thousands."
ADD_PEOPLE = """
    INSERT INTO annotation_annotator (project_id, name, released_as, is_qualified, granted_attempts)
    SELECT %(project)s, 'person ' || number, '', true, 0 FROM generate_series(1, %(raters)s) AS number
"""
ADD_VOTES = """
    WITH cast_vote AS (
        INSERT INTO annotation_vote (item_id, annotator_id, prompt_label, categories, other_text, rationale, answers,
            seconds, taxonomy_id, guideline_id, is_current, cast_at)
        SELECT s.item_id, a.id, 'safe', '{}', '', '', '{}', 8, %(taxonomy)s, %(guideline)s, true, now()
        FROM annotation_slot s JOIN annotation_annotator a ON a.project_id = s.project_id
            AND a.name = 'person ' || s.number
        WHERE s.project_id = %(project)s
        RETURNING id, item_id, annotator_id
    ), event AS (
        INSERT INTO corpus_event (project_id, verb, subject, detail, at)
        SELECT %(project)s, 'item.voted', item_id::text, jsonb_build_object('vote', id), now() FROM cast_vote
    )
    UPDATE annotation_slot s SET vote_id = v.id
    FROM cast_vote v JOIN annotation_annotator a ON a.id = v.annotator_id
    WHERE s.item_id = v.item_id AND a.name = 'person ' || s.number
"""
ADD_BALLOTS = """
    INSERT INTO jury_ballot ({columns}) SELECT {values}
    FROM jury_ballot b JOIN corpus_item first ON first.id = b.item_id JOIN corpus_item i USING (project_id)
    WHERE project_id = %(project)s AND i.id <> first.id
"""
TABLES = (
    *("annotation_slot", "annotation_vote", "annotation_sampledraw", "jury_ballot", "jury_shard"),
    *("corpus_item", "corpus_event", "adjudication_decision", "adjudication_case"),
)
BY_FEW = (("annotation_vote", "annotator_id"), ("jury_ballot", "juror_id"), ("jury_ballot", "run_id"))
"Columns of which the planner believes that they have few values, also where a test database has many projects."
ROWS_READ = """
    SELECT sum(seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid))
    FROM pg_stat_user_tables t WHERE relname = ANY(%s)
"""


def large_project(folder: Any, url: str) -> Project:
    """
    Create a project with many dialogues, on each of which three people and three jurors have said what they think.

    :param url: of a stub that answers for the jurors
    """
    project = make_project(votes_wanted=RATERS + 1)
    import_dialogues(project, folder, [dialogue(f"tea {number}", response=False) for number in range(DIALOGUES)])
    open_slots(project=project)
    add_jurors(project, url, *(f"stub-0.{9 - number}" for number in range(RATERS)))
    run_shards(start_run(project=project, jurors=panel(project, []), limit=1))
    columns = [field.column for field in Ballot._meta.concrete_fields if not field.primary_key]
    own = {"item_id": "i.id", "request_hash": "NULL"}
    copied = {"columns": ", ".join(columns), "values": ", ".join(own.get(name, f"b.{name}") for name in columns)}
    parameters = {
        "project": project.pk,
        "raters": RATERS,
        "taxonomy": project.taxonomy_id,
        "guideline": store_guideline(project).pk,
    }
    with connection.cursor() as cursor:
        for statement in (ADD_PEOPLE, ADD_VOTES, ADD_BALLOTS.format(**copied)):
            cursor.execute(statement, parameters)
        recount(project=project)
        for table, column in BY_FEW:
            cursor.execute(f"ALTER TABLE {table} ALTER {column} SET (n_distinct = {2 * RATERS})")
        for table in TABLES:  # whose rows autovacuum reads whenever it comes by
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")
    return project


def restore_tables() -> None:
    """Let the planner count the values of BY_FEW again, and autovacuum come by."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
        for table, column in BY_FEW:
            cursor.execute(f"ALTER TABLE {table} ALTER {column} RESET (n_distinct)")
            cursor.execute(f"ANALYZE {table} ({column})")


def rows_read() -> int:
    """Return how many rows of the largest tables were read by now, whoever has read them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(ROWS_READ, [list(TABLES)])
        return int(cursor.fetchone()[0])

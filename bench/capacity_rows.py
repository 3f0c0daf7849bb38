"""Fill a project of any size with votes and ballots, in few statements; import it once Django is set up."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from django.db import connection

from annotation.actions.guidelines import store_guideline
from annotation.models import Slot
from annotation.session import ensure_profile
from bench.jury import workers
from bench.pages import run, stub_server
from bench.synthetic_annotators import execute, make_project_with_slots
from corpus.actions import add_member
from corpus.models import Item, Project
from corpus.queries import find_project
from jury.models import Ballot

PARTS = 10
"Votes come in so many parts, with a VACUUM of their slots between them, as the server does it by itself over weeks."
SHARE_OPEN, LEAST_OPEN = 0.01, 6000
"Slots that the queue hands out last stay open, so that there is something to claim; but half of them at most."
JURORS = ("stub-0.95", "stub-0.85", "stub-0.7")
SAMPLE = 60
"Items that the stub is really asked about; the ballots on all others are copies of these."

# As `annotation.actions.votes` leaves votes, events and slots. The queue hands out slots in the order of their
# positions, so rows come in that order. People err on one item in eight, and give a reason for one vote in four.
VOTES = """
WITH wanted AS (
    SELECT s.id AS slot, s.item_id, i.external_id, i.has_response, gen_random_uuid() AS lease, s.position,
        abs(hashint8(s.item_id)) %% 100 < 45 AS truth, abs(hashint8(s.item_id * 8 + s.number)) AS draw,
        1 + (s.item_id + s.number) %% cardinality(%(annotators)s::bigint[]) AS person
    FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id
    WHERE s.project_id = %(project)s AND s.vote_id IS NULL AND s.position >= %(least)s AND s.position < %(below)s
), judged AS (
    SELECT *, CASE WHEN truth <> (draw %% 8 = 0) THEN 'unsafe' ELSE 'safe' END AS label FROM wanted
), cast_vote AS (
    INSERT INTO annotation_vote (item_id, annotator_id, prompt_label, response_label, categories, other_text, rationale,
        answers, seconds, taxonomy_id, guideline_id, lease, is_current, shown_at, cast_at)
    SELECT item_id, (%(annotators)s::bigint[])[person], label, CASE WHEN has_response THEN label END,
        CASE label WHEN 'unsafe' THEN ARRAY[(%(categories)s::text[])[1 + item_id %% 7]] ELSE '{}' END, '',
        CASE draw %% 4 WHEN 0 THEN 'Asks how to do it, and names whom it is to be done to.' ELSE '' END, '{}', 8,
        %(taxonomy)s, %(guideline)s, lease, true, now(), now()
    FROM judged ORDER BY position
    RETURNING id, lease
), event AS (
    INSERT INTO corpus_event (project_id, actor_id, verb, subject, detail, at)
    SELECT %(project)s, (%(users)s::int[])[person], 'item.voted', external_id, jsonb_build_object('vote', c.id), now()
    FROM cast_vote c JOIN judged USING (lease)
)
UPDATE annotation_slot s SET vote_id = c.id FROM cast_vote c JOIN judged USING (lease)
WHERE s.id = judged.slot AND s.project_id = %(project)s
"""
BALLOTS = """
WITH sample AS (
    SELECT b.*, row_number() OVER (PARTITION BY juror_id ORDER BY b.id) - 1 AS rank,
        count(*) OVER (PARTITION BY juror_id) AS ranks
    FROM jury_ballot b JOIN corpus_item i ON i.id = b.item_id
    WHERE i.project_id = %(project)s AND outcome = 'cast' AND response_label IS NOT NULL
)
INSERT INTO jury_ballot ({columns})
SELECT {values} FROM corpus_item i JOIN sample b ON b.rank = i.id %% b.ranks
WHERE i.project_id = %(project)s
    AND NOT EXISTS (SELECT FROM jury_ballot x WHERE x.item_id = i.id AND x.juror_id = b.juror_id)
ORDER BY i.id
"""
OF_THE_ITEM = {
    "item_id": "i.id",
    "response_label": "CASE WHEN i.has_response THEN b.response_label END",
    "categories": "CASE WHEN i.has_response OR b.prompt_label = 'unsafe' THEN b.categories ELSE '{}' END",
    "request_hash": "sha256(int8send(i.id) || int8send(b.juror_id))",
}


def fill(slug: str, items: int, people: int, folder: Path) -> None:
    """Fill a new project with `items` dialogues, and three votes and three ballots on each."""
    make_project_with_slots(slug, items, folder)
    project = find_project(slug)
    add_votes(project, people)
    add_ballots(project)
    execute("VACUUM ANALYZE")
    run("adjudicate", project=slug)
    execute("VACUUM ANALYZE")


def add_votes(project: Project, people: int) -> None:
    """Fill all slots but the last of the queue with votes of so many new annotators."""
    members = [
        add_member(project=project, username=f"{project.slug}-{number}", role="annotator") for number in range(people)
    ]
    parameters = {
        "project": project.pk,
        "annotators": [ensure_profile(project, each.user).pk for each in members],
        "users": [each.user.pk for each in members],
        "categories": [
            "violence",
            "threat",
            "harassment",
            "hate_identity_hate",
            "fraud_deception",
            "profanity",
            "malware",
        ],
        "taxonomy": project.taxonomy_id,
        "guideline": store_guideline(project).pk,
    }
    share_filled = 1 - max(SHARE_OPEN, min(LEAST_OPEN / Slot.objects.filter(project=project).count(), 0.5))
    bounds = [share_filled * part / PARTS for part in range(PARTS + 1)]
    for least, below in pairwise(bounds):
        run_sql(VOTES, parameters | {"least": least, "below": below})
        execute("VACUUM ANALYZE annotation_slot")


def add_ballots(project: Project) -> None:
    """Ask three stub jurors about some items, and copy their ballots to all others."""
    with stub_server() as url, workers(1):
        for model in JURORS:
            run("add_juror", model, "--model", model, "--base-url", url, project=project.slug)
        sample = min(SAMPLE, Item.objects.filter(project=project).count())
        run("convene_jury", "--wait", "--limit", sample, project=project.slug)
    columns = [field.column for field in Ballot._meta.concrete_fields if not field.primary_key]
    values = [OF_THE_ITEM.get(column, f"b.{column}") for column in columns]
    run_sql(BALLOTS.format(columns=", ".join(columns), values=", ".join(values)), {"project": project.pk})


def run_sql(statement: str, parameters: dict[str, Any]) -> None:
    """Run one SQL statement with parameters."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)

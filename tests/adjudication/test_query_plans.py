"""What one item's pages read of the tables that hold a row a vote: by index, never as a whole."""

import json

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from adjudication.queries.audit_log import actors_of
from adjudication.queries.history import history_of
from adjudication.queries.opinions import counted_opinion_ids, has_seen_opinions, opinions_on, saw_opinions
from corpus.models import Item
from tests.adjudication.disputes import disputed_project
from tests.annotation.people import Visitor
from workspace.queries.generated import items_lacking

LARGE = ("annotation_vote", "jury_ballot", "corpus_event")


def scans_of(plan):
    """Yield the tables that a plan reads as a whole."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", []):
        yield from scans_of(part)


def whole_reads(statements):
    """Return each statement that reads a large table as a whole, though an index would do."""
    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # these tables are small, so the planner would not mind
        for statement in statements:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            plan = cursor.fetchone()[0]
            plan = json.loads(plan) if isinstance(plan, str) else plan
            found += [statement for table in scans_of(plan[0]["Plan"]) if table in LARGE]
    return found


def test_pages_of_an_item_read_no_large_table_as_a_whole(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    item, lead = Item.objects.get(project=project, external_id="one"), Visitor(project, "lead")
    with CaptureQueriesContext(connection) as captured:
        list(history_of(opinions_on(item)))
        counted_opinion_ids(item)
        has_seen_opinions(lead.user, item)
        saw_opinions(lead.user, item)
        items_lacking(project, "responses")
        assert lead.name not in actors_of(project)
    statements = [query["sql"] for query in captured if any(table in query["sql"] for table in LARGE)]

    assert len(statements) >= 7
    assert whole_reads(statements) == []

"""An import has the same plans whatever the planner knows of its tables."""

import pytest
from django.db import connection, transaction

from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion, write_lines
from workspace.actions import import_opinions

TABLES = ("corpus_item", "annotation_vote", "jury_ballot", "annotation_slot", "annotation_furthervotes")
STATISTICS = {"unknown": None, "emptied": (100_000, 0), "small": (1, 1), "large": (100_000, 10_000_000)}


def set_statistics(cursor, pages_and_rows):
    """Let the planner believe that the tables had so many pages and rows when it last looked."""
    for table in TABLES:
        if pages_and_rows is None:
            cursor.execute("SELECT pg_clear_relation_stats('public', %s)", [table])
        else:
            cursor.execute(
                "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text,"
                " 'relpages', %s::int, 'reltuples', %s::real)",
                [table, *pages_and_rows],
            )
        column = "id" if table == "corpus_item" else "item_id"
        cursor.execute("SELECT pg_clear_attribute_stats('public', %s, %s, false)", [table, column])


class Plans:
    """Keeps the plan of every statement that reads one of the tables."""

    def __init__(self):
        self.lookups, self.slots = [], []

    def __call__(self, execute, sql, parameters, many, context):
        is_slots = "DELETE FROM annotation_slot" in sql or "INSERT INTO annotation_slot" in sql
        if is_slots or ("= ANY" in sql and "SELECT external_id" in sql) or "JOIN unnest" in sql:
            kept = self.slots if is_slots else self.lookups
            with context["connection"].cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN {sql}", parameters)
                kept.append("\n".join(line for (line,) in cursor.cursor.fetchall()))
        return execute(sql, parameters, many, context)


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory, database):
    """Fill the tables: of one page each, all plans cost the same."""
    project, folder = make_project(), tmp_path_factory.mktemp("neighbour")
    import_dialogues(project, folder, [dialogue(f"n{n}") for n in range(1_000)])
    import_votes(project, folder, [opinion(f"n{n}", rater) for n in range(1_000) for rater in ("eve", "model-b")])


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize("known", STATISTICS)
def test_import_of_opinions_has_one_plan_whatever_the_statistics(tmp_path, known):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue(f"d{n}") for n in range(60)])
    rows = [opinion(f"d{n}", rater) for n in range(60) for rater in ("ada", "bea", "model-a")]
    path, plans = write_lines(tmp_path, rows), Plans()
    with transaction.atomic(), connection.cursor() as cursor:
        set_statistics(cursor, STATISTICS[known])
        with connection.execute_wrapper(plans):
            report = import_opinions(project=project, path=path, on_reject=print)
        transaction.set_rollback(True)
    assert (report.created, len(plans.lookups), len(plans.slots)) == (180, 3, 2)
    for plan in plans.lookups + plans.slots:
        assert "Index" in plan, plan
        assert "Seq Scan" not in plan, plan
    for plan in plans.slots:  # for each item, what there is of it, and nothing else
        assert all(f"Index Cond: (item_id = {alias}.id)" in plan for alias in ("i", "item")), plan

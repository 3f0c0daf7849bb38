"""Everything works through PgBouncer in transaction mode, where each transaction may have another session."""

import json
from contextlib import contextmanager

import pytest

from config.embedded.postgres import Postgres
from config.embedded.processes import wait_until
from tests.conftest import stub_server
from tests.factories import dialogue
from tests.poolers import running_pooler
from tests.test_faults import DIALOGUES, PATIENCE, Installation, Voters, assert_votes_are_kept, is_over

pytestmark = pytest.mark.slow
SESSIONS, PEOPLE = 4, 8
# The second connection's transaction takes the session on which the first one read its first rows.
READ_IN_PARTS = """
import json
from threading import Thread
from django.db import connection, transaction
from corpus.models import Item
def hold():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        rest.extend(item.pk for item in rows)
    connection.close()
rows, rest = Item.objects.order_by("pk").iterator(chunk_size=7), []
begun = [next(rows).pk for _ in range(3)]
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("SELECT 1")
other = Thread(target=hold)
other.start()
other.join()
print(json.dumps([len(begun), len(rest)]))
"""
SESSION = """
import json
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_setting('search_path'), current_setting('statement_timeout')")
    print(json.dumps(cursor.fetchone()))
"""


class Pooled(Installation):
    """An installation whose processes share a few sessions of its PostgreSQL."""

    def tables(self):
        """Return the votes as (id, item, annotator), and the items with their slots and those filled."""
        votes = self.rows("SELECT id, item_id, annotator_id FROM annotation_vote")
        return votes, self.rows("SELECT item_id, count(*), count(vote_id) FROM annotation_slot GROUP BY 1")

    def sessions(self):
        """Return how many sessions the database has, besides this one."""
        [(count,)] = self.rows(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return count


@contextmanager
def pooled(folder, endpoint):
    """Run an installation with a project through a pooler; yield it, the token of an admin, and those of voters."""
    place = Pooled(folder)
    try:
        place.commands(["prepare"])
        limits = "SET statement_timeout = 30000"
        with running_pooler(Postgres(place.home).address(), folder / "pooler", size=SESSIONS, limits=limits) as url:
            place.environment["DATABASE_POOL_URL"] = url
            admin, voters = place.set_up(endpoint, role="admin", concurrency=4, voters=PEOPLE)
            place.start_web()
            place.start_worker()
            yield place, admin, voters
            place.kill(place.web)
            place.kill(place.worker)
    finally:
        place.close()


def test_all_work_goes_through_a_few_shared_sessions(tmp_path):
    late = json.dumps(dialogue("late", response=False)).encode()
    upload = "POST", "projects/mine/items/import/?name=late.jsonl", late, "application/octet-stream"
    with stub_server(delay=0.02) as endpoint, pooled(tmp_path, endpoint) as (place, admin, tokens):
        voters = Voters(place, tokens)
        assert place.start_run(admin)
        voters.start()
        assert voters.have_cast(20), voters.problems
        used = place.sessions()
        assert place.request_until(admin, *upload)[0] == 202
        voters.finish()
        assert wait_until(lambda: is_over(place), seconds=PATIENCE), place.log.read_text()[-3000:]
        export = tmp_path / "export.jsonl"
        place.commands(
            ["adjudicate", "--project", "mine"],
            ["export_dataset", "--project", "mine", "--format", "jsonl", "--out", export],
            ["backup", tmp_path / "backup"],
            ["migrate", "corpus", "--verbosity=0"],
        )
        in_parts, *seen = place.commands(
            *(["shell", "--no-imports", "--command", code] for code in (READ_IN_PARTS, *[SESSION] * SESSIONS))
        )
        refused = place.request(admin, "GET", "projects/mine/export/?format=jsonl&policy=nonsense")
        votes, slots = place.tables()
        ballots = place.rows("SELECT outcome, count(*) FROM jury_ballot WHERE is_current GROUP BY 1")

    assert used <= SESSIONS
    assert not voters.problems
    assert_votes_are_kept(voters.acknowledged, votes, slots)
    assert ballots == [("cast", DIALOGUES)]
    assert len(export.read_text().splitlines()) >= DIALOGUES
    assert in_parts == [3, DIALOGUES + 1 - 3]
    assert {tuple(each) for each in seen} == {('"$user", public', "30s")}
    assert refused[0] == 400
    assert "Traceback" not in place.log.read_text()

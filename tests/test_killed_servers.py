"""`make run` with its database and its broker killed under fifty people, a jury and two schedules at once."""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request

import pytest

from config.embedded.postgres import Postgres
from config.embedded.processes import wait_until
from config.embedded.valkey import Valkey
from tests.conftest import stub_server
from tests.test_faults import WANTED, Installation, Voters, assert_votes_are_kept, is_over

pytestmark = pytest.mark.slow

DIALOGUES, PEOPLE = 80, 50
PATIENCE = 120.0


class Served(Installation):
    """An installation that `make run` keeps running."""

    def __init__(self, folder):
        super().__init__(folder)
        self.environment |= {"SCHEDULE_SECONDS": "4", "PYTHONUNBUFFERED": "1"}
        self.served = None
        self.refusals = []

    def serve(self):
        self.served = self.launch([sys.executable, "-m", "config.serve", str(self.port)])
        assert wait_until(lambda: "Assize is at" in self.log.read_text(), seconds=PATIENCE), self.log.read_text()

    def request(self, *call, **more):
        """Send a request as `Installation` does, and keep what came of it if it was not answered."""
        response = super().request(*call, **more)
        if response is None or response[0] >= 500:
            self.refusals.append((response[0], response[1]["error"]["code"]) if response else None)
        return response

    def page(self, path):
        """Return the status of a page, whether it says when to try again, and its text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as page:
                return page.status, "Retry-After" in page.headers, page.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, "Retry-After" in refused.headers, refused.read().decode()

    def has_signs_of_life(self):
        """Return whether each queue has a worker, and there is a schedule."""
        ready = json.loads(self.page("/readyz")[2])
        return (ready["workers"], ready["schedule"]) == ("ok", "ok")

    def kill_and_wait(self, kind):
        """Kill a server and wait until it is up again on its port; return what /readyz said meanwhile."""
        pid, port = kind(self.home).recorded_process()
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        said = []
        while not kind(self.home).address():
            said.append(self.page("/readyz"))
            time.sleep(0.1)
            assert time.monotonic() < began + PATIENCE, self.log.read_text()[-3000:]
        assert kind(self.home).recorded_process()[1] == port
        return said

    def close(self):
        if self.served and self.served.poll() is None:
            self.served.send_signal(signal.SIGTERM)
            self.served.wait(timeout=PATIENCE)
        super().close()


def test_killed_database_and_broker_are_up_again_and_nothing_is_lost_or_paid_twice(tmp_path):
    place = Served(tmp_path)
    try:
        with stub_server(delay=0.4) as url:
            lead, tokens = place.set_up(url, role="lead", concurrency=6, voters=PEOPLE, dialogues=DIALOGUES)
            place.serve()
            second = place.launch(place.second_schedule())
            voters = Voters(place, tokens, pause=0.5)
            voters.start()
            assert place.start_run(lead)
            said = []
            for count, kind in ((50, Postgres), (100, Valkey)):
                assert voters.have_cast(count), place.log.read_text()[-3000:]
                said += place.kill_and_wait(kind)
            # The broker is empty now, and the jury still asks.
            assert wait_until(place.has_signs_of_life, seconds=PATIENCE), place.page("/readyz")
            voters.finish()
            assert wait_until(lambda: is_over(place), seconds=PATIENCE), place.log.read_text()[-3000:]
            place.kill(second)
            charged = json.loads(urllib.request.urlopen(f"{url.removesuffix('/v1')}/calls").read())["charged"]  # noqa: S310
        votes = place.rows("SELECT id, item_id, annotator_id FROM annotation_vote")
        slots = place.rows("SELECT item_id, count(*), count(vote_id) FROM annotation_slot GROUP BY 1")
        ballots = place.rows("SELECT outcome, count(*) FROM jury_ballot WHERE is_current GROUP BY 1")
        doubled = place.rows("SELECT item_id FROM jury_ballot WHERE is_current GROUP BY 1 HAVING count(*) > 1")
    finally:
        place.close()

    assert not voters.problems
    assert_votes_are_kept(voters.acknowledged, votes, slots, least=DIALOGUES * WANTED)
    assert (ballots, doubled) == ([("cast", DIALOGUES)], [])
    assert charged <= DIALOGUES + 2 * 3 * 6  # at each kill, what three processes had out
    assert set(place.refusals) <= {None, (503, "unavailable")}
    assert {(status, has_time) for status, has_time, _ in said} <= {(200, False), (503, True)}
    assert "Traceback" not in place.log.read_text()
    assert {"PostgreSQL is up again.", "Valkey is up again."} <= set(place.log.read_text().splitlines())

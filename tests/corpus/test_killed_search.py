"""A search for near-duplicates whose process is killed leaves nothing behind, and the schedule makes it again."""

import signal
import sys

import pytest
from django.db import connection, transaction

from bench import forks
from config.embedded.processes import wait_until
from corpus.models import DuplicateSearch, ItemCluster
from corpus.tasks import find_duplicates
from tests.factories import dialogue, import_dialogues, make_project
from tests.jury.factories import broker_apart
from tests.locks import is_waited_for

pytestmark = pytest.mark.slow
TEXT = "Write a poem about the old harbour at night and the boats that wait there for the morning"


def clusters(project):
    return list(ItemCluster.objects.filter(project=project).order_by("pk").values_list("cluster", "size"))


def test_killed_search_leaves_nothing_and_is_made_again(tmp_path):
    project = make_project()
    rows = [dialogue(f"d-{at}", text=f"{TEXT} {'soon' if at % 2 else ''}") for at in range(40)]
    import_dialogues(project, tmp_path, rows)
    line = [sys.executable, "manage.py", "find_duplicates", "--project", project.slug]
    with transaction.atomic():  # the search has written all clusters, and waits to write their counts
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE corpus_duplicatesearch IN EXCLUSIVE MODE")
        search = forks.start(line, tmp_path / "search.log", broker_apart(11))
        assert wait_until(is_waited_for, seconds=60), (tmp_path / "search.log").read_text()
        search.kill_all()
    assert search.returncode == -signal.SIGKILL
    assert clusters(project) == []
    assert not DuplicateSearch.objects.filter(project=project).exists()
    # The lock of the killed one goes with its connection, as soon as the server notices.
    assert wait_until(lambda: find_duplicates() or DuplicateSearch.objects.filter(project=project).exists(), seconds=30)
    found = DuplicateSearch.objects.get(project=project)
    assert (found.items, found.clusters, found.clustered) == (40, 1, 40)
    assert {size for _, size in clusters(project)} == {40}

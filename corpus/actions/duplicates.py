"""Find items whose prompts are near-duplicates, and store which cluster each belongs to."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from corpus import queries
from corpus.kept import until_items_change
from corpus.models import DuplicateSearch, Item, Project
from corpus.similarity.rules import METHOD
from corpus.turns import prompt_text

REDACTED = "REDACTED"
"The prompt of an item whose source withheld it: as exports have it, so that all of these share a split."
ITEMS_AT_ONCE = 200
REST = 10
"A search by the schedule waits so many times as long as the last one took, so that it takes a tenth of a core at most."

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('duplicates'), %s)"
LOCK = "SELECT pg_advisory_xact_lock(hashtext('duplicates'), %s)"
MAKE_FOUND = "CREATE TEMPORARY TABLE found_cluster (item bigint, cluster bytea, size int) ON COMMIT DROP"
# Only rows that are new or differ are written: most searches after an import change few.
STORE = """
    INSERT INTO corpus_itemcluster (item_id, project_id, cluster, size)
    SELECT f.item, %(project)s, f.cluster, f.size
    FROM found_cluster f LEFT JOIN corpus_itemcluster c ON c.item_id = f.item
    WHERE c.item_id IS NULL OR (c.cluster, c.size) IS DISTINCT FROM (f.cluster, f.size)
    ON CONFLICT (item_id) DO UPDATE SET cluster = excluded.cluster, size = excluded.size
"""


@transaction.atomic
def find_duplicates(*, project: Project) -> DuplicateSearch:
    """
    Put the items of a project into clusters of near-duplicate prompts; do nothing if the clusters are current.

    Withdrawn items take part, so that a cluster stays what it is. A search that is under way is waited for. All of it
    is one transaction, so that nothing is left of one whose process is killed. It takes about 2 KB of memory an item.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [project.pk])
    known = queries.duplicate_search(project)
    return known if known and is_up_to_date(project, known) else search(project)


@transaction.atomic
def find_duplicates_if_due(*, project: Project) -> DuplicateSearch | None:
    """
    Do the same, but return None where the clusters are current, a search is under way, or the last was just now.

    :param project: as just read
    """
    known = queries.duplicate_search(project)
    # The schedule asks every minute, and the newest of a million items takes a while to find.
    newest = until_items_change(project, "newest", lambda: queries.newest_item(project))
    if known and ((known.method, known.newest_item) == (METHOD, newest) or timezone.now() < rested_at(known)):
        return None
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [project.pk])
        [is_locked] = cursor.fetchone()
    return search(project) if is_locked else None


def is_up_to_date(project: Project, known: DuplicateSearch) -> bool:
    """Return whether a search was of all items that the project has now, and by the rules of now."""
    return (known.method, known.newest_item) == (METHOD, queries.newest_item(project))


def rested_at(known: DuplicateSearch) -> datetime:
    """Return until when the schedule waits after a search."""
    return known.searched_at + timedelta(seconds=REST * known.seconds)


def search(project: Project) -> DuplicateSearch:
    """Cluster the items of a project, and store the clusters with their counts."""
    from corpus.similarity.clusters import find_clusters  # here, so that others start without numpy

    began = time.monotonic()
    items: list[int] = []
    found = find_clusters(prompts(project, items))
    sizes = Counter(found.keys)
    store(project, items, found.keys, sizes)
    shared = [size for size in sizes.values() if size > 1]
    counts = {
        "method": METHOD,
        "newest_item": max(items, default=0),
        "items": len(items),
        "clusters": len(shared),
        "clustered": sum(shared),
        "largest": max(sizes.values(), default=0),
        "cut": found.cut,
        "seconds": time.monotonic() - began,
    }
    return DuplicateSearch.objects.update_or_create(project=project, defaults=counts)[0]


def prompts(project: Project, items: list[int]) -> Iterator[str]:
    """Yield the prompt of each item of a project, by import, and add its primary key to `items`."""
    rows = Item.objects.filter(project=project).order_by("pk").values_list("pk", "turns", "reconstruction_id")
    for item, turns, reconstruction_id in rows.iterator(ITEMS_AT_ONCE):
        items.append(item)
        yield prompt_text(turns) if reconstruction_id is None else REDACTED


def store(project: Project, items: list[int], keys: list[bytes], sizes: Counter[bytes]) -> None:
    """Store the cluster of each item, and the size of the cluster."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE_FOUND)
        with cursor.copy("COPY found_cluster FROM STDIN WITH (FORMAT binary)") as copy:
            copy.set_types(["int8", "bytea", "int4"])
            for item, key in zip(items, keys, strict=True):
                copy.write_row((item, key, sizes[key]))
        cursor.execute("ANALYZE found_cluster")
        cursor.execute(STORE, {"project": project.pk})
        cursor.execute("DROP TABLE found_cluster")

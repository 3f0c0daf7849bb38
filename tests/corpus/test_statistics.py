"""Statistics are refreshed where a table has grown by much of itself, and left alone otherwise."""

from django.db import connection

from corpus.actions.statistics import refresh_statistics
from tests.factories import dialogue, import_dialogues, make_project


def analyzed(*rows: int) -> list[bool]:
    """Return whether a table of 1,000 rows, as last counted, is analyzed after so many more."""
    done = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE grown AS SELECT generate_series(1, 1000) AS number")
        try:
            for count in rows:
                cursor.execute("ANALYZE grown")
                cursor.execute("INSERT INTO grown VALUES (0)")  # so that another count says that it was analyzed
                refresh_statistics("grown", rows=count)
                cursor.execute("SELECT reltuples, (SELECT count(*) FROM grown) FROM pg_class WHERE relname = 'grown'")
                counted, there = cursor.fetchone()
                done.append(counted == there)
        finally:
            cursor.execute("DROP TABLE grown")
    return done


def test_a_table_is_analyzed_once_it_has_grown_by_a_tenth_and_fifty():
    assert analyzed(0, 50, 150, 152, 10**9) == [False, False, False, True, True]


def test_few_rows_add_up():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE added AS SELECT generate_series(1, 100000) AS number")
        try:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute("ANALYZE added")
            for rows, expected in ((400, 100_000), (99, 100_000), (1, 100_500)):
                cursor.execute("INSERT INTO added SELECT generate_series(1, %s)", [rows])
                cursor.execute("SELECT pg_stat_force_next_flush()")
                refresh_statistics("added", rows=0)
                cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'added'")
                assert cursor.fetchone()[0] == expected
        finally:
            cursor.execute("DROP TABLE added")


def test_a_table_that_never_was_is_analyzed_after_fifty_rows():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fresh AS SELECT generate_series(1, 60) AS number")
        try:
            for rows, expected in ((49, -1), (51, 60)):
                refresh_statistics("fresh", rows=rows)
                cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'fresh'")
                assert cursor.fetchone()[0] == expected
        finally:
            cursor.execute("DROP TABLE fresh")


def test_texts_of_dialogues_are_not_sorted_for_statistics(tmp_path):
    import_dialogues(
        make_project(), tmp_path, [dialogue(f"d{at}", text=f"Tea {at}", meta={"at": at}) for at in range(60)]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE corpus_item")
        cursor.execute("SELECT attname FROM pg_stats WHERE tablename = 'corpus_item'")
        described = {name for (name,) in cursor.fetchall()}
    assert {"project_id", "external_id", "has_response"} <= described
    assert not {"turns", "meta"} & described

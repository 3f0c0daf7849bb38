"""Store the texts that guards are asked about, each once."""

from collections.abc import Mapping

from django.db import connection

# In the order of their hashes, so that two imports of the same texts never wait for each other in a circle.
ADD_TEXTS = """
    INSERT INTO guards_casetext (content_hash, turns)
    SELECT content_hash, turns FROM unnest(%s::bytea[], %s::jsonb[]) AS t (content_hash, turns) ORDER BY content_hash
    ON CONFLICT (content_hash) DO NOTHING
"""
FIND_TEXTS = "SELECT content_hash, id FROM guards_casetext WHERE content_hash = ANY(%s)"


def store_texts(turns_by_hash: Mapping[bytes, str]) -> dict[bytes, int]:
    """
    Store the texts that are new, and return the primary key of each by its hash.

    :param turns_by_hash: the turns as JSON, by the hash of `guards.benchmarks.case.hash_of`
    """
    with connection.cursor() as cursor:
        cursor.execute(ADD_TEXTS, [list(turns_by_hash), list(turns_by_hash.values())])
        cursor.execute(FIND_TEXTS, [list(turns_by_hash)])
        return {bytes(content_hash): key for content_hash, key in cursor.fetchall()}

"""Store the texts that guards are asked about, each once."""

from collections.abc import Mapping

from django.db import connection

from guards.benchmarks.case import JudgedText

# In the order of their hashes, so that two imports of the same texts never wait for each other in a circle.
ADD_TEXTS = """
    INSERT INTO guards_casetext (content_hash, turns, ends_at_prompt)
    SELECT * FROM unnest(%s::bytea[], %s::jsonb[], %s::bool[]) AS t (content_hash, turns, ends_at_prompt)
    ORDER BY content_hash
    ON CONFLICT (content_hash) DO NOTHING
"""
FIND_TEXTS = "SELECT content_hash, id FROM guards_casetext WHERE content_hash = ANY(%s)"


def store_texts(texts: Mapping[bytes, JudgedText]) -> dict[bytes, int]:
    """
    Store the texts that are new, and return the primary key of each by its hash.

    :param texts: by their `content_hash`
    """
    stored = [(digest, text.turns, text.ends_at_prompt) for digest, text in texts.items()]
    with connection.cursor() as cursor:
        cursor.execute(ADD_TEXTS, [list(column) for column in zip(*stored, strict=True)] or [[], [], []])
        cursor.execute(FIND_TEXTS, [list(texts)])
        return {bytes(content_hash): key for content_hash, key in cursor.fetchall()}

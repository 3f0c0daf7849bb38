"""The writing systems of a project's dialogues, which stand in for languages that nobody has stated."""

from typing import Any

from django.db import connection

from corpus.models import Item, Project

SCRIPTS = {
    "Latin": "A-Za-z\u00c0-\u024f",
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff",
    "Arabic": "\u0600-\u06ff",
    "Hebrew": "\u0590-\u05ff",
    "Devanagari": "\u0900-\u097f",
    "Bengali": "\u0980-\u09ff",
    "Tamil": "\u0b80-\u0bff",
    "Thai": "\u0e00-\u0e7f",
    "Chinese": "\u4e00-\u9fff",
    "Japanese kana": "\u3040-\u30ff",
    "Korean": "\uac00-\ud7af",
}
"Characters by the name of their writing system."
# Two characters in a row, since single signs of another system stand in formulas and names.
COUNT = "count(*) FILTER (WHERE text ~ %s)"
TEXTS = """
    SELECT {counts} FROM (
        SELECT (SELECT string_agg(turn ->> 'text', ' ') FROM jsonb_array_elements(turns) AS turn) AS text
        FROM corpus_item WHERE project_id = %s AND reconstruction_id IS NULL AND withdrawn_at IS NULL
    ) AS item WHERE {which}
"""
IS_ASCII = "octet_length(text) = char_length(text)"


def count_written(project: Project) -> int:
    """Return how many dialogues in use have their text: those of which writing systems are counted."""
    written = Item.objects.filter(project=project, reconstruction_id__isnull=True, withdrawn_at__isnull=True)
    return written.count()


def script_counts(project: Project) -> list[dict[str, Any]]:
    """Return how many dialogues have two letters in a row of each writing system, most first; none of withheld ones."""
    latin, *others = SCRIPTS
    ascii_only = counts_of(project, [latin], IS_ASCII)  # most of them, and quickly looked through
    counts = counts_of(project, [latin, *others], f"NOT {IS_ASCII}")
    counts[latin] += ascii_only[latin]
    found = [{"script": name, "items": counts[name]} for name in sorted(counts, key=lambda name: -counts[name])]
    return [each for each in found if each["items"]]


def counts_of(project: Project, names: list[str], which: str) -> dict[str, int]:
    """Return how many dialogues have each writing system, of those of which a condition holds."""
    patterns = [f"[{SCRIPTS[name]}]{{2}}" if name != "Chinese" else f"[{SCRIPTS[name]}]" for name in names]
    with connection.cursor() as cursor:
        statement = TEXTS.format(counts=", ".join([COUNT] * len(names)), which=which)
        cursor.execute(statement, [*patterns, project.pk])
        return dict(zip(names, cursor.fetchone(), strict=True))

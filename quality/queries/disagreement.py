"""What `quality.statistics.disagreement` asks of people's votes, beside their labels: times, guidelines and checks."""

from itertools import pairwise
from typing import Any

from django.db import connection

from annotation.models import GuidelineVersion
from annotation.queries.votes import current_guideline, guideline_entries
from corpus.categories.translation import TRANSLATED
from corpus.labels import NEEDS_RESPONSE
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.statistics.profiles import Codes

IMPORTED = GuidelineVersion.IMPORTED
VERSIONS = f"""
    SELECT id, dense_rank() OVER (ORDER BY id) - 1 AS version FROM annotation_guidelineversion
    WHERE project_id = %(project)s AND name <> '{IMPORTED}'
"""
# In the order of the opinions of people in `read_opinions`.
TIMES = f"""
    SELECT coalesce(version, -1), coalesce(round(v.seconds * 1000), -1)
    FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id LEFT JOIN ({VERSIONS}) AS g ON g.id = v.guideline_id
    WHERE i.project_id = %(project)s AND v.is_current ORDER BY v.item_id, v.annotator_id
"""
LABEL = "coalesce(array_position(ARRAY['safe', 'needs_caution', 'unsafe'], {column}::text), 0) - 1"
COUNTED = TRANSLATED.format(slugs="{vote}.categories", taxonomy="%(taxonomy)s")
CATEGORY = "coalesce(array_position(%(slugs)s::text[], ({counted})[1]), 0) - 1"
REPEATS = f"""
    SELECT again.item_id, again.annotator_id, {{first}}, {{again}}, ({{earlier}} && {{later}})::int,
        {CATEGORY.format(counted="{earlier}")}, {CATEGORY.format(counted="{later}")}
    FROM annotation_check c JOIN annotation_vote again ON again.id = c.vote_id
    JOIN annotation_vote first ON first.id = c.repeats_id JOIN corpus_item i ON i.id = again.item_id
    WHERE i.project_id = %(project)s AND c.kind = 'repeat' AND first.guideline_id = again.guideline_id
        AND first.{{field}} IS NOT NULL AND again.{{field}} IS NOT NULL ORDER BY again.id
"""
GOLD = """
    SELECT v.item_id, v.annotator_id, {answer}, {label}
    FROM annotation_gold g JOIN annotation_vote v ON v.item_id = g.item_id
    WHERE g.project_id = %(project)s AND g.use = 'check' AND v.supersedes_id IS NULL AND v.repeats_id IS NULL
        AND v.{field} IS NOT NULL AND g.{field} IS NOT NULL ORDER BY v.id
"""

LANGUAGE = "english"
"Of the rules by which words lose their endings; words of other languages keep most of theirs."
MOST_CHARACTERS = 20_000
"Of an item, so that no text is too long for a list of its words."
WORDS = f"""
    SELECT place - 1, unnest(tsvector_to_array(to_tsvector('{LANGUAGE}', passage)))
    FROM unnest(%(passages)s::text[]) WITH ORDINALITY AS given (passage, place)
"""
ITEM_WORDS = f"""
    SELECT i.id, place - 1 FROM corpus_item i, LATERAL (
        SELECT left(string_agg(turn ->> 'text', E'\\n'), {MOST_CHARACTERS}) AS text
        FROM jsonb_array_elements(i.turns) WITH ORDINALITY AS each (turn, place)
        WHERE {{wanted}}
    ) AS dialogue, unnest(tsvector_to_array(to_tsvector('{LANGUAGE}', dialogue.text))) AS own (word)
    JOIN unnest(%(words)s::text[]) WITH ORDINALITY AS known (word, place) USING (word)
    WHERE i.id = ANY(%(items)s)
"""
WHOLE, PROMPT = "true", "NOT i.has_response OR place < jsonb_array_length(i.turns)"


def read_times(project: Project) -> Codes:
    """
    Return the version of the guideline and the milliseconds of every current vote, by item and annotator.

    :return: shape (2, votes); -1 where either is not known
    """
    return read_numbers(TIMES, {"project": project.pk}, columns=2)


def read_repeats(project: Project, field: str, slugs: list[str]) -> Codes:
    """
    Return the repeats that were answered under the version of the guideline of the first answer.

    :param slugs: the categories by their codes
    :return: shape (7, repeats): item, annotator, both labels, whether they share a category, and the first category of
        each, -1 for none
    """
    sql = REPEATS.format(
        first=LABEL.format(column=f"first.{field}"),
        again=LABEL.format(column=f"again.{field}"),
        earlier=COUNTED.format(vote="first"),
        later=COUNTED.format(vote="again"),
        field=field,
    )
    return read_numbers(sql, parameters_of(project) | {"slugs": slugs}, columns=7)


def read_gold_answers(project: Project, field: str) -> Codes:
    """Return first answers on gold of hidden checks: item, annotator, label and gold label, shape (4, answers)."""
    answer, label = (LABEL.format(column=f"{table}.{field}") for table in ("v", "g"))
    return read_numbers(GOLD.format(answer=answer, label=label, field=field), parameters_of(project), columns=4)


def parameters_of(project: Project) -> dict[str, Any]:
    """Return what every query here asks for."""
    return {"project": project.pk, "taxonomy": project.taxonomy_id}


def changed_texts(project: Project) -> dict[int, set[str] | None]:
    """Return the categories whose text each version changed, by its index; None for all, by the general guidance."""
    versions = list(GuidelineVersion.objects.filter(project=project).exclude(name=IMPORTED).order_by("pk"))
    found: dict[int, set[str] | None] = {}
    for at, (before, after) in enumerate(pairwise(versions), start=1):
        slugs = {*before.entries, *after.entries}
        own = {slug for slug in slugs if before.entries.get(slug) != after.entries.get(slug)}
        found[at] = None if (before.body, before.faq) != (after.body, after.faq) else own
    return found


def read_passages(project: Project) -> list[tuple[str, str]]:
    """Return the passages of the definitions in force: a category and what it includes or excludes, line by line."""
    entries = guideline_entries(project, current_guideline(project) or GuidelineVersion(project=project))
    return [(slug, line) for slug, each in entries.items() for line in (*each["included"], *each["excluded"])]


def read_words(passages: list[str]) -> list[set[str]]:
    """Return the words of each passage, without their endings and without those that say little, such as `the`."""
    found: list[set[str]] = [set() for _ in passages]
    with connection.cursor() as cursor:
        cursor.execute(WORDS, {"passages": passages})
        for at, word in cursor.fetchall():
            found[at].add(word)
    return found


def read_item_words(field: str, keys: Codes, words: list[str]) -> Codes:
    """
    Return which items have which words: primary keys and indices of words, shape (2, pairs).

    :param field: of the prompt alone, or of the whole dialogue where the response is judged
    """
    sql = ITEM_WORDS.format(wanted=WHOLE if field in NEEDS_RESPONSE else PROMPT)
    return read_numbers(sql, {"items": keys.tolist(), "words": words}, columns=2)

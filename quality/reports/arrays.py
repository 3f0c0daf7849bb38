"""All opinions of a project as arrays, read in one go."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from adjudication.policies import Policy
from corpus.models import Project
from quality import queries
from quality.statistics.agreement import Codes, Ratings
from quality.statistics.scores import Flags

LABELS = ("safe", "needs_caution", "unsafe")
"In their order; a label's code is its place, and -1 is none."
CODE = "coalesce(array_position(ARRAY['safe', 'needs_caution', 'unsafe'], {column}::text), 0) - 1"
HEADER, TRAILER = 19, 2
MONDAY = 345_600
"Of 1970, in seconds: weeks are counted from there."

ITEMS = """
    SELECT id, dense_rank() OVER (ORDER BY source) - 1, has_response::int
    FROM corpus_item WHERE project_id = %(project)s ORDER BY id
"""
OPINIONS = f"""
    SELECT item_id, (kind = 'human')::int, rater, {CODE.format(column="prompt_label")},
        {CODE.format(column="response_label")},
        CASE WHEN value IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY value COLLATE "C") - 1 END,
        (extract(epoch FROM cast_at)::bigint - {MONDAY}) / 604800
    FROM (SELECT *, {queries.CATEGORY_SET} AS value FROM ({queries.OPINIONS}) AS opinion) AS opinion
    ORDER BY item_id, kind, rater
"""
SETS = f"""
    SELECT DISTINCT value COLLATE "C" FROM (SELECT {queries.CATEGORY_SET} AS value FROM ({queries.OPINIONS}) AS opinion)
    AS opinion WHERE value IS NOT NULL ORDER BY 1
"""
DECIDED = """
    SELECT item_id, (d.status = 'settled')::int, {label}, coalesce({part}_safe, 0), coalesce({part}_unsafe, 0),
        (d.{part}_status IS NOT NULL)::int
    FROM adjudication_decision d JOIN corpus_item i ON i.id = item_id
    WHERE i.project_id = %(project)s AND d.policy = %(policy)s ORDER BY item_id
"""


@dataclass(frozen=True)
class Opinions:
    """One row an opinion in the first group of arrays, one an item in the second."""

    item: Codes
    "Its place among the items."
    is_human: Flags
    rater: Codes
    "Its place among the raters."
    labels: dict[str, Codes]
    "By field."
    set: Codes
    "The place of the set of categories it names; -1 where it was not asked for any."
    week: Codes

    keys: Codes
    "Primary keys of the items."
    source: Codes
    has_response: Flags

    sources: list[str]
    raters: list[tuple[str, str]]
    "Kind and name, people first, by name."
    sets: list[frozenset[str]]

    def of(self, field: str) -> Flags:
        """Mark the opinions that have something to say in a field."""
        return (self.set if field == "categories" else self.labels[field]) >= 0

    def unsafe(self, field: str, policy: Policy) -> Flags:
        """Fold the labels of a field."""
        return np.array([*(label in policy.unsafe_labels for label in LABELS), False])[self.labels[field]]

    def ratings(self, field: str) -> Ratings:
        said = self.of(field)
        values = self.set if field == "categories" else self.labels[field]
        return Ratings(self.item[said], self.rater[said], values[said])


def read_opinions(project: Project) -> Opinions:
    everybody = {"project": project.pk, "human": True, "llm": True}
    keys, source, has_response = read_numbers(ITEMS, everybody, columns=3)
    item, is_human, rater, prompt, response, chosen, week = read_numbers(OPINIONS, everybody, columns=7)
    raters, numbers = numbered(project, is_human, rater)
    return Opinions(
        item=np.searchsorted(keys, item),
        is_human=is_human.astype(bool),
        rater=numbers,
        labels={"prompt_label": prompt, "response_label": response},
        set=chosen,
        week=week,
        keys=keys,
        source=source,
        has_response=has_response.astype(bool),
        sources=read_texts(
            "SELECT DISTINCT source FROM corpus_item WHERE project_id = %(project)s ORDER BY 1", everybody
        ),
        raters=raters,
        sets=[frozenset(each.split(";")) - {""} for each in read_texts(SETS, everybody)],
    )


def numbered(project: Project, is_human: Codes, rater: Codes) -> tuple[list[tuple[str, str]], Codes]:
    """Number the raters who have said something: people first, then by name."""
    names = queries.rater_names(project)
    found, places = np.unique(np.stack([is_human, rater]), axis=1, return_inverse=True)
    who = [("human" if human else "llm", int(key)) for human, key in found.T]
    order = sorted(range(len(who)), key=lambda at: (who[at][0], names[who[at]], who[at][1]))
    rank = np.empty(len(who), dtype=np.int64)
    rank[order] = np.arange(len(who))
    return [(who[at][0], names[who[at]]) for at in order], rank[places.ravel()] if len(who) else places.ravel()


@dataclass(frozen=True)
class Decided:
    """What was decided of a field, one row an item that has the field."""

    item: Codes
    is_settled: Flags
    label: Codes
    "As 0 for safe and 1 for unsafe; -1 where there is none."
    safe: Codes
    unsafe: Codes


def read_decided(project: Project, policy: str, field: str, keys: Codes) -> Decided:
    part = {"prompt_label": "prompt", "response_label": "response"}[field]
    label = f"coalesce(array_position(ARRAY['safe', 'unsafe'], d.{part}_label::text), 0) - 1"
    sql = DECIDED.format(part=part, label=label)
    item, settled, labels, safe, unsafe, has = read_numbers(sql, {"project": project.pk, "policy": policy}, columns=6)
    of = has.astype(bool)
    return Decided(np.searchsorted(keys, item[of]), settled[of].astype(bool), labels[of], safe[of], unsafe[of])


def read_numbers(sql: str, parameters: dict[str, Any], *, columns: int) -> NDArray[np.int64]:
    """Return a query of whole numbers, none null, as (columns, rows): then COPY's binary rows are all of one length."""
    names = ", ".join(f"c{at}" for at in range(columns))
    cast = ", ".join(f"c{at}::bigint" for at in range(columns))
    statement = f"COPY (SELECT {cast} FROM ({sql}) AS row ({names})) TO STDOUT WITH (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        raw = b"".join(copy)
    parts = [("fields", ">i2")]
    for at in range(columns):
        parts += [(f"length{at}", ">i4"), (f"c{at}", ">i8")]
    rows = np.frombuffer(raw[HEADER:-TRAILER], dtype=np.dtype(parts))
    return np.stack([rows[f"c{at}"].astype(np.int64) for at in range(columns)])


def read_texts(sql: str, parameters: dict[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [text for (text,) in cursor.fetchall()]

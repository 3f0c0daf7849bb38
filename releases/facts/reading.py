"""Read the facts of a release from the database."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from corpus.labels import FIELDS
from releases.exporting import ExportQuery
from releases.facts import sql
from releases.facts.measured import measured
from releases.facts.model import (
    Agreement,
    Collection,
    Facts,
    Generator,
    Guideline,
    Juror,
    KindShare,
    Labelling,
    People,
    SourceShare,
)
from releases.tables import json_rows

Row = dict[str, Any]
TEXTS = ("body", "entries", "faq")


def read_facts(query: ExportQuery, manifest: Mapping[str, Any], categories: list[dict[str, str]]) -> Facts:
    """
    Return the facts of a release. Memory is flat: every query returns a few rows.

    :param query: what is released
    :param manifest: of the release, without its files
    :param categories: name, tier and definition of each, in taxonomy order
    """
    more = {"salt": query.project.salt, "caution": manifest["policy"]["caution"]}
    reader = Reader(query.parameters | more)
    [collected], [opinions], [decided] = map(reader.rows, (sql.COLLECTION, sql.LABELLING, sql.DECIDED))
    [clusters] = reader.rows(sql.CLUSTERS if manifest.get("split_by") == "cluster" else sql.NO_CLUSTERS)
    [people] = reader.rows(sql.PEOPLE)
    [asked] = reader.rows(sql.ASKED)
    generators = tuple(Generator(**row) for row in reader.rows(sql.GENERATORS))
    return Facts(
        manifest=manifest,
        categories=tuple(categories),
        collection=Collection(**collected, **clusters, generators=generators),
        labelling=labelling(opinions, decided, query.project.votes_wanted),
        people=People(**people, repeats=opinions["repeats"]),
        jurors=tuple(Juror(**row) for row in reader.rows(sql.JURORS)),
        guidelines=tuple(map(guideline, reader.rows(sql.GUIDELINES))),
        agreement=told_apart(list(map(agreement, reader.rows(sql.AGREEMENT)))),
        source_shares=tuple(SourceShare(**row) for row in reader.rows(sql.SOURCE_SHARES)),
        kind_shares=tuple(KindShare(**row) for row in reader.rows(sql.KIND_SHARES)),
        measured=measured(reader.rows(sql.STATED), **asked),
    )


class Reader:
    """Reads queries with the same parameters."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.parameters = dict(parameters)

    def rows(self, statement: str) -> list[Row]:
        """Return the rows of a query by column."""
        return [orjson.loads(line) for line in json_rows(statement, self.parameters)]


def labelling(opinions: Row, decided: Row, votes_wanted: int) -> Labelling:
    """Return the facts about opinions and labels from the rows of their queries."""
    names = ["votes", "imported_votes", "ballots", "imported_ballots", "abstained", "unreadable", "failed"]
    names += ["first_vote", "last_vote", "first_ballot", "last_ballot", "corrected"]
    return Labelling(
        **{name: opinions[name] for name in names},
        votes_wanted=votes_wanted,
        statuses={field.value: decided[field] for field in FIELDS},
        **{name: decided[name] for name in ("settled", "stale", "categories_unagreed")},
    )


def guideline(row: Row) -> Guideline:
    """Return a version of the guideline, with the SHA-256 of its texts in the place of them."""
    texts = orjson.dumps({name: row.pop(name) for name in TEXTS}, option=orjson.OPT_SORT_KEYS)
    return Guideline(**row, sha256=hashlib.sha256(texts).hexdigest())


def told_apart(found: Sequence[Agreement]) -> tuple[Agreement, ...]:
    """Leave out that of people and models together where one of both gave all the opinions."""
    alone = {(each.field, each.opinions) for each in found if each.raters != "all"}
    return tuple(each for each in found if each.raters != "all" or (each.field, each.opinions) not in alone)


def agreement(row: Row) -> Agreement:
    """
    Return the agreement on a field by its sums over the dialogues.

    Alpha is 1 - (n - 1) D / (n² - sum of N_c²), with n opinions, N_c of them for label c, and D the sum over the
    dialogues of their disagreeing pairs divided by the number of their opinions less one: K. Krippendorff, "Computing
    Krippendorff's Alpha-Reliability", 2011, section C.
    """
    differing, used = row.pop("differing"), [row.pop(name) for name in ("safe", "caution", "unsafe")]
    n = row["opinions"]
    expected = n * n - sum(count * count for count in used)
    return Agreement(**row, alpha=1 - (n - 1) * differing / expected if expected else None)

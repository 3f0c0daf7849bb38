"""Reads of the answers to a run: ballots, or generated responses."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from corpus.labels import FIELDS
from corpus.models import Project
from jury.kinds import kind_of
from jury.models import Answer, Ballot, GeneratedResponse, Juror, Run
from jury.queries.jurors import juror_ids

SAMPLE = 10_000
"Failed answers whose reasons are compared."


def ballots_in(project: Project) -> QuerySet[Ballot]:
    """
    Return all ballots of the jurors of a project, unordered.

    By the keys of its jurors, for the reason that `annotation.queries.votes_in` gives.
    """
    return Ballot.objects.filter(juror__in=list(juror_ids(project.pk).values()))


def current_answers(run: Run, outcome: str = "") -> QuerySet[Any]:
    """
    Return the current answers to a run, latest first.

    :param outcome: return only answers with this outcome; empty for all
    """
    model: Any = kind_of(run).answers
    answers: QuerySet[Any] = model.objects.filter(run=run, is_current=True)
    if outcome:
        answers = answers.filter(outcome=outcome)
    return answers.select_related(model.SUBJECT, "juror").order_by("-pk")


@dataclass(frozen=True)
class Failure:
    """A reason for which calls of one juror, generator or guard failed, and how many did."""

    juror: Juror
    reason: str
    count: int


def most_frequent_failure(run: Run) -> Failure | None:
    """Return the most frequent reason of the latest failed answers to a run, at most SAMPLE; None if none failed."""
    latest = current_answers(run, Answer.Outcome.FAILED).select_related(None).values_list("juror_id", "reason")[:SAMPLE]
    found = Counter(latest).most_common(1)
    if not found:
        return None
    [((juror, reason), count)] = found
    return Failure(Juror.objects.get(pk=juror), reason, count)


def generated_responses(project: Project, outcome: str = "") -> QuerySet[GeneratedResponse]:
    """
    Return the current responses of the generators of a project, the latest first.

    :param outcome: return only responses with this outcome; empty for all
    """
    generators = Juror.objects.filter(project=project, asks=[])
    found = GeneratedResponse.objects.filter(juror__in=generators, is_current=True)
    if outcome:
        found = found.filter(outcome=outcome)
    return found.select_related("item", "juror").order_by("-pk")


def current_ballots(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[Any, ...]]:
    """
    Look up the verdicts that count of many (item, juror) pairs in one statement.

    :param pairs: primary keys of item and juror
    :return: by pair, where there is one: a label for each field, categories, other_text, rationale,
        answers (JSON), seconds, cast_at
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT item_id, juror_id, {", ".join(FIELDS)}, categories, other_text, rationale,
                answers, seconds, cast_at
            FROM jury_ballot JOIN unnest(%s::bigint[], %s::bigint[]) AS asked (item_id, juror_id)
                USING (item_id, juror_id)
            WHERE is_current AND outcome = 'cast'
            """,
            [[item for item, _ in pairs], [juror for _, juror in pairs]],
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}

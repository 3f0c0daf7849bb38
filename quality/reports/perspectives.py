"""What a publication of perspectives says: figures of groups of people by what they say of themselves, never of few."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from annotation.disclosure import Asked, Division, divide
from annotation.models import BackgroundQuestion
from annotation.queries.background import background_questions
from corpus.labels import FIELDS
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.reports.arrays import CODE, LABELS
from quality.statistics.perspectives import (
    Votes,
    agreement_between,
    agreement_within,
    label_shares,
    shown_agreement,
    shown_shares,
    sizes,
)
from quality.statistics.profiles import Codes

REST = "Everybody else"
# What somebody says of an item counts once, so a correction of what a publication has counted does not.
NEW_VOTES = f"""
    SELECT v.id, v.item_id, v.annotator_id, {", ".join(CODE.format(column=field) for field in FIELDS)}
    FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND v.is_current AND v.id > %(after)s
        AND NOT EXISTS (SELECT FROM annotation_vote earlier WHERE earlier.item_id = v.item_id
            AND earlier.annotator_id = v.annotator_id AND earlier.id <= %(after)s)
    ORDER BY v.id
"""
ANSWERS = """
    SELECT q.key, b.choice, a.id FROM annotation_backgroundanswer b
        JOIN annotation_backgroundquestion q ON q.id = b.question_id
        JOIN annotation_annotator a ON a.user_id = b.user_id AND a.project_id = q.project_id
    WHERE q.project_id = %(project)s
"""


@dataclass(frozen=True)
class NewVotes:
    """Votes that no publication has counted; arrays of shape (votes,)."""

    item: Codes
    person: Codes
    labels: Mapping[str, Codes]
    "By label field: index in LABELS, or -1."
    last: int
    "The highest primary key of them; 0 without any."

    def of_field(self, field: str) -> Votes:
        """Return those with a label in a field."""
        has_label = self.labels[field] >= 0
        _, item = np.unique(self.item[has_label], return_inverse=True)
        return Votes(item, self.person[has_label], self.labels[field][has_label])


def read_new_votes(project: Project, *, after: int) -> NewVotes:
    """
    Read the votes that no publication has counted.

    :param after: the highest primary key of a vote that one has
    """
    parameters = {"project": project.pk, "after": after}
    keys, item, person, *labels = read_numbers(NEW_VOTES, parameters, columns=3 + len(FIELDS))
    by_field = {field.value: codes for field, codes in zip(FIELDS, labels, strict=True)}
    return NewVotes(item, person, by_field, int(keys.max(initial=0)))


def read_asked(project: Project, questions: Sequence[BackgroundQuestion]) -> list[Asked]:
    """Read who has answered what. It must not leave the computation of figures."""
    people: dict[tuple[str, str], set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, {"project": project.pk})
        for key, choice, person in cursor.fetchall():
            people[key, choice].add(person)
    return [
        Asked(
            each.key,
            each.least_people,
            {choice["value"]: frozenset(people[each.key, choice["value"]]) for choice in each.choices},
        )
        for each in questions
    ]


def perspective_figures(project: Project, votes: NewVotes) -> dict[str, Any]:
    """Return the figures of all divisions that may be shown; they name no person, and none is of few."""
    questions = background_questions(project)
    _, counts = np.unique(votes.person, return_counts=True)
    of_people = dict(zip(np.unique(votes.person).tolist(), counts.tolist(), strict=True))
    divisions = divide(of_people, read_asked(project, questions))
    fields: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for field in project.fields:
        for key, figures in field_figures(votes.of_field(field), divisions).items():
            fields[key].append({"field": field, **figures})
    return {
        "divisions": [
            {**described(each, divisions[each.key]), "fields": fields[each.key]}
            for each in questions
            if fields[each.key]
        ]
    }


def field_figures(votes: Votes, divisions: Mapping[str, Division]) -> dict[str, dict[str, Any]]:
    """Return the figures on one label field by key of the question; agreement is None where it may not be shown."""
    shares = shown_shares(votes, divisions)
    agreement = shown_agreement(votes, shares)
    return {
        key: {
            "shares": [
                dict(zip(LABELS, each, strict=True)) for each in label_shares(votes, division, labels=len(LABELS))
            ],
            "within": agreement_within(votes, division) if key in agreement else None,
            "between": between(votes, division) if key in agreement else None,
        }
        for key, division in shares.items()
    }


def between(votes: Votes, division: Division) -> list[dict[str, Any]]:
    """Return the agreement between every two sets, which are named by their index."""
    found = agreement_between(votes, division)
    return [{"first": first, "second": second, **figures} for (first, second), figures in found.items()]


def described(question: BackgroundQuestion, division: Division) -> dict[str, Any]:
    """Return what was asked, and the groups, as they stand now: questions may go, and their answers with them."""
    names = {choice["value"]: choice["name"] for choice in question.choices}
    groups: list[tuple[str | None, str]] = [(choice, names[choice]) for choice in division.groups]
    groups += [(None, REST)] if division.rest else []
    people = sizes(division.sets, division.least_people)
    return {
        "question": question.key,
        "text": question.text,
        "least_people": division.least_people,
        "groups": [
            {"choice": choice, "name": name, "people": size}
            for (choice, name), size in zip(groups, people, strict=True)
        ],
    }

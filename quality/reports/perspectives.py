"""What a publication of perspectives says: figures of groups of people by what they say of themselves, never of few."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from annotation.disclosure import Asked, Division, divide
from annotation.models import BackgroundQuestion
from corpus.labels import FIELDS
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.reports.arrays import CODE, LABELS
from quality.statistics.groupings import LESS, MORE, NONE, Comparison
from quality.statistics.perspectives import FieldComparison, Votes, compare_groups
from quality.statistics.profiles import Codes

REST = "Everybody else"
WORDS = {MORE: "more", LESS: "less", NONE: "none"}
VOTES = f"""
    SELECT v.id, v.item_id, v.annotator_id, {", ".join(CODE.format(column=field) for field in FIELDS)}
    FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND v.is_current
    ORDER BY v.id
"""
ANSWERS = """
    SELECT q.key, b.choice, a.id FROM annotation_backgroundanswer b
        JOIN annotation_backgroundquestion q ON q.id = b.question_id
        JOIN annotation_annotator a ON a.user_id = b.user_id AND a.project_id = q.project_id
    WHERE q.project_id = %(project)s
"""


@dataclass(frozen=True)
class PeopleVotes:
    """The votes of people; arrays of shape (votes,)."""

    item: Codes
    person: Codes
    labels: Mapping[str, Codes]
    "By label field: index in LABELS, or -1."
    last: int
    "The highest primary key of them; 0 without any."

    def of_field(self, field: str) -> Votes:
        """Return those with a label in a field."""
        has_label = self.labels[field] >= 0
        return Votes(self.item[has_label], self.person[has_label], self.labels[field][has_label])

    def counts(self) -> dict[int, int]:
        """Return how many votes each person gave."""
        people, counts = np.unique(self.person, return_counts=True)
        return dict(zip(people.tolist(), counts.tolist(), strict=True))


def read_votes(project: Project) -> PeopleVotes:
    """Read the current votes on items in use."""
    keys, item, person, *labels = read_numbers(VOTES, {"project": project.pk}, columns=3 + len(FIELDS))
    by_field = {field.value: codes for field, codes in zip(FIELDS, labels, strict=True)}
    return PeopleVotes(item, person, by_field, int(keys.max(initial=0)))


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


def perspective_figures(
    project: Project, votes: PeopleVotes, questions: Sequence[BackgroundQuestion]
) -> dict[str, Any]:
    """Return the figures of all divisions that may be shown; they name no person, and none is of few."""
    counts = votes.counts()
    divisions = divide(counts, read_asked(project, questions))
    of_fields = {field: votes.of_field(field) for field in project.fields}
    voted = {field: each for field, each in of_fields.items() if len(each.label)}
    found = {key: compare_groups(each, counts, voted, LABELS.index("unsafe")) for key, each in divisions.items()}
    return {
        "divisions": [
            {**described(each, divisions[each.key]), "fields": field_figures(fields)}
            for each in questions
            if (fields := found.get(each.key)) is not None
        ]
    }


def field_figures(fields: Mapping[str, FieldComparison]) -> list[dict[str, Any]]:
    """Return the comparisons of each label field."""
    return [
        {"field": field, "unsafe": [*map(in_words, each.unsafe)], "agreement": in_words(each.agreement)}
        for field, each in fields.items()
    ]


def in_words(found: Comparison) -> dict[str, Any]:
    """Return a comparison with what is usual by chance in whole points of percent."""
    low, high = (round(100 * each) + 0 for each in (found.low, found.high))
    return {"difference": WORDS[found.sign], "low": low, "high": high}


def described(question: BackgroundQuestion, division: Division) -> dict[str, Any]:
    """Return what was asked, and the groups, as they stand now: questions may go, and their answers with them."""
    names = {choice["value"]: choice["name"] for choice in question.choices}
    groups: list[tuple[str | None, str]] = [(choice, names[choice]) for choice in division.groups]
    groups += [(None, REST)] if division.rest else []
    least = division.least_people
    return {
        "question": question.key,
        "text": question.text,
        "least_people": least,
        "groups": [
            {"choice": choice, "name": name, "people": len(people) // least * least}
            for (choice, name), people in zip(groups, division.sets, strict=True)
        ],
    }

"""Random histories of answers, votes and publications: no output, and no two of them, are of one to k - 1 people."""

import random
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

from annotation.actions import add_background_question, describe_self
from tests.quality.test_perspectives import CHOICES, People

LEAST = 5
LABELS = ("safe", "needs_caution", "unsafe")
Given = dict[tuple[int, int], str]
"The label of each vote, by the places of its person and its dialogue."


class History:
    """A project whose people answer, change their mind, delete, vote and correct as they like."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice, self.people = random.Random(seed), People(folder)
        self.silence = (1, 1, 6, 40)[seed]  # who says nothing, of ten more
        add_background_question(
            project=self.people.project, by=None, key="home", text="Where?", purpose="Why.", choices=CHOICES
        )
        while len(self.people.annotators) < 16:
            self.people.annotators.append(self.people.join())
        size = range(len(self.people.annotators))
        self.answers: dict[str, dict[int, str]] = {"lang": dict.fromkeys(range(5), "pt"), "home": {}}
        self.answers["lang"] |= dict.fromkeys(range(5, 10), "en")
        self.given: Given = {}
        for person in size:
            self.answer(person)

    def answer(self, person: int) -> None:
        """Have somebody answer both questions, mostly alike, or take an answer back."""
        first = self.dice.choices(["pt", "en", None], [5, 5, self.silence])[0]
        second = first if self.dice.random() < 0.8 else self.dice.choice(["pt", "en", None])
        user = self.people.annotators[person].user
        assert user
        describe_self(project=self.people.project, user=user, answers={"lang": first, "home": second})
        for key, said in (("lang", first), ("home", second)):
            self.answers[key].pop(person, None)
            if said:
                self.answers[key][person] = said

    def live(self) -> None:
        """Have some people say something else, and many vote or correct a vote."""
        for person, annotator in enumerate(self.people.annotators):
            if self.dice.random() < 0.2:
                self.answer(person)
            if self.dice.random() < 0.85:
                for place in self.dice.sample(range(len(self.people.items)), self.dice.randint(1, 4)):
                    label = self.dice.choice(LABELS)
                    self.people.vote([annotator], [self.people.items[place]], label)
                    self.given[person, place] = label

    def sets_of(self, division: dict[str, Any]) -> list[set[int]]:
        """Return who is in each group that is shown, of those who voted."""
        voters, said = {person for person, _ in self.given}, self.answers[division["question"]]
        choices = [group["choice"] for group in division["groups"]]
        named = [{person for person in voters if said.get(person) == choice} for choice in choices if choice]
        return named + ([voters.difference(*named)] if None in choices else [])


def unions(sets: list[set[int]]) -> list[set[int]]:
    """Return every union of sets."""
    return [set().union(*chosen) for count in range(1, len(sets) + 1) for chosen in combinations(sets, count)]


def test_no_output_over_time_is_of_few_people(tmp_path: Path, database: None) -> None:
    """
    Each group has k people or more, none of whom gave most of its votes, and is published by its question once.

    Within a publication no union of groups differs from another by few people.
    """
    kinds: Counter[int] = Counter()
    for seed in range(4):
        history, published = History(tmp_path, seed), list[str]()
        for weeks in range(3):
            history.live()
            if len(published) == len(history.answers):
                continue
            shown = history.people.publish(weeks)
            kinds[len(shown)] += 1
            published += [division["question"] for division in shown]
            known = [history.sets_of(division) for division in shown]
            for division, sets in zip(shown, known, strict=True):
                assert [group["people"] for group in division["groups"]] == [
                    len(each) // LEAST * LEAST for each in sets
                ]
                for people in sets:
                    votes = Counter(person for person, _ in history.given if person in people)
                    assert len(people) >= LEAST
                    assert 2 * max(votes.values()) <= votes.total()
            everybody = {person for person, _ in history.given}
            for first, second in combinations([*known, [everybody]], 2):
                differing = [len(one ^ other) for one in unions(first) for other in unions(second)]
                assert all(not 0 < count < LEAST for count in differing), (seed, weeks)
        assert len(published) == len({*published})
    assert min(kinds[count] for count in (0, 1, 2)) > 0, kinds

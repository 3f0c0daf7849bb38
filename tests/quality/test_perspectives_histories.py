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
        add_background_question(
            project=self.people.project, by=None, key="home", text="Where?", purpose="Why.", choices=CHOICES
        )
        while len(self.people.annotators) < 16:
            self.people.annotators.append(self.people.join())
        size = range(len(self.people.annotators))
        self.answers: dict[str, dict[int, str]] = {"lang": dict.fromkeys(range(5), "pt"), "home": {}}
        self.answers["lang"] |= dict.fromkeys(range(5, 10), "en")
        self.given: Given = {}
        self.counted: set[tuple[int, int]] = set()
        for person in size:
            self.answer(person)

    def answer(self, person: int) -> None:
        """Have somebody answer both questions, mostly alike, or take an answer back."""
        first = self.dice.choices(["pt", "en", None], [5, 5, 1])[0]
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

    def publish(self, weeks: int) -> tuple[list[dict[str, Any]], Given]:
        """Publish; return what is shown, and the votes that were never counted before."""
        fresh = {key: label for key, label in self.given.items() if key not in self.counted}
        shown = self.people.publish(weeks)
        if shown:
            self.counted |= set(fresh)
        return shown, fresh

    def sets_of(self, division: dict[str, Any], fresh: Given) -> list[set[int]]:
        """Return who is in each group that is shown, of those whose votes are counted."""
        voters, said = {person for person, _ in fresh}, self.answers[division["question"]]
        choices = [group["choice"] for group in division["groups"]]
        named = [{person for person in voters if said.get(person) == choice} for choice in choices if choice]
        return named + ([voters.difference(*named)] if None in choices else [])


def shares(people: set[int], fresh: Given) -> dict[str, int]:
    """Return the labels of some people in whole percents."""
    counts = Counter(label for (person, _), label in fresh.items() if person in people)
    return {label: round(100 * counts[label] / counts.total()) for label in LABELS}


def unions(sets: list[set[int]]) -> list[set[int]]:
    """Return every union of sets."""
    return [set().union(*chosen) for count in range(1, len(sets) + 1) for chosen in combinations(sets, count)]


def test_no_output_over_time_is_of_few_people(tmp_path: Path, database: None) -> None:
    """
    Each figure follows from votes that no other publication counted, of k people or more, none of whom gave most.

    So figures of two publications share no vote, and within one no union of groups differs from another by few.
    """
    kinds: Counter[int] = Counter()
    for seed in range(4):
        history, published = History(tmp_path, seed), list[set[tuple[int, int]]]()
        for weeks in range(5):
            history.live()
            shown, fresh = history.publish(weeks)
            kinds[len(shown)] += 1
            everybody = {person for person, _ in fresh}
            known = [history.sets_of(division, fresh) for division in shown]
            for division, sets in zip(shown, known, strict=True):
                [field] = division["fields"]
                assert field["shares"] == [shares(each, fresh) for each in sets]
                assert [group["people"] for group in division["groups"]] == [
                    len(each) // LEAST * LEAST for each in sets
                ]
                for people in sets:
                    votes = Counter(person for person, _ in fresh if person in people)
                    assert len(people) >= LEAST
                    assert 2 * max(votes.values()) <= votes.total()
            for first, second in combinations([*known, [everybody]], 2):
                differing = [len(one ^ other) for one in unions(first) for other in unions(second)]
                assert all(not 0 < count < LEAST for count in differing), (seed, weeks)
            if shown:
                assert not any(set(fresh) & earlier for earlier in published)
                published.append(set(fresh))
    assert kinds[0]
    assert kinds[1]
    assert kinds[2], kinds

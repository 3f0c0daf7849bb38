"""Groups that lean differently: named where planted, never by chance, and told of no few people."""

import random
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from annotation.disclosure import Asked, Division, divide
from annotation.models import Vote
from bench.disagreement import GROUPED, chance_allows, groups_named, leans_of_group
from corpus.models import Item, Project
from quality.models import Perspectives
from quality.statistics.disagreement.groups import candidates
from quality.statistics.disagreement.votes import Votes
from quality.statistics.perspectives import Votes as LabelVotes
from quality.statistics.perspectives import shown_shares
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues
from tests.quality.test_perspectives import People, visible_text

PROJECTS, LEAST = 10, 5


def test_planted_groups_are_named_with_the_answer_they_lean_to() -> None:
    found = groups_named(GROUPED["values: one of two groups"], PROJECTS)
    assert sum(map(leans_of_group, found)) >= 0.75 * PROJECTS


@pytest.mark.parametrize("kind", [name for name, of in GROUPED.items() if of.by_chance])
def test_groups_by_chance_are_not_named(kind: str) -> None:
    """Also where people have different values, but not those of their group."""
    assert sum(map(bool, groups_named(GROUPED[kind], PROJECTS))) <= chance_allows(PROJECTS)


def random_votes(dice: random.Random) -> tuple[Votes, dict[str, Division], dict[str, Division]]:
    """
    Return votes of people half of whom are lenient, the divisions of all, and those of who is left by a filter.

    The filter keeps some dialogues and drops some people, as a label field, a source or a time does.
    """
    people = dice.randint(12, 26)
    said = [{person: dice.choice("ab") for person in range(people) if dice.random() < 0.9}]
    said.append({**said[0], **{person: dice.choice("ab") for person in dice.sample(range(people), dice.randint(0, 9))}})
    asked = [
        Asked(f"q{at}", LEAST, {choice: frozenset(one for one in each if each[one] == choice) for choice in "ab"})
        for at, each in enumerate(said)
    ]
    divisions = divide(dict.fromkeys(range(people), 9), asked)
    left = [person for person in range(people) if dice.random() > dice.choice([0, 0.1, 0.3])]
    share_of_x = dice.choice([0.03, 0.3, 0.6])
    is_x = [dice.random() < share_of_x for _ in range(dice.choice([40, 160]))]
    rows = [
        (at, person, 2 if x and (said[0].get(person) == "a" or dice.random() < 0.2) else 0)
        for at, x in enumerate(is_x)
        for person in sorted(dice.sample(left, min(len(left), dice.choice([3, 5]))))
    ]
    item, person, answer = np.array(rows, dtype=np.int64).T
    nothing = np.zeros_like(item)
    votes = Votes(item, person, answer, nothing, np.full(len(item), np.nan), nothing)
    labelled = LabelVotes(item, person, np.minimum(answer, 1))
    return votes, divisions, shown_shares(labelled, divisions)


def others_answers(votes: Votes) -> list[int]:
    """Return what more than half of the others on the item of each vote answer, two at least; found item by item."""
    found = []
    for item, answer in zip(votes.item, votes.answer, strict=True):
        others = votes.answer[votes.item == item].tolist()
        others.remove(answer)
        most = max(set(others), key=others.count, default=-1)
        found.append(most if others.count(most) * 2 > len(others) and others.count(most) > 1 else -1)
    return found


def figures_of(votes: Votes, answer: int, division: Division) -> list[list[int]]:
    """Return the person of each vote that the figure of each set counts: where most of the others answer so."""
    counted = [
        one for one, others in zip(votes.person.tolist(), others_answers(votes), strict=True) if others == answer
    ]
    return [[person for person in counted if person in people] for people in division.sets]


def test_no_figure_and_no_difference_of_two_is_of_few_people() -> None:
    told_of = [assert_many(*random_votes(random.Random(seed))) for seed in range(50)]
    assert 10 <= sum(map(bool, told_of)) <= 40, "else it would hold for want of figures"


def assert_many(votes: Votes, divisions: dict[str, Division], shown: dict[str, Division]) -> int:
    """Check what may be told of these votes, and return how much it is."""
    told = list(candidates("prompt_label", votes, divisions, shown))
    known = [list(each.sets) for each in shown.values()]
    for each, answer in product(told, (0, 1)):
        figures = figures_of(votes, (each.split.a, each.split.b)[answer], shown[each.place[1]])
        for given_by in figures:
            assert len(set(given_by)) >= LEAST
            assert 2 * max(map(given_by.count, given_by)) <= len(given_by)
        known.append([frozenset(given_by) for given_by in figures])
    for first, second in combinations(known, 2):
        differing = [len(one ^ other) for one in unions(first) for other in unions(second)]
        assert all(not 0 < count < LEAST for count in differing)
    return len(told)


def unions(sets: list[frozenset[int]]) -> list[frozenset[int]]:
    """Return every union of sets."""
    return [frozenset[int]().union(*some) for n in range(1, len(sets) + 1) for some in combinations(sets, n)]


def split_people(folder: Path) -> People:
    """Twelve people; those of the first group call every dialogue safe that the others call unsafe for malware."""
    people = People(folder)
    names = [f"d{at:03}" for at in range(400)]
    import_dialogues(people.project, folder, [dialogue(name, response=False) for name in names])
    people.say(people.annotators[10], "pt")
    people.say(people.annotators[11], "en")
    return people


def vote_apart(people: People, items: range, dice: random.Random) -> None:
    """Have three of them vote on each dialogue."""
    common = {"taxonomy": people.project.taxonomy, "guideline": people.guideline, "cast_at": timezone.now()}
    kinds = {True: {"prompt_label": "unsafe", "categories": ["malware"]}, False: {"prompt_label": "safe"}}
    named = Item.objects.filter(project=people.project, external_id__in=[f"d{at:03}" for at in items])
    Vote.objects.bulk_create(
        Vote(item=item, annotator=people.annotators[at], **kinds[5 <= at != 10], **common)
        for item in named
        for at in dice.sample(range(12), 3)
    )


def values_of(project: Project) -> list[dict[str, object]]:
    last = Perspectives.objects.filter(project=project).latest("pk")
    return [each for division in last.content["divisions"] for field in division["fields"] for each in field["values"]]


def test_values_of_groups_are_published_and_go_with_the_answers(tmp_path: Path, database: None) -> None:
    people, dice = split_people(tmp_path), random.Random(2)
    vote_apart(people, range(200), dice)
    assert people.publish()
    [found] = values_of(people.project)
    assert (found["a"], found["b"]) == ("safe", "malware")
    assert found["groups"] == [{"to_a": 100, "to_b": 0}, {"to_a": 0, "to_b": 100}]
    page = visible_text(Visitor(people.project, "lead").get("quality/perspectives/").content.decode())
    assert "Prompt: different values between safe and Malware" in page
    assert "Says Malware where most of the others say safe" in page

    vote_apart(people, range(200, 400), dice)
    for annotator in people.annotators[5:7]:
        assert annotator.user
        assert command("anonymise_user", annotator.user.username).code == 0
    [division] = people.publish(1)
    told_of = [(group["choice"], group["people"]) for group in division["groups"]]
    assert told_of == [("pt", 5), (None, 5)], "four are too few, and stand with the two of whom nothing is known"

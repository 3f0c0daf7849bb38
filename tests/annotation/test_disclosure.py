"""No figure of a group, and no difference of two, is about one to k - 1 people, whoever answers what."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.disclosure import Asked, divide
from tests.cases import cases


def linear_spans(shown, everybody):
    """Return every set of people whose total follows from the totals of one division, that of everybody included."""
    for division in shown.values():
        sets = division.sets
        for chosen in range(1 << len(sets)):
            yield division.least_people, {one for at, people in enumerate(sets) if chosen >> at & 1 for one in people}
    yield 1, set(everybody)


def random_history(dice):
    """Yield the votes and answers of periods: people come, answer, change their mind, delete and vote as they like."""
    choices, answers = "abcd"[: dice.randint(2, 4)], [{}, {}]
    size = dice.randint(4, 30)
    for _ in range(3):
        for person in range(size):
            for known in answers:
                if dice.random() < 0.7:
                    known[person] = dice.choice(choices)
                elif dice.random() < 0.3:
                    known.pop(person, None)
        if dice.random() < 0.5:  # the second question is nearly the first
            answers[1] = dict(answers[0])
            for person in dice.sample(range(size), dice.randint(0, 3)):
                answers[1][person] = dice.choice(choices)
        votes = {person: dice.randint(1, 40) for person in range(size) if dice.random() < 0.8}
        yield votes, answers
        size += dice.randint(0, 3)


def asked_of(answers, least=5):
    """Return the questions with who answered what."""
    by_choice = [
        {choice: frozenset(one for one in known if known[one] == choice) for choice in set(known.values())}
        for known in answers
    ]
    return [Asked(f"q{at}", least, each) for at, each in enumerate(by_choice)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**9), st.integers(5, 7))
def test_no_figure_or_difference_of_two_is_of_few_people(seed, least):
    for votes, answers in random_history(random.Random(seed)):
        shown = divide(votes, asked_of(answers, least))
        spans = list(linear_spans(shown, votes))
        for _, first in spans:
            for _, second in spans:
                assert not 0 < len(first ^ second) < least, (first, second)
        for division in shown.values():
            assert len(division.sets) > 1
            assert set().union(*division.sets) == set(votes)
            for people in division.sets:
                assert max(votes[one] for one in people) <= sum(votes[one] for one in people) / 2


def test_random_histories_show_something():
    """Else the property above would hold for want of figures."""
    dice = random.Random(5)
    shown = [len(divide(votes, asked_of(answers))) for _ in range(60) for votes, answers in random_history(dice)]
    assert min(shown.count(count) for count in (0, 1, 2)) >= 10


@cases(
    ("fact", "sizes", "expected"),
    [
        ("whole groups", [6, 5], ["c0", "c1"]),
        ("a small group takes the smallest with it into the rest", [9, 6, 2], ["c0"]),
        ("a rest of enough people stands", [6, 5, 3, 3], ["c0", "c1"]),
        ("all in one group would tell everybody's answer", [12], None),
        ("too few", [4, 4], None),
    ],
)
def test_groups_that_are_shown(fact, sizes, expected):
    people = iter(range(100))
    by_choice = {f"c{at}": frozenset(next(people) for _ in range(size)) for at, size in enumerate(sizes)}
    votes = {one: 3 for each in by_choice.values() for one in each}
    found = divide(votes, [Asked("q", 5, by_choice)])
    assert (sorted(found["q"].groups) if found else None) == expected, fact


def test_nobody_is_most_of_a_set():
    groups = {"a": frozenset(range(5)), "b": frozenset(range(5, 10)), "c": frozenset(range(10, 16))}
    votes = dict.fromkeys(range(16), 2) | {0: 9}
    shown = divide(votes, [Asked("q", 5, groups)])
    assert list(shown["q"].groups) == ["c"]
    assert all(0 not in people or len(people) > 5 for each in shown.values() for people in each.sets)


def test_many_groups_are_divided_at_once():
    """Two questions of twelve answers have 67 million pairs of unions, which nobody could wait for."""
    people = range(144 * 5)
    rows, columns = ({f"c{at}": frozenset(one for one in people if one // 5 % 144 // by % 12 == at) for at in range(12)}
                     for by in (12, 1))  # fmt: skip
    shown = divide(dict.fromkeys(people, 2), [Asked("rows", 5, rows), Asked("columns", 5, columns)])
    assert [len(each.sets) for each in shown.values()] == [12, 12]
    moved = columns | {"c0": columns["c0"] - {0}, "c1": columns["c1"] | {0}}
    assert list(divide(dict.fromkeys(people, 2), [Asked("one", 5, columns), Asked("other", 5, moved)])) == ["one"]

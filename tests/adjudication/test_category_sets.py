"""Bounds on category sets: the definition, the statement held to it, and what a certificate says of them."""

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from adjudication.actions import record_blind, recount, settle_case
from adjudication.certifying.bounds import most_errors
from adjudication.certifying.sets import SetGroup, choices_of, judge_sets, set_losses, sets_certificate
from adjudication.consensus import Opinion
from adjudication.models import Case, Certificate
from adjudication.policies import Kind, policy_of
from adjudication.queries.set_evidence import read_set_groups
from annotation.actions import change_sample
from annotation.models import SampleDraw
from corpus.labels import FIELDS, Field, Judgement
from tests.adjudication.disputes import case_of, reader
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion

PEOPLE, MODELS = ("ada", "bea", "cleo", "dora"), ("model-a", "model-b", "model-c", "model-d")
SLUGS = ("threat", "violence", "harassment", "needs_caution")
SURE = {Field.PROMPT: Fraction(1)}


def group(items: int = 1, *losses: Fraction, drawn: bool = True, score: Fraction = Fraction(1)) -> SetGroup:
    """Return items whose prompt the panel calls unsafe; without losses, people have not looked."""
    known = (losses[0], losses[1]) if losses else None
    asked = frozenset() if losses else frozenset({Field.PROMPT})
    return SetGroup(((Field.PROMPT, score),), asked, bool(losses), drawn, bool(losses), known, items)


def test_losses_of_a_set() -> None:
    assert set_losses({"a", "b", "c"}, {"a", "d"}) == (Fraction(2, 3), Fraction(1, 2))
    assert set_losses({"a"}, set()) == (1, 0)
    assert set_losses(set(), {"a"}) == (0, 1)
    assert set_losses(set(), set()) == (0, 0)


def test_bounds_add_up_steps_and_count_what_is_left() -> None:
    half, none = Fraction(1, 2), Fraction(0)
    groups = [group(80, none, none), group(10, half, none), group(10, none, Fraction(1)), group(900, drawn=False)]
    found = sets_certificate(groups, SURE, 0.08, choices=1)
    assert (found["items"], found["alone"], found["sample"], found["missing"]) == (1000, 900, 100, 0)
    assert (found["false_discovery"]["mean"], found["miss"]["mean"]) == (0.05, 0.1)
    ten, zero = (most_errors(errors, 100, 1000, 0.01) for errors in (10, 0))
    assert found["false_discovery"]["bound"] == pytest.approx(((ten - 10) / 2 + zero / 2) / 900)
    assert found["miss"]["bound"] == pytest.approx((ten - 10) / 900)
    # More thresholds to choose from cost something, as do missing votes, which count as wholly wrong.
    more = sets_certificate(groups, SURE, 0.08, choices=9)
    waiting = sets_certificate([*groups, group(5)], SURE, 0.08, choices=1)
    assert waiting["missing"] == 5
    for other in (more, waiting):
        assert other["miss"]["bound"] > found["miss"]["bound"]
    known = sets_certificate(groups[:3], SURE, 0.08, choices=1)
    assert known["false_discovery"]["bound"] == pytest.approx(0.05)  # all of it was seen
    nothing = sets_certificate(groups, {}, 0.08, choices=1)
    assert (nothing["alone"], nothing["miss"]["bound"]) == (0, None)
    assert sets_certificate([group(9, score=Fraction(2, 3))], SURE, 0.1, choices=1)["items"] == 0
    assert choices_of([3, 2]) == 11


def random_opinions(dice: random.Random, name: str, *, has_response: bool) -> list[dict[str, Any]]:
    """Return opinions of some people and models, who often agree."""
    leans, rows = {field: dice.random() for field in FIELDS}, []
    for rater in (*PEOPLE[: dice.choice([0, 2, 3, 4])], *MODELS[: dice.choice([1, 2, 3, 4])]):
        labels = {field: dice.choice(["safe", "needs_caution"]) if dice.random() > leans[field] else "unsafe"
                  for field in FIELDS}  # fmt: skip
        if not has_response:
            labels[Field.RESPONSE] = None
        named = dice.sample(SLUGS[:3], dice.choice([1, 1, 2])) if "unsafe" in labels.values() else []
        rows.append(opinion(name, rater, labels[Field.PROMPT], labels[Field.RESPONSE], categories=named))
    return rows


def test_statement_finds_what_the_definition_says(tmp_path: Path) -> None:
    dice = random.Random(3)
    project = make_project(policy="certified")
    names = [f"s{at:03}" for at in range(150)]
    import_dialogues(project, tmp_path, [dialogue(name, response=at % 4 > 0) for at, name in enumerate(names)])
    change_sample(project=project, by=None, percent=50)
    drawn = set(SampleDraw.objects.filter(project=project, in_sample=True).values_list("item__external_id", flat=True))
    rows = []
    for at, name in enumerate(names):
        rows += random_opinions(dice, name, has_response=at % 4 > 0)
    assert import_votes(project, tmp_path, rows)["rejected"] == 0
    recount(project=project)
    settled = Case.objects.filter(project=project).order_by("item__external_id").first().item.external_id
    judge = reader(project)
    final = Judgement("unsafe", "safe", ("violence",), "", "It is violent.")
    case = case_of(project, settled).pk
    record_blind(project=project, case=case, by=judge, judgement=final)
    settle_case(project=project, case=case, by=judge, judgement=final)
    policy = policy_of(project)
    expected: Counter[SetGroup] = Counter()
    for at, name in enumerate(names):
        given = [as_opinion(row) for row in rows if row["item_id"] == name]
        found = judge_sets(
            given, policy, fields=project.fields, has_response=at % 4 > 0, votes_wanted=3,
            settled=["violence"] if name == settled else None,
        )  # fmt: skip
        if found:
            expected[replace(found, is_drawn=name in drawn)] += 1
    got: Counter[SetGroup] = Counter()
    for each in read_set_groups(project, policy):  # sets of other sizes may have equal losses
        got[replace(each, items=1)] += each.items
    assert got == expected
    losses = {each.losses for each in expected}
    assert len(losses) > 5  # neither all right nor all wrong


def as_opinion(row: dict[str, Any]) -> Opinion:
    kind = Kind.LLM if row["rater"].startswith("model") else Kind.HUMAN
    labels = {field: row[field] for field in FIELDS if row.get(field)}
    return Opinion(kind, labels, tuple(row["categories"]))


def test_certificate_bounds_the_sets_that_jurors_choose(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label", policy="certified")
    names = [f"c{at:03}" for at in range(400)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in names])
    change_sample(project=project, by=None, percent=40)
    drawn = SampleDraw.objects.filter(project=project, in_sample=True).order_by("item__external_id")
    sample = list(drawn.values_list("item__external_id", flat=True))
    rows = [opinion(name, by, "unsafe", categories=["threat"]) for name in names for by in MODELS[:2]]
    for at, name in enumerate(sample):
        said = ["violence"] if at < 8 else ["threat", "violence"] if at < 24 else ["threat"]
        rows += [opinion(name, by, "unsafe", categories=said) for by in PEOPLE]
    assert import_votes(project, tmp_path, rows)["rejected"] == 0
    recount(project=project)
    sets = Certificate.objects.get(project=project, is_current=True).content["sets"]
    assert (sets["choices"], sets["sample"], sets["alone"]) == (1, len(sample), 400 - len(sample))
    assert sets["false_discovery"]["mean"] == pytest.approx(8 / len(sample))
    assert sets["miss"]["mean"] == pytest.approx(16 / len(sample))
    for name in ("false_discovery", "miss"):
        assert sets[name]["mean"] < sets[name]["bound"] < sets[name]["mean"] + 0.12

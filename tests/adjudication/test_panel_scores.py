"""The score of a panel by probability: the definition, every statement held to it, and what it lets jurors decide."""

import math
import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

from django.db import connection

from adjudication.actions import recount
from adjudication.certifying.certificates import Score, certificate_of
from adjudication.certifying.sets import SetGroup, judge_sets
from adjudication.certifying.thresholds import certify, count_tested, first_score
from adjudication.consensus import Opinion, panel_score
from adjudication.models import Certificate, Decision, Recount
from adjudication.panel_scores import BINS, NONE, PARTS_SQL, ScoreBy, bin_sql, score_of
from adjudication.policies import Kind, Promise, policy_of
from adjudication.queries.evidence import read_scores
from adjudication.queries.set_evidence import read_set_groups
from annotation.actions import change_sample
from annotation.models import SampleDraw
from corpus.labels import FIELDS, Field
from corpus.models import Project
from jury.models import Ballot
from tests.adjudication.test_recount import decided_by_panel, fill
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

PROBABILITY = ScoreBy.PROBABILITY
NAN, TINY, ALMOST = math.nan, 5e-324, 0.9999999
EDGES = [at / 20 for at in range(21)]
VALUES = [None, NAN, -0.0, TINY, ALMOST, *EDGES, *(math.nextafter(each, 2) for each in EDGES[:-1]),
          *(math.nextafter(each, -1) for each in EDGES[1:]), 0.1 + 0.2, 1 / 3, 0.94999949, 0.9499995]  # fmt: skip


@cases(("safe", "unsafe", "probabilities", "score"), [
    (0, 2, [1, 1], "19/20"),  # the last bin is closed
    (0, 2, [0.95, 0.95], "19/20"),
    (0, 2, [0.95, 0.9499], "9/10"),
    (2, 0, [0.05, 0.05], "19/20"),
    (2, 0, [0.0, ALMOST], "1/2"),
    (1, 2, [0.9, 0.9, 0.2], "13/20"),
    (2, 1, [0.1, 0.1, 0.8], "13/20"),
    (1, 1, [0.9, 0.1], "0"),  # a tie
    (0, 3, [0.9, None, 0.9], "0"),
    (0, 2, [NAN, 0.9], "0"),
    (0, 2, [0.9, 1.0000001], "0"),
    (0, 2, [0.9, -0.1], "0"),
    (0, 2, [0.01, 0.01], "0"),  # surer of the other label: below the first bin
])  # fmt: skip
def test_score_is_the_mean_probability_of_the_label_by_twentieths(safe, unsafe, probabilities, score):
    assert score_of(safe, unsafe, probabilities, PROBABILITY) == Fraction(score)


@cases("at", range(1, 20))
def test_edges_of_bins_belong_to_the_upper_one(at):
    assert score_of(0, 2, [at / 20] * 2, PROBABILITY) == Fraction(at, 20)
    assert score_of(2, 0, [1 - at / 20] * 2, PROBABILITY) == Fraction(at, 20)
    assert score_of(0, 3, [at / 20 - 0.00001] * 3, PROBABILITY) == Fraction(at - 1, 20)


def test_statement_has_the_score_of_the_definition_on_every_edge():
    dice = random.Random(9)
    panels = [[each] * 2 for each in VALUES] + [dice.choices(VALUES, k=dice.randint(1, 7)) for _ in range(3_000)]
    labels = [[dice.random() < 0.7 for _ in panel] for panel in panels]
    rows = [(at, *ballot) for at in range(len(panels)) for ballot in zip(labels[at], panels[at], strict=True)]
    safe, unsafe = ("count(*) FILTER (WHERE NOT label)", "count(*) FILTER (WHERE label)")
    parts = PARTS_SQL.format(label="label", column="p")
    of_panel = bin_sql(safe=safe, unsafe=unsafe, parts=f"sum({parts})", known=f"count({parts})")
    ballots = "unnest(%s::int[], %s::bool[], %s::float8[]) AS b (id, label, p)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {of_panel} FROM {ballots} GROUP BY id", [list(each) for each in zip(*rows, strict=True)]
        )
        found = dict(cursor.fetchall())
    for at, (said, panel) in enumerate(zip(labels, panels, strict=True)):
        assert Fraction(found[at], BINS) == score_of(said.count(False), said.count(True), panel, PROBABILITY), panel
    assert len(set(found.values())) == BINS


def with_probabilities(project: Project, seed: int) -> dict[str, list[Opinion]]:
    """Give ballots probabilities, most of them sure and a few of every odd kind; return the ballots by item."""
    dice, found = random.Random(seed), {}
    ballots = list(Ballot.objects.filter(item__project=project).select_related("item").order_by("pk"))
    for ballot in ballots:
        for field in FIELDS:
            label = getattr(ballot, field)
            sure = dice.choice(VALUES) if dice.random() < 0.1 else dice.uniform(0.5, 1)
            value = sure if sure is None or label == "unsafe" else 1 - sure
            setattr(ballot, field.column("probability"), value if label else None)
        labels = {field: label for field in FIELDS if (label := getattr(ballot, field))}
        says = {field: getattr(ballot, field.column("probability")) for field in labels}
        mine = Opinion(Kind.LLM, labels, tuple(ballot.categories), probabilities=says)
        found.setdefault(ballot.item.external_id, []).append(mine)
    Ballot.objects.bulk_update(ballots, [field.column("probability") for field in FIELDS])
    return found


THRESHOLDS = [
    {}, {Field.PROMPT: Fraction(17, 20)}, {Field.RESPONSE: Fraction(3, 5)},
    {Field.PROMPT: Fraction(1, 2), Field.RESPONSE: NONE},
]  # fmt: skip


@cases("chosen", [{}, {"quorum": 2, "caution": "unsafe"}])
def test_recount_and_evidence_agree_with_the_definition(tmp_path, chosen):
    project = make_project(policy="certified", **chosen)
    Project.objects.filter(pk=project.pk).update(certified_score_by="probability")
    project.refresh_from_db()
    people = fill(project, tmp_path, seed=len(chosen))
    panel = with_probabilities(project, seed=5)
    expected = {
        name: (has_response, [*(each for each in given if each.kind == Kind.HUMAN), *panel.get(name, ())])
        for name, (has_response, given) in people.items()
    }
    by_panel, policy = 0, policy_of(project)
    for thresholds in THRESHOLDS:
        at = replace(policy, thresholds=thresholds)
        found = decided_by_panel(project, at, expected)
        by_panel += len(found)
        assert all(panel_score(opinions, field, at) > NONE for field, opinions in found)
    assert by_panel > 20
    for field, scores in read_scores(project, policy).items():
        items = Counter(
            score for has_response, opinions in expected.values()
            if (has_response or field == Field.PROMPT) and (score := panel_score(opinions, field, policy)) != NONE
        )  # fmt: skip
        assert {each.score: each.items for each in scores} == items
        assert len(items) > 5
    sets: Counter[SetGroup] = Counter()
    for has_response, opinions in expected.values():
        asked: dict[str, Any] = {"fields": project.fields, "has_response": has_response, "votes_wanted": 3}
        if group := judge_sets(opinions, policy, **asked):
            sets[group] += 1
    got: Counter[SetGroup] = Counter()
    for each in read_set_groups(project, policy):
        got[replace(each, items=1)] += each.items
    assert got == sets


def test_few_very_sure_labels_do_not_end_the_tests():
    items = {Fraction(19, 20): 30, Fraction(18, 20): 300, Fraction(17, 20): 1_000}
    assert first_score(items, PROBABILITY) == Fraction(18, 20)
    assert first_score(items, ScoreBy.SHARE) == 1
    assert first_score({}, PROBABILITY) == first_score({Fraction(1, 2): 0}, PROBABILITY) == 1
    counts = [(Fraction(19, 20), 3, 0, 0), (Fraction(18, 20), 70, 0, 0), (Fraction(17, 20), 200, 50, 1)]
    assert certify(counts, 0.05, 0.05).threshold is None
    found = certify(counts, 0.05, 0.05, first=Fraction(18, 20))
    told = [(level.threshold, level.count, level.missing, level.accepted) for level in found.levels]
    assert told == [(Fraction(9, 10), 73, 0, True), (Fraction(17, 20), 273, 1, False)]
    scores = [Score(at, n, k, m, items[at], 0, items[at]) for at, n, k, m in counts]
    said = certificate_of({Field.PROMPT: scores}, Promise(0.05, 0.1, PROBABILITY))
    assert (said["score_by"], said["fields"]["prompt_label"]["threshold"]) == ("probability", "9/10")
    assert said["fields"]["prompt_label"]["alone"] == 330
    assert said["sets"]["choices"] == 2 == count_tested(items, PROBABILITY)


def test_what_one_juror_is_not_sure_of_is_left_to_people(tmp_path):
    """All three jurors say the same, so the share is 1; by probability, one of them is hardly sure of some."""
    project = make_project(fields="prompt_label", policy="certified")
    names = [f"p{at:03}" for at in range(400)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in names])
    change_sample(project=project, by=None, percent=40)
    drawn = set(SampleDraw.objects.filter(project=project, in_sample=True).values_list("item__external_id", flat=True))
    unsure, unasked = set(names[::4]), set(names[1::40])
    threat = {"categories": ["threat"]}
    rows = [opinion(name, f"model-{n}", "unsafe", **threat) for name in names for n in range(3)]
    rows += [
        opinion(name, by) if name in unsure else opinion(name, by, "unsafe", **threat)
        for name in sorted(drawn) for by in ("ada", "bea", "cleo")
    ]  # fmt: skip
    assert import_votes(project, tmp_path, rows)["rejected"] == 0
    ballots = Ballot.objects.filter(item__project=project)
    ballots.update(prompt_probability=0.98)
    ballots.filter(item__external_id__in=unsure, juror__name="model-1").update(prompt_probability=0.6)
    ballots.filter(item__external_id__in=unasked, juror__name="model-2").update(prompt_probability=None)
    recount(project=project)
    assert by_jurors(project) == set()  # by share, every fourth label of the jurors would be wrong
    before = fingerprint(project)
    Project.objects.filter(pk=project.pk).update(certified_score_by="share")
    recount(project=Project.objects.get(pk=project.pk))
    assert fingerprint(project) == before

    Project.objects.filter(pk=project.pk).update(certified_score_by="probability")
    assert command("adjudicate", project=project.slug).code == 0
    assert by_jurors(project) == set(names) - drawn - unsure - unasked
    content = Certificate.objects.get(project=project, is_current=True).content
    field = content["fields"]["prompt_label"]
    assert (content["score_by"], field["threshold"], field["errors"]) == ("probability", "19/20", 0)
    assert [level["score"] for level in field["levels"]] == ["19/20", "17/20"]

    ballots.update(prompt_probability=None)
    recount(project=Project.objects.get(pk=project.pk))
    assert by_jurors(project) == set()
    said = Certificate.objects.get(project=project, is_current=True).content["fields"]["prompt_label"]
    assert "two jurors that agree and say how probable their labels are" in said["reason"]


def by_jurors(project: Project) -> set[str]:
    """Return the items that jurors decide alone."""
    alone = Decision.objects.filter(item__project=project, policy="certified", prompt_source="llm_jury")
    return set(alone.values_list("item__external_id", flat=True))


def fingerprint(project: Project) -> dict[str, Any]:
    """Return what the last recount says made its decisions."""
    return dict(Recount.objects.get(project=project, policy="certified").fingerprint)

"""The SQL of a recount agrees with the definition; a recount opens and closes cases."""

import json
import random
from dataclasses import asdict, replace
from fractions import Fraction
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adjudication.actions import recount
from adjudication.actions.recounts import store_decisions
from adjudication.consensus import FieldDecision, ItemDecision, Opinion, decide
from adjudication.counting import FIELD_COLUMNS
from adjudication.models import Case, Decision
from adjudication.policies import POLICIES, Kind, policy_of
from adjudication.queries import taxonomy_order
from corpus.labels import FIELDS, Field, fields_of_item, labels_in
from corpus.models import Project
from tests.factories import command, decisions, dialogue, import_dialogues, import_votes, make_project, opinion

LABELS = ["safe", "needs_caution", "unsafe"]
SLUGS = ["violence", "threat", "harassment", "needs_caution", "malware", "profanity"]
SETTINGS = [{}, {"quorum": 1}, {"quorum": 2}, {"quorum": 4}, {"caution": "unsafe"}]
ITEMS = 150
ABSENT = FieldDecision("")
"For a field that an item lacks: no label, no source."


def random_row(dice: random.Random, item: int, rater: str, fields: tuple[str, ...], has_response: bool):
    labels = {
        field: dice.choice(LABELS)
        for field in fields_of_item(fields, has_response=has_response)
        if dice.random() < 0.85
    }
    if not labels:
        return None
    hazard = set(labels.values()) & {"unsafe", "needs_caution"}
    categories = dice.sample(SLUGS, dice.randint(0, 3)) if hazard else []
    return opinion(f"i{item:03}", rater, None) | labels | {"categories": categories}


def fill(project: Project, folder, seed: int) -> dict[str, tuple[bool, list[Opinion]]]:
    """Import random opinions of up to four people and four models on each item; return them by item."""
    dice = random.Random(seed)
    rows, votes, expected = [], [], {}
    for item in range(ITEMS):
        has_response = dice.random() < 0.6
        rows.append(dialogue(f"i{item:03}", response=has_response))
        raters = dice.sample([f"person-{n}" for n in range(4)], dice.randint(0, 4))
        raters += dice.sample([f"model-{n}" for n in range(4)], dice.randint(0, 4))
        drawn = [random_row(dice, item, rater, project.fields, has_response) for rater in raters]
        drawn = [row for row in drawn if row]
        votes += drawn
        expected[f"i{item:03}"] = (has_response, [as_opinion(row) for row in drawn])
    assert import_dialogues(project, folder, rows)["created"] == ITEMS
    assert import_votes(project, folder, votes).code == 0
    return expected


def as_opinion(row) -> Opinion:
    return Opinion(Kind(row["rater_kind"]), labels_in(row), tuple(row["categories"]))


def as_line(decision: ItemDecision) -> dict:
    return {
        "status": decision.status,
        **{field: decision.fields.get(field, ABSENT).label for field in FIELDS},
        "categories": list(decision.categories),
        "categories_agreed": decision.categories_agreed,
        "stale": False,
        "fields": {
            name: {"status": field.status, "counts": {"safe": field.safe, "unsafe": field.unsafe}}
            for name, field in decision.fields.items()
        },
    }


@pytest.mark.parametrize("fields", ["prompt_label,response_label", "prompt_label", "response_label"])
@pytest.mark.parametrize("chosen", SETTINGS, ids=str)
def test_sql_agrees_with_the_definition(tmp_path, fields, chosen):
    project = make_project(fields=fields, **chosen)
    expected = fill(project, tmp_path, seed=crc32(f"{fields} {chosen}".encode()))
    order = taxonomy_order(project)
    for name in POLICIES:
        if name == "aegis2" and "prompt_label" not in project.fields:
            assert command("adjudicate", project=project.slug, policy=name).code == 2
            continue
        policy = policy_of(project, name)
        listed = decisions(project, tmp_path, policy=name)
        stored = Decision.objects.filter(item__project=project, policy=name).select_related("item")
        by_item = {decision.item.external_id: decision for decision in stored}
        for item, (has_response, opinions) in expected.items():
            wanted = decide(opinions, policy, fields=project.fields, has_response=has_response, taxonomy=order)
            assert listed[item] == {"id": item, **as_line(wanted)}, (name, opinions)
            for field in FIELDS:
                source = getattr(by_item[item], field.column("source"))
                assert source == wanted.fields.get(field, ABSENT).source


THRESHOLDS = [
    {}, {Field.PROMPT: Fraction(1)}, {Field.RESPONSE: Fraction(2, 3)},
    {Field.PROMPT: Fraction(3, 4), Field.RESPONSE: Fraction(1)},
]  # fmt: skip


def decided_by_panel(project, policy, expected):
    """
    Store the decisions at the thresholds of a policy and compare each with the definition.

    :param expected: whether there is a response, and the opinions, by item
    :return: the fields that the jurors decide alone, each with the opinions on its item
    """
    order, found = taxonomy_order(project), []
    store_decisions(project, policy)
    for stored in Decision.objects.filter(item__project=project).select_related("item"):
        has_response, opinions = expected[stored.item.external_id]
        wanted = decide(opinions, policy, fields=project.fields, has_response=has_response, taxonomy=order)
        decision = (stored.status, stored.categories, stored.categories_agreed)
        assert decision == (wanted.status, list(wanted.categories), wanted.categories_agreed), opinions
        for field, each in wanted.fields.items():
            columns = {name: getattr(stored, field.column(name)) for name in FIELD_COLUMNS}
            assert columns == asdict(each), (field, opinions)
            if each.source == "llm_jury":
                found.append((field, opinions))
    return found


@pytest.mark.parametrize("chosen", [{}, {"quorum": 2, "caution": "unsafe"}], ids=str)
def test_sql_agrees_with_the_definition_at_thresholds(tmp_path, chosen):
    project = make_project(policy="certified", **chosen)
    expected = fill(project, tmp_path, seed=crc32(f"thresholds {chosen}".encode()))
    order, by_panel = taxonomy_order(project), 0
    for thresholds in THRESHOLDS:
        policy = replace(policy_of(project), thresholds=thresholds)
        panel = decided_by_panel(project, policy, expected)
        by_panel += len(panel)
        assert {field for field, _ in panel} <= set(thresholds)
        if not thresholds:
            human = policy_of(project, "human")
            assert by_panel == 0
            assert all(
                decide(opinions, each, fields=project.fields, has_response=has_response, taxonomy=order)
                == decide(opinions, human, fields=project.fields, has_response=has_response, taxonomy=order)
                for each in (policy,) for has_response, opinions in expected.values()
            )  # fmt: skip
    assert by_panel > 20


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000))
def test_adjudicate_counts_each_item_once(tmp_path_factory, seed):
    project = make_project()
    fill(project, tmp_path_factory.mktemp("votes"), seed)

    first = command("adjudicate", project=project.slug)
    again = command("adjudicate", project=project.slug)

    assert first["items"] == ITEMS == sum(first[status] for status in ("decided", "disputed", "pending", "settled"))
    assert sum(first["fields"]["prompt_label"].values()) == ITEMS
    assert first | {"seconds": 0} == again | {"seconds": 0}


def test_case_opens_on_a_tie_and_closes_when_decided(tmp_path):
    project = make_project(quorum=2)
    import_dialogues(project, tmp_path, [dialogue("a")])
    import_votes(project, tmp_path, [opinion("a", "ada", "safe"), opinion("a", "bea", "unsafe")])

    assert command("adjudicate", project=project.slug)["disputed"] == 1
    assert command("adjudicate", project=project.slug, policy="human")["disputed"] == 1
    assert Case.objects.get(item__project=project).state == Case.State.OPEN

    import_votes(project, tmp_path, [opinion("a", "cleo", "unsafe")])
    command("adjudicate", project=project.slug)
    assert Case.objects.get(item__project=project).state == Case.State.CLOSED


def test_other_policies_open_no_cases(tmp_path):
    project = make_project(quorum=2)
    import_dialogues(project, tmp_path, [dialogue("a")])
    rows = [opinion("a", "ada", "safe"), opinion("a", "bea", "unsafe"), opinion("a", "model", "safe")]
    import_votes(project, tmp_path, rows)

    assert command("adjudicate", project=project.slug)["decided"] == 0  # no label for the response
    assert command("adjudicate", project=project.slug, policy="human")["disputed"] == 1
    assert not Case.objects.filter(item__project=project).exists()


def test_list_cases_has_a_line_for_every_disputed_field(tmp_path):
    project = make_project(quorum=2)
    import_dialogues(project, tmp_path, [dialogue("b"), dialogue("a")])
    rows = [opinion(item, rater, label, label) for item in "ab" for rater, label in (("x", "safe"), ("y", "unsafe"))]
    import_votes(project, tmp_path, rows)
    out = tmp_path / "cases.jsonl"

    assert command("list_cases", project=project.slug, out=out)["open"] == 4
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["id"], line["field"]) for line in lines] == [
        ("a", "prompt_label"), ("a", "response_label"), ("b", "prompt_label"), ("b", "response_label"),
    ]  # fmt: skip
    assert lines[0]["counts"] == {"safe": 1, "unsafe": 1}


def test_new_opinions_make_a_settled_decision_stale(tmp_path):
    from django.utils import timezone

    from annotation.models import Vote

    project = make_project(fields="prompt_label", quorum=2)
    import_dialogues(project, tmp_path, [dialogue("a")])
    import_votes(project, tmp_path, [opinion("a", "ada", "safe"), opinion("a", "bea", "unsafe", categories=["threat"])])
    recount(project=project)
    votes = list(Vote.objects.filter(item__project=project).order_by("pk").values_list("pk", flat=True))
    Case.objects.filter(item__project=project).update(
        state=Case.State.SETTLED, prompt_label="unsafe", categories=["threat"], reason="It threatens.",
        blind_prompt_label="unsafe", blind_at=timezone.now(), closed_at=timezone.now(), seen_votes=votes,
    )  # fmt: skip

    settled = decisions(project, tmp_path)["a"]
    assert (settled["status"], settled["prompt_label"], settled["stale"]) == ("settled", "unsafe", False)
    assert settled["fields"]["prompt_label"]["status"] == "settled"

    import_votes(project, tmp_path, [opinion("a", "cleo", "safe"), opinion("a", "dora", "safe")])
    later = decisions(project, tmp_path)["a"]
    assert (later["status"], later["prompt_label"], later["stale"]) == ("settled", "unsafe", True)
    assert command("adjudicate", project=project.slug)["settled"] == 1


def test_changed_settings_cause_a_recount(tmp_path):
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue("a")])
    import_votes(project, tmp_path, [opinion("a", "ada", "safe"), opinion("a", "bea", "safe")])
    assert decisions(project, tmp_path)["a"]["status"] == "pending"

    Project.objects.filter(pk=project.pk).update(quorum=2)
    assert decisions(project, tmp_path)["a"]["status"] == "decided"


def test_cases_of_one_recount_follow_the_order_of_items(tmp_path):
    project = make_project(votes_wanted=2, quorum=2)
    names = [f"d{number:02}" for number in range(40)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in names])
    votes = [
        opinion(name, who, label) for name in reversed(names) for who, label in (("ada", "safe"), ("bea", "unsafe"))
    ]
    import_votes(project, tmp_path, votes)
    assert command("adjudicate", project=project.slug).code == 0
    cases = Case.objects.filter(item__project=project).order_by("opened_at", "pk")
    assert list(cases.values_list("item__external_id", flat=True)) == names

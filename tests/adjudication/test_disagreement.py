"""An ordered queue hands out first what people will probably disagree on, and keeps a share at random."""

import random
from collections import defaultdict
from itertools import combinations
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from adjudication.actions import recount, recount_if_changed
from adjudication.disagreement import (
    expected_disagreement,
    expected_sql,
    own_tally,
    pairs_of,
    rate_of_project,
    rate_of_source,
)
from adjudication.models import Decision
from adjudication.policies import POLICIES
from annotation.actions import close_batch, open_batch, update_queue_settings
from annotation.models import QueuePlace, Slot
from annotation.slots import open_slots
from corpus.models import Item, ItemCluster
from jury.models import Ballot, Juror
from tests.api.client import Program
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion

ORDERED = {"gold_percent": 0, "repeat_percent": 0, "orders_by": "disagreement", "random_percent": 1}
FIELDS = ("prompt_label", "response_label")


@given(st.lists(st.booleans(), max_size=8), st.floats(0, 1))
def test_disagreement_is_the_share_of_pairs_that_differ_with_the_rate_as_one_more(says_unsafe, rate):
    safe, unsafe = says_unsafe.count(False), says_unsafe.count(True)
    pairs = list(combinations(says_unsafe, 2))
    assert pairs_of([(safe, unsafe)]) == (len(pairs), sum(a != b for a, b in pairs))
    expected = rate
    if pairs:
        share = sum(a != b for a, b in pairs) / len(pairs)
        expected = (rate + (len(says_unsafe) - 1) * share) / len(says_unsafe)
    got = expected_disagreement((safe, unsafe), (0, 0), rate)
    assert got == pytest.approx(expected)
    assert 0 <= got <= 1
    assert got == pytest.approx(expected_disagreement((unsafe, safe), (0, 0), rate))


def test_near_duplicates_count_three_times_at_most_and_small_sources_go_by_the_project():
    assert expected_disagreement((0, 0), (100, 0), 0.4) == pytest.approx(0.4 / 3)
    assert expected_disagreement((0, 0), (2, 0), 0.4) == pytest.approx(0.4 / 2)
    assert expected_disagreement((1, 1), (100, 0), 0.4) > expected_disagreement((2, 0), (100, 0), 0.4)
    assert rate_of_project([]) == 0.5
    assert rate_of_source([], 0.3) == pytest.approx(0.3)
    assert rate_of_source([(500, 500)], 0.3) == pytest.approx(0.5, abs=0.01)


def test_a_guard_that_wavers_is_expected_to_differ():
    def of(*probabilities):
        return expected_disagreement(own_tally([(each > 0.5, each) for each in probabilities]), (0, 0), 0.1)

    assert own_tally([(True, None), (False, None), (False, 0.25)]) == (1.75, 1.25)
    assert own_tally([(True, each) for each in (float("nan"), -0.1, 1.1, None)]) == (0, 4)
    assert of(1.0) == of(0.0) == pytest.approx(0.1)
    assert of(0.5) > of(0.6) > of(0.9) > of(0.99) > of(1.0)
    assert of(0.4) == pytest.approx(of(0.6))
    assert of(0.6, 0.6, 0.6) > of(0.9, 0.9, 0.9) > of(1.0, 1.0, 1.0)
    assert of(1.0, 0.0) == pytest.approx(expected_disagreement((1, 1), (0, 0), 0.1))
    assert expected_disagreement(own_tally([(True, 0.5)]), (0, 0), 0.9) == 1


def clustered(project: Any, names: list[str], cluster: bytes) -> None:
    for item in Item.objects.filter(project=project, external_id__in=names):
        ItemCluster.objects.update_or_create(item=item, defaults={"project": project, "cluster": cluster, "size": 9})


def guess(dice: random.Random) -> float | None:
    return dice.choice([None, 0.0, 1.0, 0.5, float("nan"), dice.random()])


@pytest.mark.parametrize(
    ("policy", "by_probability"),
    [("majority", False), ("human", False), ("jury", False), ("aegis2", False), ("human", True), ("aegis2", True)],
)
def test_statement_says_what_the_definition_does(tmp_path, policy, by_probability):
    dice, project = random.Random(3), make_project(votes_wanted=3, policy=policy)
    names = [f"d{at}" for at in range(50)]
    source = {name: dice.choice(["small", "large", "large"]) for name in names}
    has_response = {name: dice.random() < 0.7 for name in names}
    rows = [dialogue(name, response=has_response[name], source=source[name]) for name in names]
    import_dialogues(project, tmp_path, rows)
    tallies, votes = {field: defaultdict(lambda: [0, 0]) for field in FIELDS}, []
    opinions: dict[tuple[str, str], list[tuple[bool, float | None]]] = defaultdict(list)
    probabilities: dict[tuple[str, str, str], float | None] = {}
    for name in names:
        for rater in [*dice.sample("abc", dice.randrange(4)), *(f"model {at}" for at in range(dice.randrange(4)))]:
            labels = [dice.choice(["safe", "safe", "unsafe"]), dice.choice(["safe", "unsafe"])]
            labels[1] = labels[1] if has_response[name] else None
            votes.append(opinion(name, rater, *labels))
            for field, label in zip(FIELDS, labels, strict=True):
                tallies[field][name][label == "unsafe"] += label is not None
                if label:
                    known = guess(dice) if by_probability and rater.startswith("model") else None
                    probabilities[name, rater, field] = known
                    opinions[name, field].append((label == "unsafe", known))
    assert import_votes(project, tmp_path, votes).code == 0
    for (name, rater, field), known in probabilities.items():
        of_rater = Ballot.objects.filter(item__project=project, item__external_id=name, juror__name=rater)
        of_rater.update(**{field.replace("label", "probability"): known})
    for at in range(5):
        clustered(project, names[at * 6 : at * 6 + 6], bytes([at]))
    recount(project=project)

    decided = {each.item.external_id: each for each in Decision.objects.filter(item__project=project, policy=policy)}
    fields = ["prompt_label"] if policy == "aegis2" else list(FIELDS)  # its people judge no response
    expected: dict[str, float] = defaultdict(float)
    for field in fields:
        rate = rate_of_project([tuple(each) for each in tallies[field].values()])
        for name in names:
            if field == "response_label" and not has_response[name]:
                continue
            of_source = [tuple(tallies[field][each]) for each in names if source[each] == source[name]]
            at = names.index(name) // 6
            others = [each for each in names[at * 6 : at * 6 + 6] if each != name] if at < 5 else []
            labels = [getattr(decided[each], field) for each in others]
            near = (labels.count("safe"), labels.count("unsafe"))
            got = expected_disagreement(own_tally(opinions[name, field]), near, rate_of_source(of_source, rate))
            expected[name] = max(expected[name], got)
    with connection.cursor() as cursor:
        expected_of = expected_sql(POLICIES[policy], FIELDS, by_probability=by_probability)
        statement = f"SELECT external_id, disagreement FROM ({expected_of}) AS e"
        cursor.execute(f"{statement} JOIN corpus_item i ON i.id = e.item_id", {"project": project.pk, "policy": policy})
        assert dict(cursor.fetchall()) == pytest.approx(dict(expected))
    assert any(each.prompt_label for each in decided.values())


def set_queue(project: Any, **settings: Any) -> None:
    update_queue_settings(project=project, by=None, settings=ORDERED | settings)
    recount_if_changed(project=project)


def disputed_and_clear(folder: Any, *, names: int = 20, **options: Any) -> Any:
    """Make a project in which jurors agree on all dialogues but the last, on which they split."""
    project = make_project(policy="human", votes_wanted=2, **options)
    import_dialogues(project, folder, [dialogue(f"d{at:02}", response=False) for at in range(names)])
    rows = [opinion(f"d{at:02}", f"model {juror}") for at in range(names - 1) for juror in (1, 2)]
    split = f"d{names - 1:02}"
    import_votes(project, folder, [*rows, opinion(split, "model 1"), opinion(split, "model 2", prompt="unsafe")])
    return project


def test_people_get_first_what_jurors_split_on_and_claims_say_how_they_were_chosen(tmp_path):
    project = disputed_and_clear(tmp_path)
    set_queue(project)
    person, other = Program(project), Program(project)
    first = [each.take()["item"]["id"] for each in (person, other)]
    assert first.count("d19") >= 1  # but for one claim in a hundred
    taken = {slot.leased_to.name: slot for slot in Slot.objects.filter(project=project, leased_to__isnull=False)}
    assert {slot.random_odds for slot in taken.values()} == {0.01}
    of_split = Slot.objects.filter(project=project, item__external_id="d19", leased_to__isnull=False)
    assert all(slot.place is None or slot.place < 50 for slot in of_split)

    set_queue(project, random_percent=100)
    third = Program(project).take()
    slot = Slot.objects.get(lease=third["lease"]["id"])
    assert (slot.place, slot.random_odds) == (None, 1.0)
    set_queue(project, orders_by="random")
    assert not QueuePlace.objects.filter(project=project).exists()
    slot = Slot.objects.get(lease=Program(project).take()["lease"]["id"])
    assert (slot.place, slot.random_odds) == (None, None)


def test_people_get_first_where_a_guard_wavers(tmp_path):
    project, names = make_project(policy="human", votes_wanted=2), [f"d{at:02}" for at in range(20)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in names])
    import_votes(project, tmp_path, [opinion(name, "model 1") for name in names])
    for name in names:
        known = {"d07": 0.45, "d11": 0.3}.get(name, 0.02)
        Ballot.objects.filter(item__project=project, item__external_id=name).update(prompt_probability=known)

    def order() -> list[tuple[str, int]]:
        places = QueuePlace.objects.filter(project=project).order_by("place")
        return [(name, int(place)) for name, place in places.values_list("item__external_id", "place")]

    set_queue(project)
    assert len({place for _, place in order()}) == 1  # no juror is asked for probabilities, so labels count
    Juror.objects.filter(project=project).update(asks_probability=True)
    recount(project=project)
    assert [name for name, _ in order()[:2]] == ["d07", "d11"]
    assert len({place for _, place in order()}) == 3


def test_a_person_goes_down_the_order_and_gets_everything_once(tmp_path):
    project = disputed_and_clear(tmp_path, names=12)
    set_queue(project)
    place = dict(QueuePlace.objects.filter(project=project).values_list("item__external_id", "place"))
    person, order = Program(project), []
    while (answer := person.next()).status_code == 200:
        order.append(answer.json()["item"]["id"])
        assert person.vote(answer.json()).status_code == 201
    assert sorted(order) == sorted(place)
    in_order = [each for each, slot in zip(order, Slot.objects.filter(vote__isnull=False, project=project)
                .order_by("vote_id"), strict=True) if slot.place is not None]  # fmt: skip
    assert len(in_order) >= 6
    assert in_order == sorted(in_order, key=lambda name: place[name])


def test_new_votes_move_items_and_finished_ones_leave(tmp_path):
    project = disputed_and_clear(tmp_path, names=3)
    set_queue(project)

    def places() -> dict[str, int]:
        found = QueuePlace.objects.filter(project=project).order_by("place")
        return {name: int(place) for name, place in found.values_list("item__external_id", "place")}

    before = places()
    assert next(iter(before)) == "d02"
    import_votes(project, tmp_path, [opinion("d00", "ann", prompt="unsafe"), opinion("d02", "ann")])
    recount_if_changed(project=project)
    assert places()["d00"] < before["d00"]
    import_votes(project, tmp_path, [opinion("d02", "ben")])
    import_dialogues(project, tmp_path, [dialogue("new", response=False)])
    assert Program(project).next().status_code == 200
    recount_if_changed(project=project)
    assert sorted(places()) == ["d00", "d01", "new"]


def test_items_without_a_place_come_last_and_batches_keep_the_order(tmp_path):
    project = disputed_and_clear(tmp_path, names=6)
    set_queue(project)
    import_dialogues(project, tmp_path, [dialogue("late", response=False)])
    open_slots(project=project)  # as before a recount has seen it
    person, seen = Program(project), []
    while (answer := person.next()).status_code == 200:
        seen.append(answer.json()["item"]["id"])
        person.vote(answer.json())
    assert (len(seen), seen[-1]) == (7, "late")

    batch = open_batch(project=project, by=person_user(person), name="first", size=3)
    chosen = set(Slot.objects.filter(batch=batch).values_list("item__external_id", flat=True))
    other, of_batch = Program(project), []
    while (answer := other.next()).status_code == 200:
        of_batch.append(answer.json()["item"]["id"])
        other.vote(answer.json())
    assert set(of_batch) == chosen
    close_batch(batch=batch, by=person_user(person))
    recount_if_changed(project=project)
    assert Program(project).next().status_code == 204


def person_user(person: Program) -> Any:
    from django.contrib.auth.models import User

    return User.objects.get(username=person.name)


def test_order_tells_nothing_of_the_blind_sample(tmp_path):
    """The same project has the same order whichever dialogues are in the sample."""
    project, orders = disputed_and_clear(tmp_path), []
    for percent in (0, 100):
        set_queue(project, sample_percent=percent, stops_early=True)
        recount(project=project)
        orders.append(list(QueuePlace.objects.filter(project=project).order_by("place").values_list("item", "place")))
    assert orders[0] == orders[1]
    assert len({place for _, place in orders[0]}) == 20

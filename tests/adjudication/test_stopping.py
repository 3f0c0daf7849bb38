"""The queue stops early exactly where no missing vote can change the labels, and asks on where people split."""

import random
from datetime import timedelta
from itertools import combinations_with_replacement, product
from typing import Any

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from adjudication.actions import recount, recount_if_changed
from adjudication.consensus import ItemDecision, Opinion, decide
from adjudication.policies import POLICIES, Kind, Policy
from adjudication.stopping import can_stop, counts_people
from annotation.actions import close_batch, open_batch, update_queue_settings
from annotation.models import FurtherVotes, Slot, SparedVotes, Vote
from annotation.slots import open_slots
from corpus.labels import FIELDS, Field
from corpus.models import Project
from tests.api.client import Program
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion

LABELS = ("safe", "unsafe", "needs_caution", None)
OFF = {"gold_percent": 0, "repeat_percent": 0, "audit_percent": 0}


def said(prompt: str | None, response: str | None) -> dict[Field, str]:
    return {field: label for field, label in zip(FIELDS, (prompt, response), strict=True) if label}


VOTES = [Opinion(Kind.HUMAN, said(*pair)) for pair in product(("safe", "unsafe", None), repeat=2)]
"Every vote there can be, as far as labels go; caution is one of the two."
opinions = st.builds(
    lambda kind, prompt, response: Opinion(kind, said(prompt, response)),
    st.sampled_from([Kind.HUMAN, Kind.HUMAN, Kind.LLM]), st.sampled_from(LABELS), st.sampled_from(LABELS),
)  # fmt: skip


def decided(given: list[Opinion], policy: Policy, *, has_response: bool) -> ItemDecision:
    return decide(given, policy, fields=FIELDS, has_response=has_response, taxonomy=())


def outcome(decision: ItemDecision) -> Any:
    return decision.status, [(field, each.label) for field, each in decision.fields.items()]


@given(
    st.sampled_from(sorted(POLICIES)), st.integers(1, 4), st.sampled_from(["safe", "unsafe"]), st.booleans(),
    st.lists(opinions, max_size=6), st.integers(0, 2),
)  # fmt: skip
def test_items_stop_where_every_completion_gives_the_same_labels_and_status(
    name, quorum, caution, has_response, given, missing
):
    policy = POLICIES[name].with_settings(quorum=quorum, caution=caution)
    now = decided(given, policy, has_response=has_response)
    ours = [each for field, each in now.fields.items() if counts_people(policy, field)]
    completions = (more for size in range(missing + 1) for more in combinations_with_replacement(VOTES, size))
    is_sure = all(outcome(decided([*given, *more], policy, has_response=has_response)) == outcome(now)
                  for more in completions)  # fmt: skip
    assert can_stop(now, policy, missing) == (
        missing > 0 and bool(ours) and is_sure and all(each.label for each in ours)
    )


def open_of(project: Any) -> dict[str, int]:
    """Return how many slots of each dialogue wait for somebody."""
    names = Slot.objects.filter(project=project, vote=None).values_list("item__external_id", flat=True)
    return {name: list(names).count(name) for name in names}


def set_queue(project: Any, **settings: Any) -> None:
    update_queue_settings(project=project, by=None, settings=OFF | settings)


def test_spared_slots_close_and_come_back(tmp_path):
    project = make_project(policy="human", quorum=2, votes_wanted=3)
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in ("agreed", "split", "new")])
    rows = [opinion("agreed", "ann"), opinion("agreed", "ben"), opinion("split", "ann")]
    import_votes(project, tmp_path, [*rows, opinion("split", "ben", prompt="unsafe")])
    recount(project=project)
    assert open_of(project) == {"agreed": 1, "split": 1, "new": 3}  # off by default

    set_queue(project, stops_early=True)
    recount_if_changed(project=project)
    assert open_of(project) == {"split": 1, "new": 3}
    assert list(SparedVotes.objects.filter(item__project=project).values_list("item__external_id", "votes")) == [
        ("agreed", 1)
    ]
    assert open_slots(project=project) == 0

    of_one = Vote.objects.filter(item__project=project, item__external_id="agreed")
    steps = (("ben", "dan", "unsafe", {"agreed": 1}), ("dan", "eve", "safe", {}))
    for gone, new, label, waiting in steps:
        of_one.filter(annotator__name=gone).update(is_current=False)
        recount_if_changed(project=project)
        assert open_of(project) == {"agreed": 2, "split": 1, "new": 3}
        import_votes(project, tmp_path, [opinion("agreed", new, label)])
        recount_if_changed(project=project)
        assert open_of(project) == {"split": 1, "new": 3, **waiting}
    project.quorum = 3
    project.save()
    recount_if_changed(project=project)
    assert open_of(project) == {"agreed": 1, "split": 1, "new": 3}
    project.quorum = 2
    project.save()
    recount_if_changed(project=project)
    set_queue(project, stops_early=False)
    recount_if_changed(project=project)
    assert open_of(project) == {"agreed": 1, "split": 1, "new": 3}
    assert not SparedVotes.objects.filter(item__project=project).exists()


def test_statement_spares_what_the_definition_does(tmp_path):
    dice, given, rows, sparing = random.Random(5), {}, [], set()
    for name in (f"d{at}" for at in range(60)):
        raters = [*dice.sample("abc", dice.randrange(4)), *(f"model {at}" for at in range(dice.randrange(4)))]
        said_by = {each: (dice.choice("sssu"), dice.choice("suuu")) for each in raters}
        words = {each: [{"s": "safe", "u": "unsafe"}[letter] for letter in pair] for each, pair in said_by.items()}
        rows += [opinion(name, each, *pair) for each, pair in words.items()]
        given[name] = [Opinion(Kind.LLM if len(each) > 1 else Kind.HUMAN, said(*pair)) for each, pair in words.items()]
    project = make_project(votes_wanted=4)
    import_dialogues(project, tmp_path, [dialogue(name) for name in given])
    import_votes(project, tmp_path, rows)
    set_queue(project, stops_early=True)
    for name, quorum in product(POLICIES, (2, 3)):
        Project.objects.filter(pk=project.pk).update(policy=name, quorum=quorum)
        recount_if_changed(project=Project.objects.get(pk=project.pk))
        policy, expected = POLICIES[name].with_settings(quorum=quorum, caution=None), {}
        for item, votes in given.items():
            missing = 4 - sum(each.kind == Kind.HUMAN for each in votes)
            if can_stop(decided(votes, policy, has_response=True), policy, missing):
                expected[item] = missing
        stored = SparedVotes.objects.filter(item__project=project).values_list("item__external_id", "votes")
        assert dict(stored) == expected, (name, quorum)
        sparing |= {name} if expected else set()
    assert sparing == {*POLICIES} - {"jury"}


def test_votes_wanted_again_come_back_into_their_batch(tmp_path):
    project, lead = make_project(policy="human", quorum=2, votes_wanted=3), None
    import_dialogues(project, tmp_path, [dialogue("one", response=False)])
    batch = open_batch(project=project, by=lead, name="first", size=1)
    import_votes(project, tmp_path, [opinion("one", "ann"), opinion("one", "ben")])
    set_queue(project, stops_early=True)
    person = Program(project)
    taken = person.next()
    recount_if_changed(project=project)
    assert person.vote(taken.json()).status_code == 201
    recount_if_changed(project=project)
    assert open_of(project) == {}
    project.votes_wanted = 5
    project.save()
    open_slots(project=project)
    assert set(Slot.objects.filter(project=project, vote=None).values_list("batch", flat=True)) == {batch.pk}
    close_batch(batch=batch, by=lead)
    project.votes_wanted = 6
    project.save()
    open_slots(project=project)
    assert set(Slot.objects.filter(project=project, vote=None).values_list("batch", flat=True)) == {batch.pk, None}


def test_votes_come_back_into_their_batch_where_all_were_spared(tmp_path):
    project = make_project(quorum=2, votes_wanted=2)
    import_dialogues(project, tmp_path, [dialogue("one", response=False)])
    batch = open_batch(project=project, by=None, name="first", size=1)
    import_votes(project, tmp_path, [opinion("one", f"model {at}") for at in range(5)])
    for stops, waiting in ((True, {}), (False, {"one": 2})):
        set_queue(project, stops_early=stops)
        recount_if_changed(project=project)
        assert open_of(project) == waiting
    assert set(Slot.objects.filter(project=project).values_list("batch", flat=True)) == {batch.pk}


def test_held_slots_stay_and_who_answers_after_one_closed_is_told_so(tmp_path):
    project = make_project(policy="human", quorum=2, votes_wanted=3)
    import_dialogues(project, tmp_path, [dialogue("one", response=False)])
    import_votes(project, tmp_path, [opinion("one", "ann"), opinion("one", "ben")])
    person = Program(project)
    set_queue(project, stops_early=True)
    taken = person.next()
    recount_if_changed(project=project)
    assert open_of(project) == {"one": 1}
    assert person.vote(taken.json()).status_code == 201
    recount_if_changed(project=project)
    assert Vote.objects.filter(item__project=project, is_current=True).count() == 3
    assert open_of(project) == {}

    late = Program(project)
    project.votes_wanted = 4
    project.save()
    open_slots(project=project)
    set_queue(project, stops_early=False)
    recount_if_changed(project=project)
    taken = late.next()
    Slot.objects.filter(project=project, vote=None).update(leased_until=timezone.now() - timedelta(seconds=1))
    set_queue(project, stops_early=True)
    recount_if_changed(project=project)
    assert open_of(project) == {}
    answer = late.vote(taken.json())
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "lease_lost")


def test_items_of_the_sample_get_all_votes(tmp_path):
    project = make_project(policy="human", quorum=2, votes_wanted=3)
    import_dialogues(project, tmp_path, [dialogue("two", response=False)])
    import_votes(project, tmp_path, [opinion("two", "ann"), opinion("two", "ben")])
    set_queue(project, stops_early=True)
    recount_if_changed(project=project)
    assert open_of(project) == {}
    set_queue(project, stops_early=True, sample_percent=100)
    recount_if_changed(project=project)
    assert open_of(project) == {"two": 1}


def test_one_more_vote_at_a_time_is_asked_where_people_split_up_to_the_cap(tmp_path):
    project = make_project(policy="human", quorum=2, votes_wanted=2)
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in ("agreed", "split", "new")])
    rows = [opinion("agreed", "ann"), opinion("agreed", "ben"), opinion("split", "ann")]
    import_votes(project, tmp_path, [*rows, opinion("split", "ben", prompt="unsafe")])
    recount(project=project)
    assert open_of(project) == {"new": 2}

    set_queue(project, most_votes=4)
    for _ in range(2):
        recount_if_changed(project=project)
        recount(project=project)
        assert open_of(project) == {"new": 2, "split": 1}
    import_votes(project, tmp_path, [opinion("split", "cyd")])
    recount_if_changed(project=project)
    assert open_of(project) == {"new": 2}
    import_votes(project, tmp_path, [opinion("split", "dan", prompt="unsafe")])
    recount(project=project)
    assert open_of(project) == {"new": 2}  # the cap
    set_queue(project, most_votes=5)
    recount_if_changed(project=project)
    assert open_of(project) == {"new": 2, "split": 1}
    assert FurtherVotes.objects.get(item__project=project).votes == 3

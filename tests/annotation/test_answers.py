"""Every rule of a judgement over REST: what is stored as it is, what is refused, and what counts as a repetition."""

import uuid

import pytest
from django.contrib.auth.models import User

from annotation.models import Slot, Vote, WorkDay
from corpus.models import Event, Verb
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import dialogue, set_queue


def annotator_of(project):
    person = Program(project)
    person.user = User.objects.get(username=person.name)
    return person


def without_breaks(project):
    set_queue(project, break_after_minutes=None)
    return project


@pytest.fixture(scope="module")
def holder(tmp_path_factory, database):
    """A person who holds one dialogue; a refused answer leaves it with them."""
    person = annotator_of(without_breaks(project_with(tmp_path_factory.mktemp("one"), "one")))
    person.taken = person.take()
    return person


@pytest.fixture(scope="module")
def worker(tmp_path_factory, database):
    """A person with a dialogue for every test."""
    return annotator_of(
        without_breaks(project_with(tmp_path_factory.mktemp("many"), *(f"d{at}" for at in range(40)), votes_wanted=1))
    )


def reason_of(answer):
    """Return the only field that an answer was refused for, with the first reason."""
    assert answer.status_code == 400, answer.content
    ((field, reasons),) = answer.json()["error"]["fields"].items()
    while isinstance(reasons, list | dict):
        reasons = next(iter(reasons.values() if isinstance(reasons, dict) else reasons))
    return field, reasons


@pytest.mark.parametrize("field", ["prompt_label", "response_label"])
@pytest.mark.parametrize(
    "label", [None, "", " ", "SAFE", "Safe", "safe ", "unsafe\n", "needs caution", "s", 0, 1, True, False, [], {}]
)
def test_label_is_one_of_three_words_and_nothing_like_them(holder, field, label):
    labels = {"prompt_label": "safe", "response_label": "safe", field: label}
    body = {"lease": holder.taken["lease"]["id"], **labels}
    assert reason_of(holder.post(holder.item_route(holder.taken, "vote"), body))[0] == field


@pytest.mark.parametrize("missing", ["prompt_label", "response_label"])
def test_missing_label_is_asked_for(holder, missing):
    labels = {"prompt_label": "safe", "response_label": "safe"}
    del labels[missing]
    body = {"lease": holder.taken["lease"]["id"], **labels}
    answer = holder.post(holder.item_route(holder.taken, "vote"), body)
    assert reason_of(answer) == (missing, "choose one of safe, needs_caution, unsafe")


@pytest.mark.parametrize(
    ("labels", "more", "field", "reason"),
    [
        (("unsafe", "safe"), {}, "categories", "at least one"),
        (("safe", "unsafe"), {}, "categories", "at least one"),
        (("unsafe", "unsafe"), {"categories": []}, "categories", "at least one"),
        (("needs_caution", "unsafe"), {}, "categories", "at least one"),
        (("safe", "safe"), {"categories": ["threat"]}, "categories", "named beside a safe label"),
        (("unsafe", "safe"), {"categories": ["nonsense"]}, "categories", "'nonsense' is not a category"),
        (("unsafe", "safe"), {"categories": ["threat", "nonsense"]}, "categories", "'nonsense' is not a category"),
        (("unsafe", "safe"), {"categories": [""]}, "categories", "blank"),
        (("unsafe", "safe"), {"categories": [None]}, "categories", "null"),
        (("unsafe", "safe"), {"categories": [True]}, "categories", "string"),
        (("unsafe", "safe"), {"categories": [["threat"]]}, "categories", "string"),
        (("unsafe", "safe"), {"categories": [7]}, "categories", "'7' is not a category"),
        (("unsafe", "safe"), {"categories": ["threat\0"]}, "categories", "Null characters"),
        (("unsafe", "safe"), {"categories": "threat"}, "categories", "list"),
        (("unsafe", "safe"), {"categories": {"threat": True}}, "categories", "list"),
        (("unsafe", "safe"), {"categories": None}, "categories", "null"),
        (("unsafe", "safe"), {"categories": ["threat;violence"]}, "categories", "is not a category"),
        (("unsafe", "safe"), {"categories": ["other"]}, "other_text", "needs a text"),
        (("unsafe", "safe"), {"categories": ["other"], "other_text": " \n "}, "other_text", "needs a text"),
        (("unsafe", "safe"), {"categories": ["threat", "other"]}, "other_text", "needs a text"),
        (("safe", "safe"), {"other_text": "x" * 10_001}, "other_text", "10000"),
        (("safe", "safe"), {"other_text": None}, "other_text", "null"),
        (("safe", "safe"), {"other_text": "a\0b"}, "other_text", "Null characters"),
        (("safe", "safe"), {"rationale": "x" * 10_001}, "rationale", "10000"),
        (("safe", "safe"), {"rationale": None}, "rationale", "null"),
        (("safe", "safe"), {"rationale": "a\0b"}, "rationale", "Null characters"),
        (("safe", "safe"), {"rationale": ["words"]}, "rationale", "string"),
        (("safe", "safe"), {"seconds": -0.001}, "seconds", "not between 0 and 86400"),
        (("safe", "safe"), {"seconds": 86400.001}, "seconds", "not between 0 and 86400"),
        (("safe", "safe"), {"seconds": "soon"}, "seconds", "number"),
        (("safe", "safe"), {"seconds": "inf"}, "seconds", "valid number"),
        (("safe", "safe"), {"seconds": "nan"}, "seconds", "valid number"),
        (("safe", "safe"), {"seconds": []}, "seconds", "number"),
        (("safe", "safe"), {"guideline": "0"}, "guideline", "no version '0'"),
        (("safe", "safe"), {"guideline": "imported"}, "guideline", "no version 'imported'"),
        (("safe", "safe"), {"guideline": "1 OR 1=1"}, "guideline", "no version '1 OR 1=1'"),
        (("safe", "safe"), {"guideline": "9" * 61}, "guideline", "60"),
        (("safe", "safe"), {"lease": None}, "lease", "null"),
        (("safe", "safe"), {"lease": ""}, "lease", "UUID"),
        (("safe", "safe"), {"lease": "nonsense"}, "lease", "UUID"),
    ],
)
def test_broken_rule_names_its_field_and_leaves_the_lease(holder, labels, more, field, reason):
    refused = holder.vote(holder.taken, *labels, **more)
    assert reason_of(refused)[0] == field
    assert reason in reason_of(refused)[1]
    assert holder.take()["lease"]["id"] == holder.taken["lease"]["id"]
    assert not Vote.objects.filter(annotator__user=holder.user).exists()


@pytest.mark.parametrize(
    ("labels", "more", "stored"),
    [
        (("safe", "safe"), {}, {"categories": [], "other_text": "", "rationale": "", "seconds": None}),
        (("needs_caution", "safe"), {}, {"categories": []}),
        (("needs_caution", "needs_caution"), {"categories": ["threat"]}, {"categories": ["threat"]}),
        (("unsafe", "safe"), {"categories": ["threat", "violence"]}, {"categories": ["threat", "violence"]}),
        (("unsafe", "safe"), {"categories": ["violence", "threat"]}, {"categories": ["violence", "threat"]}),
        (("safe", "unsafe"), {"categories": ["Violence", "violence"]}, {"categories": ["violence"]}),
        (("unsafe", "safe"), {"categories": ["  Violence "]}, {"categories": ["violence"]}),
        (("unsafe", "safe"), {"categories": ["other"], "other_text": " x "}, {"other_text": "x"}),
        (("safe", "safe"), {"rationale": "x" * 10_000}, {"rationale": "x" * 10_000}),
        (("safe", "safe"), {"rationale": "👩‍👩‍👧" * 1_000}, {"rationale": "👩‍👩‍👧" * 1_000}),
        (("safe", "safe"), {"rationale": "\n <b>&amp;</b> '; -- \n"}, {"rationale": "<b>&amp;</b> '; --"}),
        (("safe", "safe"), {"rationale": "two\r\nlines\tand a tab"}, {"rationale": "two\r\nlines\tand a tab"}),
        (("safe", "safe"), {"rationale": "\u202eright to left"}, {"rationale": "\u202eright to left"}),
        (("safe", "safe"), {"seconds": 0}, {"seconds": 0.0}),
        (("safe", "safe"), {"seconds": 86400}, {"seconds": 86400.0}),
        (("safe", "safe"), {"seconds": "4.5"}, {"seconds": 4.5}),
        (("safe", "safe"), {"seconds": 1e-9}, {"seconds": 1e-9}),
        (("safe", "safe"), {"guideline": "1"}, {}),
        (("safe", "safe"), {"guideline": " 1 "}, {}),
        (("safe", "safe"), {"item": "another", "annotator": 1, "is_current": False}, {}),
    ],
)
def test_answer_that_obeys_the_rules_is_stored_as_it_is(worker, labels, more, stored):
    worker.get(f"projects/{worker.slug}/progress/")
    cast = worker.vote(worker.take(), *labels, **more)
    assert cast.status_code == 201, cast.content
    vote = Vote.objects.get(pk=cast.json()["vote"]["id"])
    assert (vote.prompt_label, vote.response_label) == labels
    assert {name: getattr(vote, name) for name in stored} == stored
    assert {name: cast.json()["vote"][name] for name in stored} == stored
    assert (vote.is_current, vote.supersedes, vote.repeats) == (True, None, None)


FIRST = {
    "prompt": "unsafe", "response": "safe", "categories": ["threat", "violence"], "rationale": "why", "seconds": 3.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"rationale": "  why\n"}, 200),
        ({"seconds": 99.0}, 200),
        ({"seconds": None}, 200),
        ({"guideline": "1"}, 200),
        ({"categories": ["threat", "threat", "Violence"]}, 200),
        ({"categories": ["violence", "threat"]}, 409),
        ({"categories": ["threat"]}, 409),
        ({"rationale": "Why"}, 409),
        ({"rationale": ""}, 409),
        ({"other_text": "more"}, 409),
        ({"response": "needs_caution"}, 409),
        ({"prompt": "needs_caution"}, 409),
    ],
)
def test_same_lease_again_is_the_same_vote_or_a_conflict(worker, change, status):
    taken = worker.take()
    first = worker.vote(taken, **FIRST).json()["vote"]
    before = votes_counted(worker.user)
    again = worker.vote(taken, **FIRST | change)
    assert again.status_code == status
    if status == 200:
        assert again.json()["vote"] == first
    else:
        assert again.json()["error"]["code"] == "already_voted"
    votes = Vote.objects.filter(annotator__user=worker.user, item__external_id=taken["item"]["id"])
    assert list(votes.values_list("pk", "rationale", "seconds")) == [(first["id"], "why", 3.0)]
    assert votes_counted(worker.user) == before


def votes_counted(user):
    """Return how many votes the days of a person count: two days, if it is midnight meanwhile."""
    return sum(WorkDay.objects.filter(user=user).values_list("votes", flat=True))


def test_repeated_vote_still_claims_the_next(tmp_path):
    ada = annotator_of(project_with(tmp_path, "one", "two", votes_wanted=1))
    taken = ada.take()
    first = ada.vote(taken, query="?next=1").json()
    again = ada.vote(taken, query="?next=1")
    assert (again.status_code, again.json()["next"]["lease"]["id"]) == (200, first["next"]["lease"]["id"])


@pytest.mark.parametrize("query", ["", "?next=0", "?next=true", "?next=", "?next=2", "?Next=1"])
def test_only_next_of_one_claims_the_next(tmp_path, query):
    project = project_with(tmp_path, "one", "two", votes_wanted=1)
    ada = annotator_of(project)
    assert "next" not in ada.vote(ada.take(), query=query).json()
    assert not Slot.objects.filter(project=project).exclude(lease=None).exists()


def test_vote_that_reaches_the_cap_stands_and_says_so(tmp_path):
    project = project_with(tmp_path, "one", "two")
    set_queue(project, daily_cap=1)
    ada = annotator_of(project)
    answer = ada.vote(ada.take(), query="?next=1")
    assert (answer.status_code, answer.json()["next"]) == (201, None)
    assert answer.json()["resting"]["code"] == "daily_cap_reached"
    assert "1 votes today" in answer.json()["resting"]["message"]


def test_lease_is_for_its_person_and_its_item(tmp_path):
    project = project_with(tmp_path, "one", "two", votes_wanted=1)
    ada, bea = annotator_of(project), annotator_of(project)
    taken, others = ada.take(), bea.take()
    wrong = [
        bea.vote(taken),
        ada.vote({**others, "lease": taken["lease"]}),
        ada.vote({**taken, "lease": others["lease"]}),
        ada.vote({**taken, "lease": {"id": str(uuid.uuid4())}}),
        ada.vote({**taken, "item": {"id": "nowhere", "has_response": True}}),
    ]
    assert [(each.status_code, each.json()["error"]["code"]) for each in wrong] == [(409, "no_such_lease")] * 5
    assert not Vote.objects.filter(item__project=project).exists()
    assert (ada.vote(taken).status_code, bea.vote(others).status_code) == (201, 201)


def test_lease_of_one_project_does_nothing_in_another(tmp_path):
    ours, theirs = project_with(tmp_path, "one"), project_with(tmp_path, "one")
    ada = annotator_of(ours)
    taken = ada.take()
    theirs.members.create(user=ada.user, role="annotator")
    body = {"lease": taken["lease"]["id"], "prompt_label": "safe", "response_label": "safe"}
    refused = ada.post(f"projects/{theirs.slug}/items/one/vote/", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_such_lease")


@pytest.mark.parametrize(
    ("fields", "response", "labels", "refused"),
    [
        ("prompt_label", True, {"prompt_label": "safe"}, "response_label"),
        ("response_label", True, {"response_label": "safe"}, "prompt_label"),
        ("prompt_label,response_label", False, {"prompt_label": "safe"}, "response_label"),
        ("prompt_label", False, {"prompt_label": "safe"}, "response_label"),
    ],
)
def test_label_that_is_not_wanted_is_refused(tmp_path, fields, response, labels, refused):
    project = project_with(tmp_path, dialogue("one", response=response), fields=fields)
    ada = annotator_of(project)
    taken = ada.take()
    route, body = ada.item_route(taken, "vote"), {"lease": taken["lease"]["id"], **labels}
    assert reason_of(ada.post(route, body | {refused: "safe"}))[0] == refused
    assert ada.post(route, body).status_code == 201


def test_vote_is_recorded_as_an_event_of_its_person(tmp_path):
    project = project_with(tmp_path, "one")
    ada = annotator_of(project)
    taken = ada.take()
    assert ada.vote(taken, prompt=None).status_code == 400
    vote = ada.vote(taken).json()["vote"]["id"]
    event = Event.objects.get(project=project, verb=Verb.ITEM_VOTED)
    assert (event.actor, event.subject, event.detail) == (ada.user, "one", {"vote": vote})

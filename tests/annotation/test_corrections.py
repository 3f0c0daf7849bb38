"""Corrections of votes and their chain, and votes that the database never lets anybody edit."""

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from annotation.actions import (
    close_batch,
    correct_vote,
    open_batch,
    reopen_batch,
    request_more_votes,
    set_gold,
)
from annotation.actions.guidelines import guideline_in_force, publish_guideline
from annotation.actions.leased_items import NO_LEASE
from annotation.actions.votes import Answer
from annotation.models import Batch, Slot, Vote, WorkDay
from annotation.queries import annotator_checks
from corpus.errors import Refused
from corpus.labels import Judgement
from corpus.models import Event, Item, Verb
from tests.annotation.test_leases import at_once
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import set_queue

UNSAFE = {"prompt_label": "unsafe", "response_label": "safe", "categories": ["threat"]}
SAFE = {"prompt_label": "safe", "response_label": "safe"}
CAUTION = {"prompt_label": "needs_caution", "response_label": "safe"}


@pytest.fixture
def voter(tmp_path):
    """A person with one vote: safe."""
    project = project_with(tmp_path, "one", votes_wanted=1)
    person = Program(project)
    person.project, person.user = project, User.objects.get(username=person.name)
    person.first = person.vote(person.take()).json()["vote"]["id"]
    return person


def correct(person, vote, **body):
    return person.post(f"projects/{person.slug}/my-votes/{vote}/correct/", body)


def chain(person):
    votes = Vote.objects.filter(annotator__user=person.user).order_by("pk")
    return list(votes.values_list("prompt_label", "is_current", "supersedes"))


def test_each_correction_supersedes_the_one_before(voter):
    second = correct(voter, voter.first, **UNSAFE).json()["vote"]["id"]
    third = correct(voter, second, **CAUTION).json()["vote"]["id"]
    assert chain(voter) == [
        ("safe", False, None),
        ("unsafe", False, voter.first),
        ("needs_caution", True, second),
    ]
    assert Slot.objects.get(project=voter.project).vote_id == third


def test_correction_may_go_back_to_the_first_answer(voter):
    second = correct(voter, voter.first, **UNSAFE).json()["vote"]["id"]
    third = correct(voter, second, **SAFE)
    assert third.status_code == 200
    assert [label for label, _, _ in chain(voter)] == ["safe", "unsafe", "safe"]


def test_only_the_newest_is_listed_and_counted(voter):
    newest = correct(voter, voter.first, **UNSAFE).json()["vote"]["id"]
    listed = voter.get(f"projects/{voter.slug}/my-votes/").json()["results"]
    assert [(vote["id"], vote["supersedes"]) for vote in listed] == [(newest, voter.first)]
    assert voter.get(f"projects/{voter.slug}/progress/").json()["own"]["votes"] == 1
    assert WorkDay.objects.get(user=voter.user).votes == 1


def test_superseded_vote_is_not_corrected_again(voter):
    correct(voter, voter.first, **UNSAFE)
    answer = correct(voter, voter.first, **CAUTION)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "superseded")
    assert len(chain(voter)) == 2


def test_same_correction_again_is_the_same_vote(voter):
    first, again = (correct(voter, voter.first, **UNSAFE).json() for _ in range(2))
    assert first == again
    assert Event.objects.filter(project=voter.project, verb=Verb.VOTE_CORRECTED).count() == 1


@pytest.mark.parametrize("more", [{}, {"seconds": 5}, {"rationale": "  "}, {"guideline": "1"}])
def test_correction_that_changes_nothing_is_none(voter, more):
    assert correct(voter, voter.first, **SAFE, **more).json()["vote"]["id"] == voter.first
    assert chain(voter) == [("safe", True, None)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "prompt_label"),
        ({"prompt_label": "safe"}, "response_label"),
        ({"prompt_label": "unsafe", "response_label": "safe"}, "categories"),
        (UNSAFE | {"categories": ["other"]}, "other_text"),
        (UNSAFE | {"categories": ["nonsense"]}, "categories"),
        (UNSAFE | {"seconds": -1}, "seconds"),
        (UNSAFE | {"guideline": "7"}, "guideline"),
        (UNSAFE | {"rationale": "x" * 10_001}, "rationale"),
    ],
)
def test_correction_obeys_the_rules_of_a_vote(voter, body, field):
    answer = correct(voter, voter.first, **body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    assert chain(voter) == [("safe", True, None)]


def test_vote_of_another_person_is_not_found(voter):
    other, lead = Program(voter.project), Program(voter.project, "lead")
    for person in (other, lead):
        assert correct(person, voter.first, **UNSAFE).status_code == 404
        assert person.post(f"my-votes/{voter.first}/correct/", UNSAFE).status_code == 404
    assert chain(voter) == [("safe", True, None)]


@pytest.mark.parametrize("vote", [0, 2**31, 2**63 - 1, 2**63, 10**30])
def test_vote_of_no_such_number_is_not_found(voter, vote):
    assert correct(voter, vote, **UNSAFE).status_code == 404
    assert voter.post(f"my-votes/{vote}/correct/", UNSAFE).status_code == 404


def test_vote_is_corrected_by_its_number_alone(voter):
    assert voter.post(f"my-votes/{voter.first}/correct/", UNSAFE).json()["vote"]["supersedes"] == voter.first


def test_votes_of_a_closed_batch_stand_until_it_is_open_again(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    person, lead = Program(project), User.objects.get(username=Program(project, "lead").name)
    batch = open_batch(project=project, by=lead, name="first", size=1)
    vote = person.vote(person.take()).json()["vote"]["id"]
    close_batch(batch=batch, by=lead)
    answer = correct(person, vote, **UNSAFE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "batch_closed")
    assert correct(person, vote, **SAFE).status_code == 200  # it changes nothing
    reopen_batch(batch=batch, by=lead)
    assert correct(person, vote, **UNSAFE).status_code == 200


def test_correction_is_cast_under_the_guideline_of_now(voter):
    before = guideline_in_force(voter.project)
    publish_guideline(
        project=voter.project, by=voter.user, after=before.name, summary="More.", body="New.", entries={}, faq=[]
    )
    newest = correct(voter, voter.first, **UNSAFE).json()["vote"]["id"]
    names = [Vote.objects.get(pk=pk).guideline.name for pk in (voter.first, newest)]
    assert names == ["1", "2"]


def test_two_corrections_at_once_make_no_fork(voter):
    answers = [Answer(Judgement("needs_caution", "safe")), Answer(Judgement("unsafe", "safe", ("threat",)))]
    ask = {"project": voter.project, "user": voter.user, "vote": voter.first}
    results = at_once(*[lambda answer=answer: correct_vote(**ask, answer=answer) for answer in answers])
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert [is_current for _, is_current, _ in chain(voter)] == [False, True]


def test_corrected_voter_does_not_get_the_item_again(voter):
    correct(voter, voter.first, **UNSAFE)
    request_more_votes(project=voter.project, item=Item.objects.get(project=voter.project), votes=1)
    assert voter.next().status_code == 204
    assert Program(voter.project).next().status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM annotation_vote WHERE id = %s",
        "UPDATE annotation_vote SET prompt_label = 'unsafe' WHERE id = %s",
        "UPDATE annotation_vote SET prompt_label = prompt_label WHERE id = %s",
        "UPDATE annotation_vote SET rationale = 'x' WHERE id = %s",
        "UPDATE annotation_vote SET cast_at = now() WHERE id = %s",
        "UPDATE annotation_vote SET is_current = true WHERE id = %s",
        "UPDATE annotation_vote SET is_current = false, seconds = 1 WHERE id = %s",
        "UPDATE annotation_vote SET is_current = false, annotator_id = annotator_id + 1 WHERE id = %s",
    ],
)
def test_database_lets_nobody_edit_a_vote(voter, statement):
    with pytest.raises(DatabaseError, match="never edited"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [voter.first])
    assert chain(voter) == [("safe", True, None)]


def test_superseded_vote_never_becomes_current_again(voter):
    correct(voter, voter.first, **UNSAFE)
    with pytest.raises(DatabaseError, match="never edited"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE annotation_vote SET is_current = true WHERE id = %s", [voter.first])


UNSAFE_GOLD = Judgement("unsafe", "safe", ("threat",))


def checked(folder, *names, gold="one"):
    """A person, and a lead of a project where one item is gold."""
    project = project_with(folder, *names, votes_wanted=1)
    person, lead = Program(project), User.objects.get(username=Program(project, "lead").name)
    person.project, person.user = project, User.objects.get(username=person.name)
    set_gold(project=project, by=lead, external_id=gold, judgement=UNSAFE_GOLD)
    return person, lead


def gold_figures(person):
    [row] = annotator_checks(person.project, person.user)
    return row["gold"], row["gold_right"]


@pytest.mark.parametrize(("first", "then", "right"), [(SAFE, UNSAFE, 0), (UNSAFE, SAFE, 1)])
def test_gold_scores_the_first_answer_and_is_corrected_like_any_other(tmp_path, first, then, right):
    person, _ = checked(tmp_path, "one")
    vote = person.post(person.item_route(taken := person.take(), "vote"), {"lease": taken["lease"]["id"], **first})
    number = vote.json()["vote"]["id"]
    for body in (then, first, then):
        answer = correct(person, number, **body)
        assert answer.status_code == 200
        number = answer.json()["vote"]["id"]
    assert gold_figures(person) == (1, right)


def test_answer_that_only_checks_follows_the_batch_of_its_item(tmp_path):
    """Else what can still be corrected would tell which items are gold."""
    person, lead = checked(tmp_path, "one", "two")
    batch = open_batch(project=person.project, by=lead, name="first", size=2)
    other = Program(person.project)
    for _ in range(2):
        other.vote(other.take())  # so that gold has no slot left
    set_queue(person.project, gold_percent=100)
    vote = person.vote(person.take()).json()["vote"]["id"]
    assert not Slot.objects.filter(vote=vote).exists()
    assert correct(person, vote, **CAUTION).status_code == 200
    newest = Vote.objects.get(supersedes=vote)
    close_batch(batch=batch, by=lead)
    answer = correct(person, newest.pk, **SAFE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "batch_closed")
    reopen_batch(batch=batch, by=lead)
    assert correct(person, newest.pk, **SAFE).status_code == 200


def test_answer_on_an_item_in_no_batch_follows_the_batches_open_when_it_was_cast(tmp_path):
    person, lead = checked(tmp_path, "one", "two", gold="one")
    Program(person.project).take()  # somebody opens the slots
    Slot.objects.filter(project=person.project).update(**NO_LEASE)
    first = open_batch(project=person.project, by=lead, name="first", size=1)
    Slot.objects.filter(project=person.project, item__external_id="one").delete()  # which the batch may have opened
    set_queue(person.project, gold_percent=100)
    vote = person.vote(person.take()).json()["vote"]["id"]
    later = Batch.objects.create(project=person.project, name="later")
    close_batch(batch=first, by=lead)
    assert correct(person, vote, **UNSAFE).status_code == 409
    assert later.closed_at is None

"""Leases: claimed, renewed, expired to the microsecond, lost to others, and two people at once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from threading import Event as Signal

import pytest
from django.contrib.auth.models import User
from django.contrib.postgres.functions import TransactionNow
from django.db import connection, transaction
from django.db.models import Case, When
from django.utils import timezone

from annotation.actions import (
    cast_vote,
    close_batch,
    exclude_annotator,
    free_lease,
    open_batch,
    reopen_batch,
    set_gold,
    skip_item,
)
from annotation.actions.guidelines import store_guideline
from annotation.actions.leased_items import LeaseLost, NoSuchLease
from annotation.actions.votes import AlreadyVoted, Answer
from annotation.models import Check, LapsedLease, Skip, Slot, Vote, WorkDay
from annotation.queue import claim_next, renew_held_lease
from annotation.slots import open_slots, open_slots_for_new_items
from corpus.actions import restore_item, withdraw_item
from corpus.errors import Refused
from corpus.labels import Judgement
from corpus.models import Event, Item, Verb
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import command, make_project, set_queue

SAFE = Answer(Judgement("safe", "safe"))


@pytest.fixture
def project(tmp_path):
    """A project of one dialogue that wants one vote."""
    return project_with(tmp_path, "one", votes_wanted=1)


def annotator_of(project):
    person = Program(project)
    person.user = User.objects.get(username=person.name)
    return person


def lapse(project, seconds=1.0):
    Slot.objects.filter(project=project).exclude(lease=None).update(
        leased_until=timezone.now() - timedelta(seconds=seconds)
    )


def outcome(answer):
    return answer.status_code, answer.json().get("error", {}).get("code")


def at_once(*calls):
    """Run each call in a thread with a connection of its own, and return what it returned or how it was refused."""
    start = Barrier(len(calls))

    def run(call):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '60s'")  # a test that waits forever says nothing
            start.wait(timeout=60)
            return call()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.parametrize("minutes", [1, 30, 32767])
def test_lease_lasts_as_long_as_the_queue_says(project, minutes):
    set_queue(project, lease_minutes=minutes)
    before = timezone.now()
    until = datetime.fromisoformat(annotator_of(project).take()["lease"]["expires_at"])
    assert before <= until - timedelta(minutes=minutes) <= timezone.now()


@pytest.mark.parametrize(
    ("after_expiry", "is_free"),
    [(-60 * 10**6, False), (-1, False), (0, False), (1, True), (10**6, True), (86400 * 10**6, True)],
)
def test_lease_holds_to_the_microsecond_of_its_expiry(project, after_expiry, is_free):
    ada, bea = annotator_of(project), annotator_of(project)
    ada.take()
    with transaction.atomic():  # in which the database's clock stands still
        expiry = TransactionNow() - timedelta(microseconds=after_expiry)
        Slot.objects.filter(project=project).update(leased_until=expiry)
        assert (claim_next(project=project, user=bea.user) is not None) == is_free


def test_taking_an_expired_lease_records_whose_it_was(project):
    ada, bea = annotator_of(project), annotator_of(project)
    lease = ada.take()["lease"]["id"]
    lapse(project)
    assert bea.take()["lease"]["id"] != lease
    lapsed = LapsedLease.objects.get(item__project=project)
    assert (str(lapsed.lease), lapsed.annotator.user) == (lease, ada.user)


def test_every_lapse_of_one_slot_is_recorded(project):
    people = [annotator_of(project) for _ in range(3)]
    leases = []
    for person in people:
        leases.append(person.take()["lease"]["id"])
        lapse(project)
    lapsed = LapsedLease.objects.filter(item__project=project).order_by("lapsed_at")
    assert [str(each.lease) for each in lapsed] == leases[:2]  # nobody has taken the third from its holder


def test_expired_lease_is_its_holders_until_somebody_takes_it(project):
    ada = annotator_of(project)
    lease = ada.take()["lease"]
    lapse(project, seconds=3600)
    again = ada.take()["lease"]
    assert again["id"] == lease["id"]
    assert datetime.fromisoformat(again["expires_at"]) > timezone.now() + timedelta(minutes=29)


def test_renewed_lease_keeps_its_id_and_moves_its_expiry(project):
    ada = annotator_of(project)
    lease = ada.take()["lease"]
    Slot.objects.filter(project=project).update(leased_until=timezone.now() + timedelta(seconds=5))
    answer = ada.post(f"projects/{ada.slug}/renew/", {"lease": lease["id"]})
    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["expires_at"]) > timezone.now() + timedelta(minutes=29)
    assert ada.vote({"item": {"id": "one", "has_response": True}, "lease": lease}).status_code == 201


def test_expired_lease_is_renewed_while_nobody_has_taken_it(project):
    ada = annotator_of(project)
    lease = ada.take()["lease"]["id"]
    lapse(project, seconds=86400)
    assert ada.post(f"projects/{ada.slug}/renew/", {"lease": lease}).status_code == 200
    assert annotator_of(project).next().status_code == 204


def test_lease_that_went_to_another_is_not_renewed(project):
    ada, bea = annotator_of(project), annotator_of(project)
    lease = ada.take()["lease"]["id"]
    lapse(project)
    bea.take()
    assert outcome(ada.post(f"projects/{ada.slug}/renew/", {"lease": lease})) == (409, "lease_lost")


def test_lease_of_another_person_is_not_renewed(project):
    ada, bea = annotator_of(project), annotator_of(project)
    lease = ada.take()["lease"]["id"]
    before = Slot.objects.get(project=project).leased_until
    assert outcome(bea.post(f"projects/{ada.slug}/renew/", {"lease": lease})) == (409, "lease_lost")
    assert Slot.objects.get(project=project).leased_until == before


def test_filled_slot_is_not_renewed(project):
    ada = annotator_of(project)
    taken = ada.take()
    ada.vote(taken)
    assert outcome(ada.post(f"projects/{ada.slug}/renew/", {"lease": taken["lease"]["id"]})) == (409, "lease_lost")


@pytest.mark.parametrize("lease", [None, "", "x", 1.5, [], {}, "0" * 31, str(uuid.UUID(int=0)) + "0"])
def test_renewal_of_what_is_no_lease_names_the_field(project, lease):
    answer = annotator_of(project).post(f"projects/{project.slug}/renew/", {"lease": lease})
    assert outcome(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["lease"]


def test_holding_nothing_renews_nothing(project):
    assert renew_held_lease(project=project, user=annotator_of(project).user) is None
    assert not Slot.objects.filter(project=project).exclude(lease=None).exists()


def test_opening_the_page_claims_nothing(project):
    ada = Visitor(project)
    assert ada.get("label/").context["lease"] is None
    assert not Slot.objects.filter(project=project).exclude(lease=None).exists()


@pytest.mark.parametrize("seconds_left", [600, 1, -1, -7 * 86400])
def test_opening_the_page_shows_a_lease_as_it_is(project, seconds_left):
    ada = Visitor(project)
    taken = ada.take()
    lapse(project, seconds=-seconds_left)
    held = list(Slot.objects.filter(project=project).values())
    pages = [ada.get("label/"), ada.client.get(ada.page, headers={"HX-Request": "true"}), ada.client.head(ada.page)]
    assert list(Slot.objects.filter(project=project).values()) == held
    assert {page.context["lease"].id for page in pages} == {taken.id}
    assert pages[0].context["lease"].expires_at == held[0]["leased_until"]
    assert f'hx-trigger="load, every {max(10, (seconds_left - 1) // 3)}s"' in pages[0].content.decode()
    assert ada.post("label/renew/", lease=taken.id).status_code == 204
    assert Slot.objects.get(project=project).leased_until > timezone.now() + timedelta(minutes=29)


def test_opening_the_page_tells_of_a_lease_that_was_lost(tmp_path):
    project = project_with(tmp_path, "one", "two", votes_wanted=1)
    ada, bea, words = Visitor(project), Visitor(project), "open to others again, because its time ran out"
    assert words not in ada.get("label/").content.decode()
    ada.take()
    Slot.objects.filter(project=project).update(
        position=Case(When(lease=None, then=2.0), default=1.5)
    )  # bea's is ada's
    lapse(project)
    assert words not in ada.get("label/").content.decode()
    bea.take()
    assert all(words in ada.get("label/").content.decode() for _ in range(2))
    assert words not in bea.get("label/").content.decode()
    ada.vote(ada.take())
    assert words not in ada.get("label/").content.decode()


def test_opening_the_page_does_not_tell_that_others_get_a_withdrawn_dialogue(project):
    ada = Visitor(project)
    lease = ada.take()
    withdraw_item(project=project, external_id="one", reason="asked")
    assert ada.take() is None
    assert LapsedLease.objects.filter(lease=lease.id).exists()
    assert "open to others again" not in ada.get("label/").content.decode()


@pytest.mark.parametrize(("seconds", "every"), [(1800, 600), (60, 20), (31, 10), (3, 10), (0, 10), (-500, 10)])
def test_open_page_renews_after_a_third_of_the_time_left(project, seconds, every):
    ada = annotator_of(project)
    ada.take()
    held = renew_held_lease(project=project, user=ada.user)
    object.__setattr__(held, "expires_at", timezone.now() + timedelta(seconds=seconds, milliseconds=500))
    assert held.renew_every == every


def test_person_holds_one_item_at_a_time(tmp_path):
    project = project_with(tmp_path, "a", "b", "c")
    ada = annotator_of(project)
    leases = {ada.take()["lease"]["id"] for _ in range(4)}
    assert len(leases) == 1
    assert Slot.objects.filter(project=project).exclude(lease=None).count() == 1


@pytest.mark.parametrize("why", ["withdrawn", "check withdrawn", "batch closed"])
def test_person_holds_one_item_when_another_of_theirs_comes_back(tmp_path, why):
    project = project_with(tmp_path, "a", "b", votes_wanted=1)
    lead, ada = Visitor(project, "lead"), Visitor(project)
    if why == "check withdrawn":
        set_gold(project=project, by=lead.user, external_id="a", judgement=Judgement("safe", "safe"))
        set_queue(project, gold_percent=100)
    if why == "batch closed":
        first, _ = (open_batch(project=project, by=lead.user, name=name, size=1) for name in ("first", "second"))
    gone = ada.take()
    if why == "batch closed":
        lapse(project)
        close_batch(batch=first, by=lead.user)
    else:
        withdraw_item(project=project, external_id=gone.item.external_id, reason="asked")
        set_queue(project, gold_percent=0)
    ada.post("label/next/")
    held = ada.get("label/").context["lease"]
    if why == "batch closed":
        reopen_batch(batch=first, by=lead.user)
    else:
        restore_item(project=project, external_id=gone.item.external_id)

    assert ada.get("label/").context["lease"].id == held.id
    assert (leases_of(ada) == [held.id]) is (why != "batch closed")  # there a late vote may still come
    ada.post("label/show/", lease=gone.id)
    assert ada.get("label/").context["lease"].shown_at is None
    assert (ada.take().id, leases_of(ada)) == (held.id, [held.id])
    ada.vote(held)
    assert len(leases_of(ada)) == 1
    assert LapsedLease.objects.get(lease=gone.id).shown_at


def test_late_vote_in_a_closed_batch_counts_also_from_whoever_took_another_dialogue(tmp_path):
    project = project_with(tmp_path, "a", "b", votes_wanted=1)
    lead, ada = Visitor(project, "lead"), Visitor(project)
    first, _ = (open_batch(project=project, by=lead.user, name=name, size=1) for name in ("first", "second"))
    late = ada.take()
    lapse(project)
    close_batch(batch=first, by=lead.user)
    ada.post("label/next/")  # in another tab
    other = ada.get("label/").context["lease"]
    assert other.id != late.id
    ada.post("label/show/", lease=other.id)
    assert [ada.vote(each).status_code for each in (late, other)] == [302, 302]
    assert Vote.objects.filter(item__project=project).count() == 2


def leases_of(person):
    """Return the leases that a person holds, on slots and checks alike."""
    slots = Slot.objects.filter(leased_to__user=person.user).values_list("lease", flat=True)
    return [*slots, *Check.objects.filter(annotator__user=person.user, vote=None).values_list("lease", flat=True)]


def test_late_vote_counts_while_its_slot_is_still_leased_to_its_holder(project):
    ada = annotator_of(project)
    taken = ada.take()
    lapse(project, seconds=7 * 86400)
    assert ada.vote(taken).status_code == 201
    assert Slot.objects.get(project=project).vote.annotator.user == ada.user


def test_late_vote_takes_the_slot_back_once_the_other_lease_has_expired_too(project):
    ada, bea = annotator_of(project), annotator_of(project)
    late, taken = ada.take(), lapse(project) or bea.take()
    lapse(project)
    assert ada.vote(late).status_code == 201
    assert outcome(bea.vote(taken)) == (409, "lease_lost")
    assert Vote.objects.filter(item__project=project).count() == 1


def test_late_vote_is_refused_while_another_holds_the_last_slot(project):
    ada, bea = annotator_of(project), annotator_of(project)
    late, taken = ada.take(), lapse(project) or bea.take()
    assert outcome(ada.vote(late)) == (409, "lease_lost")
    assert bea.vote(taken).status_code == 201


def test_late_vote_of_somebody_who_voted_meanwhile_is_refused(project):
    ada, bea = annotator_of(project), annotator_of(project)
    late, _ = ada.take(), lapse(project) or bea.take()
    lapse(project)
    again = ada.take()
    assert again["lease"]["id"] != late["lease"]["id"]
    assert ada.vote(again).status_code == 201
    assert outcome(ada.vote(late)) == (409, "lease_lost")


def test_late_vote_says_it_was_not_counted(project):
    ada, bea = annotator_of(project), annotator_of(project)
    late, _ = ada.take(), lapse(project) or bea.take()
    assert "was not counted" in ada.vote(late).json()["error"]["message"]
    assert not Vote.objects.filter(item__project=project).exists()


def test_late_vote_on_a_withdrawn_item_is_refused(project):
    ada = annotator_of(project)
    taken = ada.take()
    command("withdraw_item", "one", "--reason", "asked to", project=project.slug)
    refused = ada.vote(taken)
    assert outcome(refused) == (409, "lease_lost")
    assert "withdrawn" in refused.json()["error"]["message"]
    assert ada.next().status_code == 204


def test_removed_member_can_neither_vote_nor_skip_what_they_hold(project):
    ada = annotator_of(project)
    taken = ada.take()
    project.members.all().delete()
    assert [ada.vote(taken).status_code, ada.skip(taken).status_code, ada.next().status_code] == [404] * 3


def test_freed_lease_goes_to_the_next_person_and_its_vote_is_late(project):
    ada, bea, lead = annotator_of(project), annotator_of(project), annotator_of(project)
    late = ada.take()
    free_lease(project=project, lease=uuid.UUID(late["lease"]["id"]), by=lead.user)
    taken = bea.take()
    assert outcome(ada.vote(late)) == (409, "lease_lost")
    assert bea.vote(taken).status_code == 201
    event = Event.objects.get(project=project, verb=Verb.LEASE_FREED)
    assert (event.subject, event.actor, event.detail) == ("one", lead.user, {"annotator": ada.name})


@pytest.mark.parametrize("state", ["unknown", "freed", "filled", "of another project"])
def test_lease_that_has_ended_cannot_be_freed(project, state):
    ada = annotator_of(project)
    taken = ada.take()
    lease = uuid.uuid4() if state == "unknown" else uuid.UUID(taken["lease"]["id"])
    if state == "freed":
        free_lease(project=project, lease=lease, by=ada.user)
    elif state == "filled":
        ada.vote(taken)
    elif state == "of another project":
        project = make_project()
    with pytest.raises(NoSuchLease, match="has ended already"):
        free_lease(project=project, lease=lease, by=ada.user)


def test_two_tabs_at_once_claim_one_item(tmp_path):
    project = project_with(tmp_path, "a", "b", "c")
    user = annotator_of(project).user
    first, second = at_once(*[lambda: claim_next(project=project, user=user)] * 2)
    assert first.id == second.id
    assert Slot.objects.filter(project=project).exclude(lease=None).count() == 1


def test_two_people_at_once_for_the_last_slot_are_one_and_none(project):
    users = [annotator_of(project).user for _ in range(2)]
    leases = at_once(*[lambda user=user: claim_next(project=project, user=user) for user in users])
    assert sorted(lease is None for lease in leases) == [False, True]


def test_two_people_at_once_get_two_items(tmp_path):
    project = project_with(tmp_path, "a", "b", votes_wanted=1)
    users = [annotator_of(project).user for _ in range(2)]
    leases = at_once(*[lambda user=user: claim_next(project=project, user=user) for user in users])
    assert {lease.item.external_id for lease in leases} == {"a", "b"}


def test_nobody_waits_for_a_claim_that_is_not_committed(tmp_path):
    project = project_with(tmp_path, "a", "b", votes_wanted=1)
    ada, bea = annotator_of(project), annotator_of(project)
    open_slots_for_new_items(project)
    for person in (ada, bea):
        renew_held_lease(project=project, user=person.user)  # which makes their rows
    with transaction.atomic():
        held = claim_next(project=project, user=ada.user)
        (other,) = at_once(lambda: claim_next(project=project, user=bea.user))
    assert {held.item.external_id, other.item.external_id} == {"a", "b"}


def test_claim_that_is_rolled_back_leaves_the_slot(project):
    ada, bea = annotator_of(project), annotator_of(project)
    with transaction.atomic():
        assert claim_next(project=project, user=ada.user)
        transaction.set_rollback(True)
    assert bea.next().status_code == 200


def cast(project, user, lease, answer=SAFE):
    return cast_vote(project=project, user=user, external_id="one", lease=lease, answer=answer)


def test_two_tabs_at_once_cast_one_vote(project):
    user = annotator_of(project).user
    lease = claim_next(project=project, user=user).id
    results = at_once(*[lambda: cast(project, user, lease)] * 2)
    assert sorted(result.is_new for result in results) == [False, True]
    assert results[0].vote.pk == results[1].vote.pk
    assert WorkDay.objects.get(user=user).votes == 1


def test_two_tabs_at_once_with_two_answers_cast_the_first(project):
    user = annotator_of(project).user
    lease = claim_next(project=project, user=user).id
    unsafe = Answer(Judgement("unsafe", "safe", ("threat",)))
    results = at_once(lambda: cast(project, user, lease), lambda: cast(project, user, lease, unsafe))
    (refusal,) = [result for result in results if isinstance(result, Refused)]
    (done,) = [result for result in results if not isinstance(result, Refused)]
    assert isinstance(refusal, AlreadyVoted)
    assert refusal.vote.pk == done.vote.pk == Vote.objects.get(item__project=project).pk


def test_vote_and_skip_at_once_are_one_of_them(project):
    user = annotator_of(project).user
    lease = claim_next(project=project, user=user).id
    skip = {"project": project, "user": user, "external_id": "one", "lease": lease, "reason": "unclear"}
    results = at_once(lambda: cast(project, user, lease), lambda: skip_item(**skip))
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert Vote.objects.filter(item__project=project).count() + Skip.objects.filter(item__project=project).count() == 1


def test_late_vote_and_new_holder_at_once_fill_the_slot_once(project):
    ada, bea = annotator_of(project), annotator_of(project)
    late = claim_next(project=project, user=ada.user).id
    lapse(project)
    held = claim_next(project=project, user=bea.user).id
    results = at_once(lambda: cast(project, ada.user, late), lambda: cast(project, bea.user, held))
    assert [type(result) for result in results if isinstance(result, Refused)] == [LeaseLost]
    assert Slot.objects.get(project=project).vote.annotator.user == bea.user


@pytest.mark.parametrize("reason", ["x", "x" * 10_000, "לא ברור", "two\nlines", "<b>&amp;</b>", "% _ ' \\"])
def test_skip_keeps_its_reason_as_it_was_written(project, reason):
    ada = annotator_of(project)
    assert ada.skip(ada.take(), reason).json() == {"skipped": "one", "reason": reason}
    assert Skip.objects.get(item__project=project).reason == reason
    assert Event.objects.get(project=project, verb=Verb.ITEM_SKIPPED).detail == {"reason": reason}


@pytest.mark.parametrize("reason", [None, "", " \n\t ", "x" * 10_001, "a\0b", True, [], {"a": 1}])
def test_skip_without_a_proper_reason_names_the_field_and_keeps_the_lease(project, reason):
    ada = annotator_of(project)
    taken = ada.take()
    answer = ada.skip(taken, reason)
    assert outcome(answer) == (400, "invalid")
    assert list(answer.json()["error"]["fields"]) == ["reason"]
    assert ada.vote(taken).status_code == 201


def test_spaces_around_a_reason_are_dropped(project):
    ada = annotator_of(project)
    assert ada.skip(ada.take(), "  unclear \n").json()["reason"] == "unclear"


def test_skip_again_with_another_reason_returns_the_first(project):
    ada = annotator_of(project)
    taken = ada.take()
    assert [ada.skip(taken, reason).json()["reason"] for reason in ("language", "unclear")] == ["language"] * 2
    assert WorkDay.objects.get(user=ada.user).skips == 1


def test_skipped_lease_cannot_be_voted_under(project):
    ada = annotator_of(project)
    taken = ada.take()
    ada.skip(taken)
    assert outcome(ada.vote(taken)) == (409, "no_such_lease")


def test_voted_lease_cannot_be_skipped(project):
    ada = annotator_of(project)
    taken = ada.take()
    ada.vote(taken)
    assert outcome(ada.skip(taken)) == (409, "already_voted")
    assert not Skip.objects.filter(item__project=project).exists()


def test_late_skip_ends_the_lease_it_took_back(project):
    ada, bea = annotator_of(project), annotator_of(project)
    late, _ = ada.take(), lapse(project) or bea.take()
    lapse(project)
    assert ada.skip(late).status_code == 200
    assert ada.next().status_code == 204
    assert bea.next().status_code == 200


@pytest.mark.parametrize(
    ("reason", "note", "stored"),
    [
        ("language", "", "language"),
        ("language", "it is Basque", "language: it is Basque"),
        ("", "torn apart", "torn apart"),
        ("unclear", "  ", "unclear"),
        ("", "  spaced  ", "spaced"),
    ],
)
def test_page_joins_a_reason_and_a_note(project, reason, note, stored):
    ada = Visitor(project)
    lease = ada.take()
    ada.post("label/skip/", lease=lease.id, item="one", reason=reason, note=note)
    assert Skip.objects.get(item__project=project).reason == stored


@pytest.mark.parametrize("field", ["item", "reason", "note"])
def test_nul_in_a_skip_of_the_page_is_refused_in_words(project, field):
    ada = Visitor(project)
    lease = ada.take()
    page = ada.post("label/skip/", **{"lease": lease.id, "item": "one", "reason": "unclear", "note": "", field: "a\0b"})
    assert page.status_code in (409, 422)
    assert not Skip.objects.filter(item__project=project).exists()


@pytest.mark.parametrize("act", ["remove", "close"])
@pytest.mark.parametrize("kind", ["slot", "check"])
def test_item_of_a_person_who_leaves_is_free_at_once(project, act, kind):
    ada, bea, boss = annotator_of(project), annotator_of(project), Visitor(project, "site-admin")
    if kind == "check":
        set_gold(project=project, by=boss.user, external_id="one", judgement=Judgement("safe", "safe"))
        set_queue(project, gold_percent=100)
    lease = ada.take()["lease"]["id"]
    assert bea.next().status_code == (200 if kind == "check" else 204)
    assert boss.post(f"people/{ada.user.pk}/", do=act).status_code == 302
    assert not Check.objects.filter(annotator__user=ada.user).exists()
    assert bea.next().status_code == 200
    assert LapsedLease.objects.get(lease=lease).annotator.user == ada.user
    assert outcome(ada.post(f"projects/{ada.slug}/renew/", {"lease": lease}))[0] == (404 if act == "remove" else 401)


def test_renewal_tells_how_the_lease_ended(tmp_path):
    project = project_with(tmp_path, "a", "b", "c", "d", votes_wanted=1)
    lead = Visitor(project, "lead")
    endings = {
        "withdrawn": lambda taken, _: withdraw_item(project=project, external_id=taken["item"]["id"], reason="asked"),
        "adjudicator": lambda taken, ada: exclude_annotator(
            project=project, user=ada.user, item=Item.objects.get(project=project, external_id=taken["item"]["id"])
        ),
        "voted": lambda taken, ada: ada.vote(taken),
        "somebody else": lambda taken, _: free_lease(project=project, lease=taken["lease"]["id"], by=lead.user),
    }
    for words, end in endings.items():
        ada = annotator_of(project)
        taken = ada.take()
        end(taken, ada)
        answer = ada.post(f"projects/{ada.slug}/renew/", {"lease": taken["lease"]["id"]})
        assert outcome(answer) == (409, "lease_lost")
        assert words in answer.json()["error"]["message"]


def test_check_of_a_withdrawn_item_is_not_renewed(project):
    ada, boss = annotator_of(project), Visitor(project, "lead")
    set_gold(project=project, by=boss.user, external_id="one", judgement=Judgement("safe", "safe"))
    set_queue(project, gold_percent=100)
    lease = ada.take()["lease"]["id"]
    withdraw_item(project=project, external_id="one", reason="asked")
    answer = ada.post(f"projects/{ada.slug}/renew/", {"lease": lease})
    assert (outcome(answer), "withdrawn" in answer.content.decode()) == ((409, "lease_lost"), True)


def test_a_withdrawn_check_is_not_the_last_of_its_person(tmp_path):
    project = project_with(tmp_path, "a", "b", "c", votes_wanted=1)
    ada, boss = annotator_of(project), Visitor(project, "lead")
    for name in ("a", "b"):
        set_gold(project=project, by=boss.user, external_id=name, judgement=Judgement("safe", "safe"))
    set_queue(project, gold_percent=100)
    taken = ada.take()
    withdraw_item(project=project, external_id=taken["item"]["id"], reason="asked")
    other = ada.take()
    assert {taken["item"]["id"], other["item"]["id"]} == {"a", "b"}
    late = [ada.vote(taken), ada.skip(taken), ada.post(f"projects/{ada.slug}/renew/", {"lease": taken["lease"]["id"]})]
    assert {outcome(answer) for answer in late} == {(409, "lease_lost")}
    assert all("withdrawn" in answer.content.decode() for answer in late)


def test_a_late_answer_on_a_withdrawn_dialogue_is_told_so(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada, lead = annotator_of(project), Visitor(project, "lead")
    taken = ada.take()
    free_lease(project=project, lease=taken["lease"]["id"], by=lead.user)
    withdraw_item(project=project, external_id="one", reason="asked")
    late = ada.vote(taken)
    assert (outcome(late), "withdrawn" in late.content.decode()) == ((409, "lease_lost"), True)


def test_nobody_waits_for_what_another_person_has_not_finished(tmp_path):
    """One person's transaction stays open; all that others do ends meanwhile."""
    project = project_with(tmp_path, "a", "b", "c", votes_wanted=1)
    store_guideline(project)  # which the first vote of a project makes
    ada, bea, lead = annotator_of(project), annotator_of(project), Visitor(project, "lead")
    taken, is_held, is_over = bea.take(), Signal(), Signal()

    def hold():
        with transaction.atomic():
            lease = claim_next(project=project, user=ada.user)
            cast_vote(project=project, user=ada.user, external_id=lease.item.external_id, lease=lease.id, answer=SAFE)
            is_held.set()
            is_over.wait(10)

    def others():
        is_held.wait(10)
        try:
            return [bea.vote(taken).status_code, bea.next().status_code, lead.get("queue/").status_code]
        finally:
            is_over.set()

    assert at_once(hold, others)[1] == [201, 200, 200]


def test_slots_are_closed_while_somebody_votes_on_one_of_them(tmp_path):
    """Else the voter would wait for the slots, to get the next item, and their closing for the voter's slot."""
    project = project_with(tmp_path, "one", votes_wanted=1)
    store_guideline(project)  # which the first vote of a project makes
    user, is_held, is_over = annotator_of(project).user, Signal(), Signal()
    lease = claim_next(project=project, user=user).id
    lapse(project)

    def vote():
        with transaction.atomic():
            cast(project, user, lease)
            is_held.set()
            return is_over.wait(10)

    def close():
        is_held.wait(10)
        withdraw_item(project=project, external_id="one", reason="asked")
        open_slots(project=project)
        is_over.set()

    assert at_once(vote, close) == [True, None]
    assert Slot.objects.get(project=project).vote.annotator.user == user


def test_claims_are_planned_once_a_connection(project):
    ada = annotator_of(project)
    plans = "SELECT sum(custom_plans), sum(generic_plans) FROM pg_prepared_statements WHERE statement LIKE '%onwards%'"
    for _claim in range(3):
        ada.skip(ada.take())
        Skip.objects.filter(item__project=project).delete()
    with connection.cursor() as cursor:
        cursor.execute(plans)
        custom, generic = cursor.fetchone()
    assert (custom, generic >= 3) == (0, True)

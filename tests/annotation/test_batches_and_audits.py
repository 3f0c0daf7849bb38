"""Batches and audits: what is handed out to whom, and what is drawn, whatever comes between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotation.actions import close_batch, open_batch, reopen_batch, request_more_votes
from annotation.actions.audits import draw_audits, is_drawn
from annotation.actions.batches import assign_batch
from annotation.models import Audit, Batch, Slot, Vote
from annotation.queries.progress import batch_progress, queue_progress
from annotation.slots import open_slots_for_new_items
from config.embedded.processes import wait_until
from corpus.errors import Refused
from corpus.models import Event, Item, Verb
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import command, dialogue, import_dialogues, make_project, set_queue
from tests.locks import is_waited_for


@pytest.fixture
def project(tmp_path):
    made = make_project(votes_wanted=1)
    rows = [dialogue(f"d{at:02}", source="chat" if at % 2 else "forum") for at in range(10)]
    import_dialogues(made, tmp_path, rows)
    return made


@pytest.fixture
def lead(project):
    return User.objects.get(username=Program(project, "lead").name)


def annotator_of(project):
    person = Program(project)
    person.user = User.objects.get(username=person.name)
    return person


def items_of(batch):
    return set(Slot.objects.filter(batch=batch).values_list("item__external_id", flat=True))


def test_lead_is_led_to_no_audit_that_they_may_not_do(tmp_path):
    project = project_with(tmp_path, "one", "two", "three", votes_wanted=1)
    lead, ada = Visitor(project, "lead"), Visitor(project)
    lead.vote(lead.take())
    ada.vote(ada.take())
    set_queue(project, audit_percent=100)
    assert draw_audits(project=project) == 2
    assert lead.get("audits/").context["next_audit"].item_id == Vote.objects.get(annotator__user=ada.user).item_id
    assert Visitor(project, "lead").get("audits/").context["next_audit"] is not None


def test_batch_takes_as_many_items_as_it_should(project, lead):
    batch = open_batch(project=project, by=lead, name="first", size=4)
    assert len(items_of(batch)) == 4
    assert Event.objects.get(project=project, verb=Verb.BATCH_OPENED).detail["items"] == 4


def test_batch_takes_fewer_where_there_are_fewer(project, lead):
    assert len(items_of(open_batch(project=project, by=lead, name="first", size=500))) == 10


def test_batch_of_one_source_takes_items_of_no_other(project, lead):
    batch = open_batch(project=project, by=lead, name="first", size=10, source="chat")
    assert items_of(batch) == {"d01", "d03", "d05", "d07", "d09"}


def test_two_batches_share_no_item(project, lead):
    one = open_batch(project=project, by=lead, name="one", size=6)
    two = open_batch(project=project, by=lead, name="two", size=6)
    assert (len(items_of(one)), len(items_of(two)), items_of(one) & items_of(two)) == (6, 4, set())


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [("first", "", "There is a batch 'first' already"), ("x", "nowhere", "No item is free")],
)
def test_batch_that_cannot_be_leaves_nothing(project, lead, name, source, reason):
    open_batch(project=project, by=lead, name="first", size=1)
    with pytest.raises(Refused, match=reason):
        open_batch(project=project, by=lead, name=name, size=1, source=source)
    assert list(Batch.objects.filter(project=project).values_list("name", flat=True)) == ["first"]


def test_batch_waits_for_slots_that_are_being_opened(project):
    """Else a slot that another transaction adds to an item stays out of the batch of that item."""
    lead, item = Visitor(project, "lead"), Item.objects.get(project=project, external_id="d00")
    set_queue(project)  # which remembers for which items slots are open
    open_slots_for_new_items(project)
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            request_more_votes(project=project, item=item, votes=1)
            opened = pool.submit(post_apart, lead, "queue/batches/", name="first", size=10)
            assert wait_until(lambda: opened.done() or is_waited_for(), seconds=60)
        assert opened.result(timeout=60).status_code == 302
    assert list(Slot.objects.filter(item=item).values_list("batch__name", flat=True)) == ["first", "first"]


def test_batch_waits_for_nobody_who_votes(project):
    """Else the voter would wait for the slots, to get the next item, and the batch for the voter's slot."""
    lead, ada = Visitor(project, "lead"), Visitor(project)
    lease = ada.take()
    Slot.objects.filter(project=project).exclude(lease=None).update(leased_until=timezone.now() - timedelta(minutes=1))
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            assert ada.vote(lease).status_code == 302
            opened = pool.submit(post_apart, lead, "queue/batches/", name="first", size=10)
            assert wait_until(lambda: opened.done() or is_waited_for(), seconds=60)
            assert opened.done()
        assert opened.result(timeout=60).status_code == 302
    in_hand = {lease.item.external_id, ada.take().item.external_id}
    left = Slot.objects.filter(project=project, batch=None).values_list("item__external_id", flat=True)
    assert (set(left), len(in_hand)) == (in_hand, 2)


def post_apart(visitor, page, **fields):
    """Submit a form in a thread, which has a connection of its own."""
    try:
        return visitor.post(page, **fields)
    finally:
        connection.close()


def test_leased_item_stays_out_of_a_new_batch(project, lead):
    taken = annotator_of(project).take()["item"]["id"]
    assert taken not in items_of(open_batch(project=project, by=lead, name="first", size=10))


def test_withdrawn_item_stays_out_of_a_new_batch(project, lead):
    command("withdraw_item", "d00", "--reason", "asked to", project=project.slug)
    assert "d00" not in items_of(open_batch(project=project, by=lead, name="first", size=10))


def test_only_open_batches_are_handed_out_once_there_is_one(project, lead):
    batch, person = open_batch(project=project, by=lead, name="first", size=2), annotator_of(project)
    seen = set()
    for _ in range(2):
        taken = person.take()
        seen.add(taken["item"]["id"])
        person.vote(taken)
    assert (seen, person.next().status_code) == (items_of(batch), 204)


def test_batch_is_for_the_people_it_is_assigned_to(project, lead):
    ada, bea = annotator_of(project), annotator_of(project)
    open_batch(project=project, by=lead, name="first", size=3, people=[ada.user])
    assert (ada.next().status_code, bea.next().status_code) == (200, 204)


def test_batch_assigned_to_nobody_is_for_everybody(project, lead):
    ada, bea = annotator_of(project), annotator_of(project)
    batch = open_batch(project=project, by=lead, name="first", size=3, people=[ada.user])
    assign_batch(batch=batch, by=lead, people=[])
    assert bea.next().status_code == 200
    assert Event.objects.get(project=project, verb=Verb.BATCH_HANDED_OUT).detail == {"people": []}


def test_closed_batch_is_handed_out_no_more_and_a_lease_is_finished(project, lead):
    ada, bea = annotator_of(project), annotator_of(project)
    batch = open_batch(project=project, by=lead, name="first", size=3)
    taken = ada.take()
    close_batch(batch=batch, by=lead)
    assert bea.next().status_code == 204
    assert ada.vote(taken).status_code == 201
    reopen_batch(batch=batch, by=lead)
    assert bea.next().status_code == 200


def test_closing_or_reopening_twice_is_recorded_once(project, lead):
    batch = open_batch(project=project, by=lead, name="first", size=3)
    for change in (close_batch, close_batch, reopen_batch, reopen_batch):
        change(batch=batch, by=lead)
    verbs = [Verb.BATCH_CLOSED, Verb.BATCH_REOPENED]
    assert [Event.objects.filter(project=project, verb=verb).count() for verb in verbs] == [1, 1]


def test_expired_lease_of_a_closed_batch_is_not_taken_up_again(project, lead):
    person, batch = annotator_of(project), open_batch(project=project, by=lead, name="first", size=3)
    person.take()
    Slot.objects.filter(batch=batch).exclude(lease=None).update(leased_until=timezone.now() - timedelta(minutes=1))
    close_batch(batch=batch, by=lead)
    assert person.next().status_code == 204


def test_older_batch_is_handed_out_first(project, lead):
    one = open_batch(project=project, by=lead, name="one", size=2)
    open_batch(project=project, by=lead, name="two", size=2)
    person = annotator_of(project)
    taken = person.take()
    assert taken["item"]["id"] in items_of(one)


def test_progress_of_batches_and_of_the_queue_agree(project, lead):
    open_batch(project=project, by=lead, name="one", size=4)
    person = annotator_of(project)
    person.vote(person.take())
    person.take()
    (one,) = batch_progress(project)
    assert (one["name"], one["items"], one["slots"], one["filled"], one["leased"]) == ("one", 4, 4, 1, 1)
    assert queue_progress(project) == {"items": 10, "slots": 10, "filled": 1, "leased": 1}


@pytest.mark.parametrize("percent", [0, 1, 15, 50, 99, 100])
def test_every_hundred_has_exactly_its_share_drawn(project, percent):
    for block in range(3):
        drawn = [is_drawn(project, block * 100 + at, percent) for at in range(100)]
        assert sum(drawn) == percent


def test_two_hundreds_and_two_projects_are_drawn_apart(project):
    other = make_project()
    first, second = ([is_drawn(project, block + at, 30) for at in range(100)] for block in (0, 100))
    assert first != second
    assert first != [is_drawn(other, at, 30) for at in range(100)]


def finish(project, count):
    person = annotator_of(project)
    for _ in range(count):
        person.vote(person.take())


def test_every_finished_item_is_drawn_at_a_hundred_percent_once(project):
    finish(project, 4)
    set_queue(project, audit_percent=100)
    assert [draw_audits(project=project), draw_audits(project=project)] == [4, 0]
    assert Audit.objects.filter(project=project).count() == 4


def test_nothing_is_drawn_at_no_percent(project):
    finish(project, 4)
    set_queue(project, audit_percent=0)
    assert (draw_audits(project=project), Audit.objects.filter(project=project).exists()) == (0, False)


def test_item_that_still_wants_votes_is_not_drawn(tmp_path):
    project = make_project(votes_wanted=2)
    import_dialogues(project, tmp_path, [dialogue("a")])
    finish(project, 1)
    set_queue(project, audit_percent=100)
    assert draw_audits(project=project) == 0
    finish(project, 1)
    assert draw_audits(project=project) == 1


def test_withdrawn_item_is_not_drawn(project):
    finish(project, 2)
    set_queue(project, audit_percent=100)
    done = Slot.objects.filter(project=project).exclude(vote=None).values_list("item__external_id", flat=True)[0]
    command("withdraw_item", done, "--reason", "asked to", project=project.slug)
    assert draw_audits(project=project) == 1

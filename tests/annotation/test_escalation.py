"""What adjudication asks of the queue: further votes, and that who settles an item is never handed it."""

import pytest

from annotation.actions import NoOpenBatch, VotedThemselves, exclude_annotator, request_more_votes
from annotation.models import Slot, Vote
from annotation.slots import open_slots
from corpus.models import Item
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import import_votes, opinion


def open_slots_of(item):
    return Slot.objects.filter(item=item, vote=None).count()


@pytest.mark.parametrize(("voted", "further"), [(1, 2), (3, 2), (5, 1)])
def test_so_many_further_slots_are_open_and_stay_so_when_slots_are_made_again(tmp_path, voted, further):
    project = project_with(tmp_path, "one", "two")
    import_votes(project, tmp_path, [opinion("one", f"rater-{at}", "safe", "safe") for at in range(voted)])
    item = Item.objects.get(project=project, external_id="one")
    before = open_slots_of(item)
    request_more_votes(project=project, item=item, votes=further)

    assert open_slots_of(item) == before + further
    open_slots(project=project)
    assert open_slots_of(item) == before + further
    assert Slot.objects.filter(project=project, item__external_id="two", vote=None).count() == 3


def test_further_slots_are_handed_out_and_filled(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    first, second, third = (Program(project) for _ in range(3))
    first.vote(first.take())
    assert second.next().status_code == 204
    request_more_votes(project=project, item=Item.objects.get(project=project), votes=1)
    assert first.next().status_code == 204
    assert second.vote(second.take()).status_code == 201
    assert third.next().status_code == 204
    assert Vote.objects.filter(item__project=project).count() == 2


def test_where_all_batches_are_closed_nothing_is_wanted(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    lead = Visitor(project, "lead")
    lead.post("queue/batches/", name="first", size=1)
    item = Item.objects.get(project=project)
    request_more_votes(project=project, item=item, votes=1)
    assert Slot.objects.filter(item=item, batch__name="first").count() == 2
    batch = Slot.objects.filter(item=item).first().batch
    lead.post(f"queue/batches/{batch.pk}/", do="close")
    with pytest.raises(NoOpenBatch):
        request_more_votes(project=project, item=item, votes=1)
    assert open_slots_of(item) == 2


def test_what_was_set_aside_is_taken_from_ones_hands_and_never_handed_out_again(tmp_path):
    project = project_with(tmp_path, "one")
    judge = Visitor(project, "adjudicator")
    lease = judge.take()
    item = Item.objects.get(project=project)
    exclude_annotator(project=project, user=judge.user, item=item)

    late = judge.vote(lease)
    assert (late.status_code, Vote.objects.filter(item=item).count()) == (409, 0)
    assert judge.take() is None
    assert open_slots_of(item) == 3
    exclude_annotator(project=project, user=judge.user, item=item)


def test_who_voted_cannot_set_it_aside(tmp_path):
    project = project_with(tmp_path, "one")
    voter = Visitor(project, "adjudicator")
    voter.vote(voter.take())
    with pytest.raises(VotedThemselves):
        exclude_annotator(project=project, user=voter.user, item=Item.objects.get(project=project))

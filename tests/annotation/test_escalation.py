"""Further votes on request, and no item for the person who settles it."""

import pytest

from annotation.actions import NoOpenBatch, VotedThemselves, exclude_annotator, request_more_votes
from annotation.models import Slot, Vote
from annotation.slots import open_slots
from corpus.models import Item, Project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import import_votes, opinion


def open_slots_of(item):
    return Slot.objects.filter(item=item, vote=None).count()


@pytest.mark.parametrize(("voted", "further"), [(1, 2), (3, 2), (5, 1)])
def test_further_slots_stay_open(tmp_path, voted, further):
    project = project_with(tmp_path, "one", "two")
    import_votes(project, tmp_path, [opinion("one", f"rater-{at}", "safe", "safe") for at in range(voted)])
    item = Item.objects.get(project=project, external_id="one")
    before = open_slots_of(item)
    request_more_votes(project=project, item=item, votes=further)

    assert open_slots_of(item) == before + further
    open_slots(project=project)
    assert open_slots_of(item) == before + further
    assert Slot.objects.filter(project=project, item__external_id="two", vote=None).count() == 3


def test_further_slots_add_to_the_votes_that_are_wanted_by_then(tmp_path):
    """Another process changed that number after the project was read, as while this one waited for the slots."""
    project = project_with(tmp_path, "one", votes_wanted=1)
    import_votes(project, tmp_path, [opinion("one", f"rater-{at}", "safe", "safe") for at in range(3)])
    item, now = Item.objects.get(project=project), Project.objects.get(pk=project.pk)
    Project.objects.filter(pk=project.pk).update(votes_wanted=3)
    now.refresh_from_db()
    open_slots(project=now)
    request_more_votes(project=project, item=item, votes=1)

    open_slots(project=now)
    assert open_slots_of(item) == 1


def test_further_slots_are_filled(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    first, second, third = (Program(project) for _ in range(3))
    first.vote(first.take())
    assert second.next().status_code == 204
    request_more_votes(project=project, item=Item.objects.get(project=project), votes=1)
    assert first.next().status_code == 204
    assert second.vote(second.take()).status_code == 201
    assert third.next().status_code == 204
    assert Vote.objects.filter(item__project=project).count() == 2


def test_closed_batches_get_no_further_slots(tmp_path):
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


def test_excluded_annotator_loses_the_item(tmp_path):
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


def test_voter_cannot_be_excluded(tmp_path):
    project = project_with(tmp_path, "one")
    voter = Visitor(project, "adjudicator")
    voter.vote(voter.take())
    with pytest.raises(VotedThemselves):
        exclude_annotator(project=project, user=voter.user, item=Item.objects.get(project=project))

"""Near-duplicates of one annotator are kept apart in the queue, if a lead wants, and every slot is filled."""

import pytest

from annotation.actions import update_queue_settings
from annotation.forms.queue import QueueForm
from annotation.models import Slot, Vote
from corpus.actions import find_duplicates
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import dialogue, import_dialogues, make_project

FAMILIES, COPIES, APART = 6, 2, 3
SETTINGS = {
    "orders_by": "random", "random_percent": 10, "lease_minutes": 30, "break_minutes": 5, "sample_percent": 0,
    "gold_percent": 0, "repeat_percent": 0, "audit_percent": 0,
}  # fmt: skip
OFF = {"gold_percent": 0, "repeat_percent": 0, "audit_percent": 0}


def family_of(name):
    return name.split("-")[0]


@pytest.fixture
def project(tmp_path):
    """A project of pairs of near-duplicates, each wanting two votes."""
    made = make_project(votes_wanted=2)
    rows = [
        dialogue(f"{family}-{copy}", text=" ".join(f"w{family}x{at}" for at in range(15)) + f" end{copy}")
        for family in range(FAMILIES) for copy in range(COPIES)
    ]  # fmt: skip
    import_dialogues(made, tmp_path, rows)
    return made


def order_of(project, person):
    """Return the families in the order in which a person gets the dialogues, to the last."""
    while (answer := person.next()).status_code == 200:
        assert person.vote(answer.json()).status_code == 201
    votes = Vote.objects.filter(annotator__user__username=person.name, item__project=project).order_by("cast_at")
    return [family_of(name) for name in votes.values_list("item__external_id", flat=True)]


def test_near_duplicates_come_apart_and_every_slot_is_filled(project):
    find_duplicates(project=project)
    update_queue_settings(project=project, by=None, settings=OFF | {"similar_apart": APART})
    for person in (Program(project), Program(project)):
        order = order_of(project, person)
        assert sorted(order) == sorted([str(family) for family in range(FAMILIES)] * COPIES)
        for at, family in enumerate(order[:-APART]):  # after that, nothing else may be open
            assert family not in order[max(0, at - APART) : at], order
    assert not Slot.objects.filter(project=project, vote=None).exists()


def test_near_duplicates_come_where_nothing_else_is_open(project):
    find_duplicates(project=project)
    update_queue_settings(project=project, by=None, settings=OFF | {"similar_apart": 200})
    order = order_of(project, Program(project))
    assert len(set(order[:FAMILIES])) == FAMILIES
    assert len(order) == FAMILIES * COPIES


def test_lead_sets_it_on_the_page_of_the_queue(project):
    lead = Visitor(project, "lead")
    assert "Dialogues between near-duplicates" in lead.get("queue/").content.decode()
    assert QueueForm({**SETTINGS, "similar_apart": 200}).is_valid()
    assert list(QueueForm({**SETTINGS, "similar_apart": 201}).errors) == ["similar_apart"]

"""One slot for every vote still wanted, and no more."""

import pytest
from django.db import IntegrityError, transaction

from annotation.models import Annotator, GuidelineVersion, Slot, Vote
from annotation.slots import open_slots
from corpus.models import Item, Project
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion


def slots(project):
    return Slot.objects.filter(item__project=project)


def test_item_gets_a_slot_for_every_vote(tmp_path):
    project = make_project(votes_wanted=3)
    import_dialogues(project, tmp_path, [dialogue("a"), dialogue("b")])

    assert [open_slots(project=project), open_slots(project=project)] == [6, 0]
    assert sorted(slots(project).values_list("number", flat=True)) == [1, 1, 2, 2, 3, 3]


def test_imported_votes_close_slots(tmp_path):
    project = make_project(votes_wanted=3)
    import_dialogues(project, tmp_path, [dialogue("a")])
    open_slots(project=project)
    import_votes(project, tmp_path, [opinion("a", "ada"), opinion("a", "bea")])

    assert slots(project).count() == 1


def test_votes_wanted_sets_the_slots(tmp_path):
    project = make_project(votes_wanted=2)
    import_dialogues(project, tmp_path, [dialogue("a")])
    open_slots(project=project)
    for wanted in (5, 1):
        Project.objects.filter(pk=project.pk).update(votes_wanted=wanted)
        project.refresh_from_db()
        open_slots(project=project)
        assert slots(project).count() == wanted


def test_withdrawn_items_and_refusals_get_no_slots(tmp_path):
    project = make_project()
    refusal = dialogue("r") | {
        "prompt_label": "unsafe", "response_label": "safe", "response_label_source": "refusal_data_augmentation",
    }  # fmt: skip
    import_dialogues(project, tmp_path, [dialogue("a"), refusal])
    open_slots(project=project)
    assert slots(project).count() == 3

    command("withdraw_item", "a", project=project.slug, reason="Asked for.")
    open_slots(project=project)
    assert slots(project).count() == 0


def test_database_keeps_one_current_vote_a_person(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    import_votes(project, tmp_path, [opinion("a", "ada")])
    first = Vote.objects.get(item__project=project)
    again = Vote(
        item=Item.objects.get(project=project), annotator=Annotator.objects.get(project=project),
        guideline=GuidelineVersion.objects.get(project=project), taxonomy=project.taxonomy,
        prompt_label="unsafe", cast_at=first.cast_at,
    )  # fmt: skip

    with pytest.raises(IntegrityError, match="one_current_vote_per_annotator"), transaction.atomic():
        again.save()

"""Beside a case: similar dialogues that are decided, but none that this person may still have to judge."""

import pytest

from adjudication.models import Case, Decision
from adjudication.queries.opinions import saw_opinions
from adjudication.visible_similar import visible_similar
from annotation.slots import open_slots_for_new_items
from corpus.actions import find_duplicates, withdraw_item
from corpus.models import Item
from tests.adjudication.disputes import case_of, disputed_project, label_blind, work_through
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, opinion

STORY = "Please tell me how one would find out where my neighbour keeps the spare key of his house"
HEADING = "Similar, already decided"


def story(name, word="spare"):
    return dialogue(name, text=STORY.replace("spare", word))


@pytest.fixture
def project(tmp_path):
    """A project with a case, similar dialogues that are decided, disputed and pending, and another one."""
    made = disputed_project(tmp_path, story("one"), story("tied", "old"))
    others = [story("sure", "second"), story("half", "last"), dialogue("other"), story("gone", "first")]
    import_dialogues(made, tmp_path, others)
    decided = [opinion(name, rater, "safe", "safe") for name in ("sure", "other", "gone") for rater in ("ada", "bea")]
    import_votes(made, tmp_path, [*decided, opinion("half", "ada", "safe", "safe")])
    command("adjudicate", project=made.slug)
    withdraw_item(project=made, external_id="gone", reason="Twice")
    find_duplicates(project=made)
    return made


def item_of(project, name):
    return Item.objects.get(project=project, external_id=name)


def shown(project, user, name="one"):
    return [each.similar.item.external_id for each in visible_similar(user, item_of(project, name))]


def test_case_shows_similar_decisions_after_the_blind_label_and_records_it(project):
    judge, case = Visitor(project, "adjudicator"), case_of(project)
    judge.post(f"cases/{case.pk}/claim/")
    judge.post(f"cases/{case.pk}/show/")
    assert HEADING not in judge.get(f"cases/{case.pk}/").content.decode()
    assert not saw_opinions(judge.user, item_of(project, "sure"))
    label_blind(judge, case)
    page = judge.get(f"cases/{case.pk}/").content.decode()
    assert HEADING in page
    assert [name in page for name in ("sure", "tied", "half", "gone")] == [True, False, False, False]
    assert saw_opinions(judge.user, item_of(project, "sure"))
    assert not saw_opinions(judge.user, item_of(project, "tied"))
    assert "81%" in page


def test_dialogue_that_wants_another_vote_of_this_person_is_left_out(project):
    user = Visitor(project, "adjudicator").user
    assert shown(project, user) == ["sure"]
    project.votes_wanted = 3
    project.save()
    open_slots_for_new_items(project)
    project.items_version += 1
    project.save()
    open_slots_for_new_items(project)
    assert shown(project, user) == []


def test_settlement_on_which_a_second_answer_is_wanted_is_left_out_for_others(project):
    judge, other = Visitor(project, "adjudicator"), Visitor(project, "adjudicator")
    case = case_of(project, "tied")
    assert work_through(judge, case).status_code == 302
    assert sorted(shown(project, other.user)) == ["sure", "tied"]
    Case.objects.filter(pk=case.pk).update(wants_second=True)
    assert (shown(project, other.user), sorted(shown(project, judge.user))) == (["sure"], ["sure", "tied"])


def test_reopened_case_is_to_be_labelled_blind_again(project):
    judge, lead = Visitor(project, "adjudicator"), Visitor(project, "lead")
    case = case_of(project, "tied")
    work_through(judge, case)
    assert lead.post(f"cases/{case.pk}/reopen/", reason="It was another thing").status_code == 302
    assert Decision.objects.get(item=case.item, policy=project.policy).status != Decision.Status.SETTLED
    assert shown(project, lead.user) == ["sure"]

"""No blind label, settlement, second answer or audit of a dialogue is taken before it was shown to this person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from adjudication import actions
from adjudication.models import BlindAnswer
from annotation.actions import NotShown, show_dialogue
from annotation.models import Audit, Person, ShownDialogue
from corpus.labels import Judgement
from tests.adjudication.disputes import case_of, disputed_project, final, label_blind, reader, work_through
from tests.annotation.people import Visitor
from tests.api.client import Program

FINAL = Judgement("unsafe", "safe", ("threat",), "", "It is a threat.")


def is_refused(response, typed=""):
    """Return whether a page refused labels because the dialogue was hidden, and kept what was typed."""
    text = response.content.decode()
    return response.status_code == 409 and "read it first" in text and typed in text


def test_labels_of_a_case_wait_until_its_dialogue_was_shown(tmp_path):
    project = disputed_project(tmp_path)
    judge, second, case = Visitor(project, "adjudicator"), Visitor(project, "adjudicator"), case_of(project)
    place = f"cases/{case.pk}/"
    judge.post(f"{place}claim/")
    assert is_refused(judge.post(f"{place}blind/", **final(rationale="typed unseen")), "typed unseen")
    assert not BlindAnswer.objects.filter(case=case).exists()
    hidden = judge.get(place)
    assert (hidden.context["hidden"].turns, "What is one?" in hidden.content.decode()) == (2, False)
    assert label_blind(judge, case).status_code == 302
    assert "What is one?" in judge.get(place).content.decode()

    ShownDialogue.objects.filter(user=judge.user).delete()  # as for a blind label of an earlier version
    assert is_refused(judge.post(f"{place}settle/", **final(rationale="A threat.")), "A threat.")
    judge.post(f"{place}show/")
    assert judge.post(f"{place}settle/", **final(rationale="A threat.")).status_code == 302

    judge.post(f"{place}ask-second/")
    assert is_refused(second.post(f"{place}blind/", **final()))
    assert label_blind(second, case).status_code == 302


def test_audit_waits_until_its_dialogue_was_shown(tmp_path):
    project = disputed_project(tmp_path)
    lead, audit = Visitor(project, "lead"), Audit.objects.create(project=project, item=case_of(project).item)
    place = f"audits/{audit.item_id}/"
    assert is_refused(lead.post(place, **final(rationale="typed unseen")), "typed unseen")
    assert "What is one?" not in lead.get(place).content.decode()
    assert lead.post(f"{place}show/").url.endswith(f"/{place}")
    assert "What is one?" in lead.get(place).content.decode()
    assert lead.post(place, **final(rationale="As I see it.")).status_code == 302
    assert Visitor(project, "adjudicator").post(f"{place}show/").status_code == 403
    assert lead.post("audits/0/show/").status_code == 404


def test_showing_counts_for_its_person_and_its_case(tmp_path):
    project = disputed_project(tmp_path)
    judge, other = (Visitor(project, "adjudicator").user for _ in range(2))
    case = case_of(project)
    about = {"project": project, "case": case.pk, "by": judge, "judgement": FINAL}
    show_dialogue(item=case.item, user=other)
    show_dialogue(item=case.item, user=judge)
    ShownDialogue.objects.filter(user=judge).update(shown_at=case.opened_at - timedelta(seconds=1))
    with pytest.raises(NotShown):
        actions.record_blind(**about)
    show_dialogue(item=case.item, user=judge)
    assert actions.record_blind(**about).adjudicator == judge
    assert ShownDialogue.objects.get(user=judge).shown_at > timezone.now() - timedelta(minutes=1)


def test_nothing_is_hidden_from_whoever_wants_dialogues_shown_and_from_programs(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    case = case_of(project)
    actions.record_blind(project=project, case=case.pk, by=reader(project), judgement=FINAL)
    program, case = Program(project, "adjudicator"), case_of(project, "two")
    assert program.get(f"cases/{case.pk}/").json()["case"]["item"]["turns"]
    assert program.post(f"cases/{case.pk}/blind/", final()).status_code == 200
    assert program.post(f"cases/{case.pk}/settle/", final(reason="It is a threat.")).status_code == 200


def test_case_of_a_person_who_hides_dialogues_again_is_hidden_again(tmp_path):
    project = disputed_project(tmp_path)
    judge, case = Visitor(project, "adjudicator"), case_of(project)
    Person.objects.filter(user=judge.user).update(masks_text=False)
    judge.post(f"cases/{case.pk}/claim/")
    Person.objects.filter(user=judge.user).update(masks_text=True)
    assert is_refused(judge.post(f"cases/{case.pk}/blind/", **final()))
    assert work_through(judge, case).status_code == 302

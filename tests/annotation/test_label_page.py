"""The labelling page without script: what it does in every case, and what it says."""

from datetime import timedelta

from django.utils import timezone

from annotation.models import Check, Person, Queue, Slot, Vote, WorkDay
from corpus.models import Item
from tests.annotation.people import Visitor
from tests.api.test_queue import project_with
from tests.factories import dialogue


def text_of(answer):
    return answer.content.decode()


def test_a_vote_brings_the_next_dialogue_and_the_last_one_a_thank_you(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two"))
    first = ada.take()
    assert ada.vote(first).status_code == 302
    second = ada.get("label/").context["lease"]
    ada.vote(second)

    assert {first.item.external_id, second.item.external_id} == {"one", "two"}
    assert "Nothing is left for you" in text_of(ada.get("label/"))


def test_what_is_wrong_is_said_beside_what_was_typed(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    answer = ada.vote(ada.take(), prompt_label="unsafe", rationale="because of the last line")

    assert answer.status_code == 422
    assert "Name at least one category" in text_of(answer)
    assert "because of the last line" in text_of(answer)
    assert not Vote.objects.filter(item__project=ada.project).exists()


def test_pressing_twice_casts_one_vote(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two"))
    lease = ada.take()
    answers = [ada.vote(lease), ada.vote(lease)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Vote.objects.filter(item__project=ada.project).count() == 1


def test_another_answer_from_a_second_tab_is_shown_and_not_counted(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    lease = ada.take()
    ada.vote(lease)
    answer = ada.vote(lease, prompt_label="needs_caution", rationale="on second thoughts")

    assert answer.status_code == 409
    assert "perhaps in another tab" in text_of(answer)
    assert "on second thoughts" in text_of(answer)
    assert f"/votes/{Vote.objects.get(item__project=ada.project).pk}/" in text_of(answer)


def hands_out(project, **settings):
    Queue.objects.update_or_create(project=project, defaults=settings)


def lapse(project):
    Slot.objects.filter(project=project, lease__isnull=False).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_an_open_page_renews_its_lease_in_time_and_is_told_when_it_is_lost(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    hands_out(project, lease_minutes=2)
    ada, lead = Visitor(project), Visitor(project, "lead")
    lease = ada.take()
    assert ada.get("label/").context["lease"].renew_every in (39, 40)
    Slot.objects.filter(project=project).update(leased_until=timezone.now() + timedelta(seconds=1))

    assert ada.post("label/renew/", lease=lease.id).status_code == 204
    assert Slot.objects.get(project=project).leased_until > timezone.now() + timedelta(seconds=100)
    lead.post(f"queue/leases/{lease.id}/free/")
    renew = f"/projects/{project.slug}/label/renew/"
    lost = ada.client.post(renew, {"lease": lease.id}, headers={"HX-Request": "true"})
    assert (lost.status_code, lost["HX-Retarget"], lost["HX-Reswap"]) == (409, "#notice", "innerHTML")
    assert "You can still send your answer" in text_of(lost)


def test_a_late_answer_counts_while_nobody_else_has_the_slot(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada = Visitor(project)
    lease = ada.take()
    lapse(project)

    assert ada.vote(lease).status_code == 302
    assert Vote.objects.filter(item__project=project).count() == 1


def test_a_late_answer_takes_another_slot_of_its_dialogue_if_there_is_one(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=2)
    ada, bea = Visitor(project), Visitor(project)
    mine = ada.take()
    Slot.objects.filter(project=project, lease=None).update(position=2)  # out of reach, so that bea gets ada's
    lapse(project)
    theirs = bea.take()
    ada.vote(mine)
    bea.vote(theirs)

    assert Vote.objects.filter(item__project=project, is_current=True).count() == 2
    assert not Slot.objects.filter(project=project, vote=None).exists()


def test_a_late_answer_whose_dialogue_is_done_is_refused_and_shown(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada, bea = Visitor(project), Visitor(project)
    mine = ada.take()
    lapse(project)
    bea.vote(bea.take())
    answer = ada.vote(mine, rationale="my long thought")

    assert answer.status_code == 409
    assert "The time for this dialogue ran out" in text_of(answer)
    assert "my long thought" in text_of(answer)
    assert Vote.objects.filter(item__project=project).count() == 1


def test_a_lead_sees_every_lease_and_frees_it(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada, lead = Visitor(project), Visitor(project, "lead")
    lease = ada.take()

    assert str(lease.id) in text_of(lead.get("queue/"))
    assert lead.post(f"queue/leases/{lease.id}/free/").status_code == 302
    assert Visitor(project).take().item.external_id == "one"
    assert ada.post(f"queue/leases/{lease.id}/free/").status_code == 403


def test_a_skip_without_a_reason_is_not_taken(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    lease = ada.take()
    where = {"lease": lease.id, "item": lease.item.external_id}

    assert ada.post("label/skip/", **where).status_code == 422
    assert ada.post("label/skip/", **where, reason="distressing", note="too near").status_code == 302
    assert ada.get("label/").context["lease"] is None


def test_the_queue_keeps_the_daily_cap_the_break_and_the_opt_outs(tmp_path):
    rows = [dialogue(f"t{at}", expected_categories=["threat"]) for at in range(3)] + [
        dialogue(f"o{at}") for at in range(3)
    ]
    project = project_with(tmp_path, *rows)
    ada = Visitor(project)
    Person.objects.update_or_create(user=ada.user, defaults={"opted_out": ["threat"], "daily_cap": 2})
    seen = []
    for _ in range(2):
        lease = ada.take()
        seen.append(lease.item.external_id)
        ada.vote(lease)

    assert {name[0] for name in seen} == {"o"}
    ada.post("label/next/")
    assert "2 votes today, which is your limit" in text_of(ada.get("label/"))
    Person.objects.filter(user=ada.user).update(daily_cap=None, break_after_minutes=30)
    long_ago = timezone.now() - timedelta(minutes=31)
    WorkDay.objects.filter(user=ada.user).update(stretch_began_at=long_ago)
    assert ada.take() is None
    WorkDay.objects.filter(user=ada.user).update(last_at=timezone.now() - timedelta(minutes=6))
    assert ada.take().item.external_id[0] == "o"


def test_a_lead_says_what_dialogues_are_about_and_the_queue_goes_by_it(tmp_path):
    project = project_with(tmp_path, "one", "two", "three")
    lead, ada = Visitor(project, "lead"), Visitor(project)
    Person.objects.update_or_create(user=ada.user, defaults={"opted_out": ["threat"]})
    wrong = lead.post("queue/expected/", external_ids="one\nfour", categories=["threat"])
    assert (wrong.status_code, "has no dialogue &#x27;four&#x27;" in text_of(wrong)) == (422, True)
    assert not Item.objects.filter(project=project).exclude(expected_categories=[]).exists()
    assert lead.post("queue/expected/", external_ids=" one\r\ntwo\r\n\r\n", categories=["threat"]).status_code == 302

    assert ada.take().item.external_id == "three"
    ada.vote(ada.take())
    assert ada.take() is None
    lead.post("queue/expected/", external_ids="two")
    assert ada.take().item.external_id == "two"
    assert ada.post("queue/expected/", external_ids="one").status_code == 403


def test_a_vote_on_gold_takes_a_slot_while_there_is_one_and_never_makes_one_too_many(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    lead, ada, bea = Visitor(project, "lead"), Visitor(project), Visitor(project)
    lead.post("queue/gold/", external_id="one", prompt_label="safe", response_label="safe")
    hands_out(project, gold_percent=100)
    leases = [ada.take(), bea.take()]
    assert [lease.item.external_id for lease in leases] == ["one", "one"]
    ada.vote(leases[0])
    bea.vote(leases[1])

    assert list(Vote.objects.filter(item__project=project).order_by("pk").values_list("is_current", flat=True)) == [
        True, False,
    ]  # fmt: skip
    assert Check.objects.filter(item__project=project, vote__isnull=False).count() == 2
    assert Slot.objects.get(project=project).vote.annotator.user == ada.user
    assert gold_of(lead) == {ada.name: (1, 1, 1), bea.name: (1, 1, 1)}
    vote = Vote.objects.get(item__project=project, is_current=True)
    ada.post(f"votes/{vote.pk}/", prompt_label="safe", response_label="safe", rationale="after a second look")
    assert gold_of(lead) == {ada.name: (1, 1, 1), bea.name: (1, 1, 1)}


def gold_of(lead):
    """Votes, gold among them, and how much of it right, by name."""
    rows = lead.get("audits/").context["checks"]
    return {row["name"]: (row["votes"], row["gold"], row["gold_right"]) for row in rows}


def test_gold_and_repeats_look_like_any_other_and_are_measured(tmp_path):
    project = project_with(tmp_path, *(f"d{at:02}" for at in range(26)), votes_wanted=1)
    lead, ada = Visitor(project, "lead"), Visitor(project)
    lead.post("queue/gold/", external_id="d00", prompt_label="unsafe", response_label="safe")
    hands_out(project, gold_percent=100, break_after_minutes=None)
    gold = ada.take()
    assert gold.item.external_id == "d00"
    ada.vote(gold)
    for _ in range(24):
        ada.vote(ada.take())
    hands_out(project, gold_percent=0, repeat_percent=100)
    ada.vote(ada.take())  # in her hands already; what comes next is the repeat
    ada.vote(ada.take())

    rows = {row["name"]: row for row in lead.get("audits/").context["checks"]}
    assert (rows[ada.name]["gold"], rows[ada.name]["gold_right"]) == (1, 0)
    assert Check.objects.filter(item__project=project, kind="repeat", vote__isnull=False).exists()
    assert rows[ada.name]["repeats"] == rows[ada.name]["same"] >= 1
    assert Vote.objects.filter(item__project=project, is_current=True).count() <= 26


def test_batches_are_handed_to_named_people_and_their_votes_stand_once_closed(tmp_path):
    project = project_with(tmp_path, *(f"d{at}" for at in range(6)), votes_wanted=1)
    lead, ada, bea = Visitor(project, "lead"), Visitor(project), Visitor(project)
    assert lead.post("queue/batches/", name="first", size=2, people=[ada.user.pk]).status_code == 302
    assert bea.take() is None
    lease = ada.take()
    ada.vote(lease)
    vote = Vote.objects.get(item__project=project)
    change = {"prompt_label": "needs_caution", "response_label": "safe"}
    assert ada.post(f"votes/{vote.pk}/", **change).status_code == 302
    batch = Slot.objects.get(vote__supersedes=vote).batch_id
    lead.post(f"queue/batches/{batch}/", do="close")
    standing = Vote.objects.get(supersedes=vote)

    assert ada.take() is None or Slot.objects.filter(lease=ada.take().id).exists()
    assert ada.post(f"votes/{standing.pk}/", prompt_label="safe", response_label="safe").status_code == 409
    assert "There is a batch" in text_of(lead.post("queue/batches/", name="first", size=2))
    assert lead.post("queue/batches/", name="", size=0).status_code == 422


def test_fifteen_of_a_hundred_finished_dialogues_are_audited_and_the_reason_goes_back(tmp_path):
    project = project_with(tmp_path, *(f"d{at:03}" for at in range(100)), votes_wanted=1)
    ada, lead = Visitor(project), Visitor(project, "lead")
    hands_out(project, gold_percent=0)
    for _ in range(100):
        ada.vote(ada.take())
    waiting = list(lead.get("audits/").context["waiting"])
    assert len(waiting) == 15
    page = f"audits/{waiting[0].item_id}/"

    assert lead.post(page, prompt_label="safe", response_label="safe").status_code == 422
    said = {"prompt_label": "needs_caution", "response_label": "safe", "rationale": "It turns on who is asking."}
    assert lead.post(page, **said).status_code == 302
    assert "It turns on who is asking." in text_of(ada.get("work/"))
    assert ada.name in text_of(lead.get(page))
    assert len(list(lead.get("audits/").context["waiting"])) == 14
    assert ada.get("audits/").status_code == 403

"""The labelling page without script."""

import uuid
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from annotation import tasks
from annotation.actions import Answer, cast_vote
from annotation.models import Annotator, Batch, Check, Person, Queue, Skip, Slot, Vote, WorkDay
from annotation.queries.progress import own_progress
from annotation.queue import claim_next
from annotation.slots import open_slots, open_slots_for_new_items
from corpus.actions import add_member, add_question
from corpus.labels import Judgement
from corpus.models import Item
from corpus.question_rules import PRESETS
from tests.annotation.people import Visitor
from tests.api.test_queue import project_with
from tests.factories import dialogue, import_dialogues, make_project, set_queue
from workspace.actions import change_project


def page_text(answer):
    return answer.content.decode()


def test_vote_leads_to_the_next_dialogue(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two"))
    first = ada.take()
    assert ada.vote(first).status_code == 302
    second = ada.take()
    ada.vote(second)

    assert {first.item.external_id, second.item.external_id} == {"one", "two"}
    assert "Nothing is left for you" in page_text(ada.get("label/"))


def test_page_says_how_far_one_is_since_one_started(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two", "three", votes_wanted=1))
    first = ada.take()
    assert "0 of 3 since you started" in page_text(ada.get("label/"))
    ada.vote(first)
    assert "1 of 3 since you started" in page_text(ada.get("label/"))
    ada.vote(ada.take())  # starts anew
    assert "1 of 2 since you started" in page_text(ada.get("label/"))


def test_votes_in_another_project_are_no_progress_here(tmp_path):
    here = Visitor(project_with(tmp_path, "one", "two", "three", votes_wanted=1))
    elsewhere = project_with(tmp_path, "one")
    add_member(project=elsewhere, username=here.name, role="annotator")
    here.vote(here.take())
    here.take()
    lease = claim_next(project=elsewhere, user=here.user)
    safe = Answer(Judgement("safe", "safe" if lease.item.has_response else ""))
    cast_vote(project=elsewhere, user=here.user, external_id="one", lease=lease.id, answer=safe)
    assert "0 of 2 since you started" in page_text(here.get("label/"))


def test_correction_is_no_progress_and_a_start_of_another_day_says_nothing(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two", "three", votes_wanted=1))
    ada.vote(ada.take())
    ada.take()
    vote = Vote.objects.get(annotator__user=ada.user)
    response = {"response_label": "safe"} if vote.item.has_response else {}
    corrected = ada.correct(vote.pk, prompt_label="unsafe", categories=["violence"], **response)
    assert corrected.status_code == 302, page_text(corrected)
    assert Vote.objects.filter(supersedes=vote).exists()
    assert "0 of 2 since you started" in page_text(ada.get("label/"))
    session = ada.client.session
    began = datetime.fromisoformat(session["label-began"]["at"]) - timedelta(hours=13)
    session["label-began"] = session["label-began"] | {"at": began.isoformat()}
    session.save()
    assert "since you started" not in page_text(ada.get("label/"))


def test_last_vote_is_the_correction_that_was_cast_last(tmp_path):
    project = project_with(tmp_path, "one", "two", "three", votes_wanted=1)
    ada = Visitor(project)
    for _ in range(2):
        ada.vote(ada.take())
    ada.take()
    latest = Vote.objects.filter(annotator__user=ada.user).latest("pk")
    for label in ("needs_caution", "safe"):
        assert f"/votes/{latest.pk}/?from=label" in page_text(ada.get("label/"))
        assert ada.correct(latest.pk, prompt_label=label, response_label="safe").status_code == 302
        latest = Vote.objects.get(supersedes=latest)
    assert f"/votes/{latest.pk}/?from=label" in page_text(ada.get("label/"))


def test_invalid_answer_is_shown_with_its_errors(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    answer = ada.vote(ada.take(), prompt_label="unsafe", rationale="because of the last line")

    assert answer.status_code == 422
    assert "Name at least one category" in page_text(answer)
    assert "because of the last line" in page_text(answer)
    assert not Vote.objects.filter(item__project=ada.project).exists()


def test_double_submit_casts_one_vote(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two"))
    lease = ada.take()
    answers = [ada.vote(lease), ada.vote(lease)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Vote.objects.filter(item__project=ada.project).count() == 1


def test_second_tab_cannot_change_the_vote(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    lease = ada.take()
    ada.vote(lease)
    answer = ada.vote(lease, prompt_label="needs_caution", rationale="on second thoughts")

    assert answer.status_code == 409
    assert "perhaps in another tab" in page_text(answer)
    assert "on second thoughts" in page_text(answer)
    assert f"/votes/{Vote.objects.get(item__project=ada.project).pk}/" in page_text(answer)


def test_second_tab_keeps_the_correction_that_it_cannot_save(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    ada.vote(ada.take())
    vote = Vote.objects.get(item__project=ada.project)
    page = f"votes/{vote.pk}/"
    shown = ada.post(page, show=1).context["shown"]  # in both tabs
    first = {"prompt_label": "needs_caution", "response_label": "safe", "shown": shown}
    assert ada.post(page, **first).status_code == 302
    newer = Vote.objects.get(supersedes=vote)
    other = first | {"prompt_label": "unsafe", "categories": ["threat"], "rationale": "on third thoughts"}
    answer = ada.post(page, **other, **{"from": "label"})

    assert answer.status_code == 409
    for text in ("corrected this vote already", "on third thoughts", "Threat", f"/votes/{newer.pk}/?from=label"):
        assert text in page_text(answer)
    assert ada.post(page, **first).status_code == 302  # the same answer again changes nothing
    assert Vote.objects.filter(item__project=ada.project).count() == 2
    for superseded in (ada.get(page), ada.post(page, show=1)):
        assert superseded.url.endswith(f"/votes/{newer.pk}/")


def offers(ada):
    """Return which pages offer the next dialogue: Label, its dialogue's page, the overview and home."""
    pages = [ada.get("work/"), ada.get("label/"), ada.get(""), ada.client.get("/")]
    words = ("Take the next dialogue", "for your vote")
    return [any(each in page_text(page) for each in words) for page in pages], [page_text(page) for page in pages[:2]]


def test_pages_offer_no_dialogue_at_a_limit(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two", "three"))
    open_slots(project=ada.project)
    assert offers(ada)[0] == [True] * 4
    ada.vote(ada.take())
    held = ada.take()
    set_queue(ada.project, daily_cap=1)
    assert offers(ada)[0] == [True, False, False, False]  # the one they hold is theirs to finish
    ada.vote(held)
    set_queue(ada.project, daily_cap=2)
    offered, texts = offers(ada)
    assert not any(offered)
    for text in texts:
        assert "You have reached your limit of 2 votes today. The queue opens again at <time" in text
    ada.post("label/next/")
    assert "tomorrow" not in page_text(ada.get("label/"))  # it is said once
    set_queue(ada.project, daily_cap=None, break_after_minutes=1, break_minutes=60)
    worked = WorkDay.objects.get(user=ada.user)
    WorkDay.objects.filter(pk=worked.pk).update(stretch_began_at=worked.last_at - timedelta(minutes=9))
    offered, texts = offers(ada)
    assert not any(offered)
    for text in texts:
        assert "You have worked 9 minutes without a break. Rest a little. The queue opens again at <time" in text


def test_pages_say_that_nothing_is_open(tmp_path):
    ada = Visitor(make_project())
    for name in ("one", "two"):  # in an empty project, then once all is voted on
        offered, texts = offers(ada)
        assert not any(offered)
        assert all("Nothing is open for you now" in text for text in texts)
        import_dialogues(ada.project, tmp_path, [dialogue(name)])
        assert offers(ada)[0][:2] == [True, True]  # though its slots open only as somebody asks
        ada.vote(ada.take())


def vote_without_pages(visitor, count):
    """Vote safe on the next items by the actions that pages and routes call."""
    for _ in range(count):
        lease = claim_next(project=visitor.project, user=visitor.user)
        answer = Answer(Judgement("safe", "safe"))
        name = lease.item.external_id
        cast_vote(project=visitor.project, user=visitor.user, external_id=name, lease=lease.id, answer=answer)


def expire_leases(project):
    Slot.objects.filter(project=project, lease__isnull=False).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_open_page_renews_its_lease(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    set_queue(project, lease_minutes=2)
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
    assert "You can still send your answer" in page_text(lost)


def test_late_vote_counts_while_its_slot_is_open(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada = Visitor(project)
    lease = ada.take()
    expire_leases(project)

    assert ada.vote(lease).status_code == 302
    assert Vote.objects.filter(item__project=project).count() == 1


def test_late_vote_takes_another_slot(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=2)
    ada, bea = Visitor(project), Visitor(project)
    ada_lease = ada.take()
    Slot.objects.filter(project=project, lease=None).update(
        position=2
    )  # beyond the queue's range, so that bea gets ada's slot
    expire_leases(project)
    bea_lease = bea.take()
    ada.vote(ada_lease)
    bea.vote(bea_lease)

    assert Vote.objects.filter(item__project=project, is_current=True).count() == 2
    assert not Slot.objects.filter(project=project, vote=None).exists()


def test_late_vote_on_a_finished_dialogue_is_refused(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada, bea = Visitor(project), Visitor(project)
    ada_lease = ada.take()
    expire_leases(project)
    bea.vote(bea.take())
    answer = ada.vote(ada_lease, rationale="my long thought")

    assert answer.status_code == 409
    assert "The time for this dialogue ran out" in page_text(answer)
    assert "my long thought" in page_text(answer)
    assert Vote.objects.filter(item__project=project).count() == 1


def test_lead_frees_a_lease(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada, lead = Visitor(project), Visitor(project, "lead")
    lease = ada.take()

    assert str(lease.id) in page_text(lead.get("queue/"))
    assert lead.post(f"queue/leases/{lease.id}/free/").status_code == 302
    assert Visitor(project).take().item.external_id == "one"
    assert ada.post(f"queue/leases/{lease.id}/free/").status_code == 403


def test_skip_needs_a_reason(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    lease = ada.take()
    leased = {"lease": lease.id, "item": lease.item.external_id}

    assert ada.post("label/skip/", **leased).status_code == 422
    assert ada.post("label/skip/", **leased, reason="distressing", note="too near").status_code == 302
    assert ada.get("label/").context["lease"] is None


def test_queue_keeps_cap_break_and_opt_outs(tmp_path):
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
    assert "You have reached your limit of 2 votes today" in page_text(ada.get("label/"))
    Person.objects.filter(user=ada.user).update(daily_cap=None, break_after_minutes=30)
    long_ago = timezone.now() - timedelta(minutes=31)
    WorkDay.objects.filter(user=ada.user).update(stretch_began_at=long_ago)
    assert ada.take() is None
    WorkDay.objects.filter(user=ada.user).update(last_at=timezone.now() - timedelta(minutes=6))
    assert ada.take().item.external_id[0] == "o"


def test_expected_categories_govern_opt_outs(tmp_path):
    project = project_with(tmp_path, "one", "two", "three")
    lead, ada = Visitor(project, "lead"), Visitor(project)
    Person.objects.update_or_create(user=ada.user, defaults={"opted_out": ["threat"]})
    wrong = lead.post("queue/expected/", external_ids="one\nfour", categories=["threat"])
    assert (wrong.status_code, "has no dialogue &#x27;four&#x27;" in page_text(wrong)) == (422, True)
    assert not Item.objects.filter(project=project).exclude(expected_categories=[]).exists()
    assert lead.post("queue/expected/", external_ids=" one\r\ntwo\r\n\r\n", categories=["threat"]).status_code == 302

    assert ada.take().item.external_id == "three"
    ada.vote(ada.take())
    assert ada.take() is None
    lead.post("queue/expected/", external_ids="two")
    assert ada.take().item.external_id == "two"
    assert ada.post("queue/expected/", external_ids="one").status_code == 403


def test_vote_on_gold_takes_an_open_slot(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    lead, ada, bea = Visitor(project, "lead"), Visitor(project), Visitor(project)
    lead.post("queue/gold/", external_id="one", prompt_label="safe", response_label="safe")
    set_queue(project, gold_percent=100)
    leases = [ada.take(), bea.take()]
    assert [lease.item.external_id for lease in leases] == ["one", "one"]
    ada.vote(leases[0])
    bea.vote(leases[1])

    assert list(Vote.objects.filter(item__project=project).order_by("pk").values_list("is_current", flat=True)) == [
        True, False,
    ]  # fmt: skip
    assert Check.objects.filter(item__project=project, vote__isnull=False).count() == 2
    assert Slot.objects.get(project=project).vote.annotator.user == ada.user
    assert gold_counts(lead) == {ada.name: (1, 1, 1), bea.name: (1, 1, 1)}
    vote = Vote.objects.get(item__project=project, is_current=True)
    ada.correct(vote.pk, prompt_label="safe", response_label="safe", rationale="after a second look")
    assert gold_counts(lead) == {ada.name: (1, 1, 1), bea.name: (1, 1, 1)}


def gold_counts(lead):
    """Return the counts of votes, of gold among them, and of agreeing gold, by name."""
    rows = lead.get("audits/", tab="checks").context["checks"]
    return {row["name"]: (row["votes"], row["gold"], row["gold_right"]) for row in rows}


def test_gold_and_repeats_are_compared(tmp_path):
    project = project_with(tmp_path, *(f"d{at:02}" for at in range(26)), votes_wanted=1)
    lead, ada = Visitor(project, "lead"), Visitor(project)
    lead.post("queue/gold/", external_id="d00", prompt_label="unsafe", response_label="safe")
    set_queue(project, gold_percent=100, break_after_minutes=None)
    gold = ada.take()
    assert gold.item.external_id == "d00"
    ada.vote(gold)
    vote_without_pages(ada, 24)
    set_queue(project, gold_percent=0, repeat_percent=100)
    ada.vote(ada.take())  # leased before; the next one is the repeat
    ada.vote(ada.take())

    rows = {row["name"]: row for row in lead.get("audits/", tab="checks").context["checks"]}
    assert (rows[ada.name]["gold"], rows[ada.name]["gold_right"]) == (1, 0)
    assert Check.objects.filter(item__project=project, kind="repeat", vote__isnull=False).exists()
    assert rows[ada.name]["repeats"] == rows[ada.name]["same"] >= 1
    assert Vote.objects.filter(item__project=project, is_current=True).count() <= 26


def test_skipped_repeat_does_not_come_again(tmp_path):
    project = project_with(tmp_path, *(f"d{at:02}" for at in range(26)), votes_wanted=1)
    ada = Visitor(project)
    set_queue(project, gold_percent=0, repeat_percent=0, break_after_minutes=None)
    vote_without_pages(ada, 23)
    set_queue(project, gold_percent=0, repeat_percent=100)
    skipped = set()
    for _time in range(4):
        lease = ada.take()
        skip = {"lease": lease.id, "item": lease.item.external_id, "reason": "too long"}
        assert ada.post("label/skip/", **skip).status_code == 302
        skipped.add(lease.item.external_id)
    assert len(skipped) == 4
    assert Skip.objects.filter(item__project=project).count() == 4


def test_repeats_come_while_any_vote_is_left_to_repeat(tmp_path):
    project = project_with(tmp_path, *(f"d{at:02}" for at in range(28)), votes_wanted=1)
    ada = Visitor(project)
    set_queue(project, gold_percent=0, repeat_percent=0, break_after_minutes=None)
    vote_without_pages(ada, 26)
    set_queue(project, repeat_percent=100)
    names = Vote.objects.filter(annotator__user=ada.user).order_by("pk").values_list("item__external_id", flat=True)
    voted, skipped = list(names), []
    for _time in range(7):
        lease = ada.take()
        ada.post("label/skip/", lease=lease.id, item=lease.item.external_id, reason="too long")
        skipped.append(lease.item.external_id)
    assert set(skipped[:6]) == set(voted[:6])  # all but the latest twenty
    assert skipped[6] not in voted


def test_skip_of_what_is_known_meanwhile_ends_the_lease(tmp_path):
    project = project_with(tmp_path, "one", "two", votes_wanted=1)
    ada = Visitor(project)
    lease = ada.take()
    annotator = Annotator.objects.get(project=project, user=ada.user)
    Skip.objects.create(item_id=lease.item.pk, annotator=annotator, lease=uuid.uuid4(), reason=Skip.KNOWS_ANSWER)
    skip = {"lease": lease.id, "item": lease.item.external_id, "reason": "I know it"}
    assert ada.post("label/skip/", **skip).status_code == 302
    assert ada.take().item.pk != lease.item.pk


def test_gold_that_was_answered_is_not_handed_out_again_once_a_slot_is_open(tmp_path):
    project = project_with(tmp_path, "gold", votes_wanted=1)
    lead, ada, bea = Visitor(project, "lead"), Visitor(project), Visitor(project)
    bea.vote(bea.take())
    lead.post("queue/gold/", external_id="gold", prompt_label="unsafe", response_label="safe")
    set_queue(project, gold_percent=100, break_after_minutes=None)
    ada.vote(ada.take())
    assert not Vote.objects.get(annotator__user=ada.user).is_current
    set_queue(project, gold_percent=0)
    change_project(project=project, by=None, votes_wanted=3, reason="More.")
    assert own_progress(project, ada.user)["items_left"] == 0
    assert ada.take() is None
    assert bea.take() is None
    assert Visitor(project).take() is not None


def test_dialogues_left_are_those_that_could_be_claimed(tmp_path):
    project = project_with(tmp_path, *(f"d{at}" for at in range(6)), votes_wanted=1)
    lead, ada, bea = Visitor(project, "lead"), Visitor(project), Visitor(project)

    def left():
        return [own_progress(project, each.user)["items_left"] for each in (ada, bea)]

    open_slots(project=project)
    assert left() == [6, 6]
    held = ada.take()
    assert left() == [6, 5]
    ada.post("label/skip/", lease=held.id, item=held.item.external_id, reason="too long")
    assert left() == [5, 5]  # she has the next one
    lead.post("queue/batches/", name="hers", size=2, people=[ada.user.pk])
    assert left()[1] == 0
    assert bea.take() is None
    assert "Take the next dialogue" not in page_text(bea.get("label/"))
    batch = Batch.objects.get(project=project)
    lead.post(f"queue/batches/{batch.pk}/", do="close")
    assert left() == [1, 0]
    ada.vote(ada.take())
    assert left() == [0, 0]
    assert ada.take() is None


def test_batch_is_assigned_and_closed(tmp_path):
    project = project_with(tmp_path, *(f"d{at}" for at in range(6)), votes_wanted=1)
    lead, ada, bea = Visitor(project, "lead"), Visitor(project), Visitor(project)
    assert lead.post("queue/batches/", name="first", size=2, people=[ada.user.pk]).status_code == 302
    assert bea.take() is None
    lease = ada.take()
    ada.vote(lease)
    vote = Vote.objects.get(item__project=project)
    change = {"prompt_label": "needs_caution", "response_label": "safe"}
    assert ada.correct(vote.pk, **change).status_code == 302
    batch = Slot.objects.get(vote__supersedes=vote).batch_id
    lead.post(f"queue/batches/{batch}/", do="close")
    standing = Vote.objects.get(supersedes=vote)

    assert ada.take() is None or Slot.objects.filter(lease=ada.take().id).exists()
    assert ada.correct(standing.pk, prompt_label="safe", response_label="safe").status_code == 409
    assert "There is a batch" in page_text(lead.post("queue/batches/", name="first", size=2))
    assert lead.post("queue/batches/", name="", size=0).status_code == 422


def test_fifteen_of_a_hundred_are_audited(tmp_path):
    project = project_with(tmp_path, *(f"d{at:03}" for at in range(100)), votes_wanted=1)
    ada, lead = Visitor(project), Visitor(project, "lead")
    set_queue(project, gold_percent=0)
    vote_without_pages(ada, 100)
    assert not lead.get("audits/").context["shown"]  # the schedule draws them, not who looks at the page
    tasks.draw_audits()
    waiting = list(lead.get("audits/").context["shown"])
    assert len(waiting) == 15
    page = f"audits/{waiting[0].item_id}/"
    add_question(project=project, by=lead.user, **PRESETS["severity"])  # required; audits ask no questions

    lead.post(f"{page}show/")
    assert lead.post(page, prompt_label="safe", response_label="safe").status_code == 422
    audit = {"prompt_label": "needs_caution", "response_label": "safe", "rationale": "It turns on who is asking."}
    assert lead.post(page, **audit).status_code == 302
    assert "It turns on who is asking." in page_text(ada.get("work/"))
    assert ada.name in page_text(lead.get(page))
    assert len(list(lead.get("audits/").context["shown"])) == 14
    assert ada.get("audits/").status_code == 403


class OpensSlots:
    """Opens the slots of a project once somebody has counted what is open, as the schedule may at any moment."""

    def __init__(self, project):
        self.project, self.is_done = project, False

    def __call__(self, execute, sql, parameters, many, context):
        result = execute(sql, parameters, many, context)
        if "count(DISTINCT item_id)" in sql and not self.is_done:
            self.is_done = True
            open_slots_for_new_items(self.project)
        return result


def test_pages_offer_what_opens_while_they_are_made(tmp_path):
    for page in ("work/", "label/"):
        ada = Visitor(project_with(tmp_path, "one"))
        Queue.objects.get_or_create(project=ada.project)
        opens = OpensSlots(ada.project)
        with connection.execute_wrapper(opens):
            text = page_text(ada.get(page))
        assert opens.is_done
        assert "Take the next dialogue" in text, page

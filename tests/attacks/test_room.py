"""The red-team room by its pages: consent, messages, replies, and the dialogue that comes of them."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotation.models import Vote, WorkDay
from attacks.actions import save_draft, send_turn, update_attack_settings
from attacks.actions.turns import Message
from attacks.models import AttackConsent, Conversation, Turn
from config.embedded.processes import wait_until
from corpus.models import Event, Item
from jury.models import Juror
from tests.adjudication.test_taxonomy_change import MERGE, change
from tests.annotation.people import Visitor
from tests.attacks.rooms import attacker, begin, exchange, finish, open_room, reply, send
from tests.factories import command, make_project, set_queue
from tests.jury.factories import add_generator
from tests.jury.scripted import completion, scripted_endpoint
from tests.locks import is_waited_for
from workspace.actions import archive_project


def text_of(response):
    return " ".join(response.content.decode().split())


def test_room_is_off_at_first(stub_url):
    project = make_project()
    member, lead = Visitor(project), Visitor(project, "lead")
    assert member.get("attack/").status_code == 409
    assert "Attacks are switched off" in text_of(lead.get("attack/"))
    assert ">Attack<" not in text_of(member.get("")).replace("> ", ">").replace(" <", "<")
    refused = lead.post("attack/settings/", is_on="on", budget_usd=1, daily_usd=1, most_turns=5)
    assert (refused.status_code, "leave the room switched off" in text_of(refused)) == (422, True)


def test_lead_switches_the_room_on(stub_url):
    project = make_project()
    lead, member = Visitor(project, "lead"), Visitor(project)
    assert command("add_generator", "writer", project=project.slug, model="m", base_url=stub_url).code == 0
    target = Juror.objects.get(project=project)
    done = lead.post("attack/settings/", is_on="on", targets=target.pk, budget_usd=2, daily_usd="0.5", most_turns=5)
    assert done.status_code == 302, text_of(done)
    assert "Before you begin" in text_of(member.get("attack/"))
    event = Event.objects.get(project=project, verb="attack_settings.changed")
    assert (event.actor, event.detail["targets"], event.detail["daily_usd"]) == (lead.user, ["writer"], "0.5")


def test_consent_comes_first_and_again_for_another_text(stub_url):
    project = open_room(stub_url)
    member = Visitor(project)
    refused = member.post("attack/start/", target="writer", goal="threat", technique="direct")
    assert (refused.status_code, "consent to it first" in text_of(refused)) == (409, True)
    assert member.post("attack/consent/", version=1).status_code == 302
    assert member.post("attack/consent/", version=1).status_code == 302
    assert AttackConsent.objects.filter(project=project).count() == 1
    attack = begin(member)
    update_attack_settings(project=project, by=None, consent_text="Be kind.")
    assert "Be kind." in text_of(member.get("attack/"))
    assert send(member, attack).status_code == 409
    assert member.post("attack/consent/", version=1).status_code == 409
    assert member.post("attack/consent/", version=2).status_code == 302
    assert AttackConsent.objects.get(project=project, version=2).text == "Be kind."
    assert send(member, attack).status_code == 302


def test_attack_becomes_a_dialogue_that_others_label(stub_url):
    project = open_room(stub_url, license="CC-BY-4.0")
    author, other = attacker(project), Visitor(project)
    attack = begin(author, technique="crescendo")
    assert "Begin harmlessly" in text_of(author.get(f"attack/{attack.pk}/"))
    first = exchange(author, attack, "What is a threat?")
    second = exchange(author, attack, "Say more.\r\nPlease.")
    assert (first.state, second.text) == ("answered", "Say more.\nPlease.")
    item = finish(author, attack, technique="crescendo")
    assert [turn["role"] for turn in item.turns] == ["user", "assistant"] * 2
    assert item.turns[0]["text"] == "What is a threat?"
    assert (item.source, item.license, item.author) == ("red_team", "CC-BY-4.0", author.user)
    assert (item.expected_categories, item.has_response) == (["threat"], True)
    assert item.meta == {
        "attack_goal": "threat",
        "attack_technique": "crescendo",
        "attack_transforms": [],
        "response_model": "mistral-stub",
        "response_generator": "writer",
    }
    assert author.take() is None
    lease = other.take()
    assert lease.item.external_id == item.external_id
    page = text_of(other.get("label/"))
    for word in ("red_team", "crescendo", "Crescendo", "attack_", author.name):
        assert word not in page.partition("<main")[2], word
    other.vote(lease)
    assert Vote.objects.filter(item=item).count() == 1
    assert [each.verb for each in Event.objects.filter(project=project, actor=author.user).order_by("pk")][-5:] == [
        "attack.consented", "attack.started", "attack.turn_sent", "attack.turn_sent", "attack.finished"]  # fmt: skip
    assert not Event.objects.filter(project=project, subject=item.external_id, verb__startswith="attack").exists()


def test_pressing_twice_sends_and_finishes_once(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack, token = begin(author), uuid.uuid4()
    assert [send(author, attack, token=token, seen=0).status_code for _ in range(3)] == [302] * 3
    assert Turn.objects.filter(conversation=attack).count() == 1
    assert WorkDay.objects.get(user=author.user).turns == 1
    reply(attack)
    reply(attack)
    assert finish(author, attack) == finish(author, attack, claim="no")
    attack.refresh_from_db()
    assert attack.claims_success
    assert Item.objects.filter(project=project).count() == 1


def test_second_tab_is_told_and_keeps_what_was_typed(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    assert send(author, attack, "One.").status_code == 302
    waits = send(author, attack, "Two.")
    assert (waits.status_code, "still waits" in text_of(waits)) == (409, True)
    assert Turn.objects.filter(conversation=attack).count() == 1
    reply(attack)
    stale = send(author, attack, "Two.", seen=0)
    assert (stale.status_code, "went on meanwhile" in text_of(stale), "Two.</textarea>" in text_of(stale)) == (
        409, True, True)  # fmt: skip
    assert stale.context["form"]["seen"].value() == 1
    assert Conversation.objects.get(pk=attack.pk).draft == "Two."
    assert "Two.</textarea>" in text_of(author.get(f"attack/{attack.pk}/"))


def test_draft_is_kept_until_it_is_sent(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack, token = begin(author), uuid.uuid4()
    where = f"attack/{attack.pk}/draft/"
    assert author.post(where, text="half a", token=token, seen=0).status_code == 204
    assert "half a</textarea>" in text_of(author.get(f"attack/{attack.pk}/"))
    send(author, attack, "half a thought", token=token)
    author.post(where, text="half a thought", token=token)  # the last save came after the message
    assert Conversation.objects.get(pk=attack.pk).draft == ""
    for odd in ("\0", "x" * 10_001):
        assert author.post(where, text=odd, token=uuid.uuid4()).status_code == 204
    assert Conversation.objects.get(pk=attack.pk).draft == ""


def test_transform_is_previewed_and_sent(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author, technique="encoding")
    shown = send(author, attack, "What is this?", transform="leet", do="preview")
    assert (shown.status_code, shown.context["preview"]) == (200, "Wh47 15 7h15?")
    assert Turn.objects.filter(conversation=attack).count() == 0
    turn = exchange(author, attack, "What is this?", transform="leet")
    assert (turn.text, turn.typed, turn.transform) == ("Wh47 15 7h15?", "What is this?", "leet")
    assert "Wh47 15 7h15?" in turn.reply
    assert finish(author, attack).meta["attack_transforms"] == ["leet"]
    assert send(author, attack, transform="none such").status_code == 422


@pytest.mark.parametrize("text", ["", "  \n ", "a\0b", "x" * 10_001])
def test_odd_messages_are_refused_and_cost_nothing(stub_url, text):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    assert send(author, attack, text).status_code == 422
    assert not Turn.objects.filter(project=project).exists()


def test_target_that_fails_filters_or_says_nothing_leaves_the_attack_usable(tmp_path):
    replies = iter([
        (500, {"error": {"message": "broken"}}), (500, {"error": {"message": "broken"}}),
        (200, completion("", finish_reason="content_filter")), (200, completion("")), (401, {"error": "no"}),
        (200, completion("a \\ud83d end\u0000")),
    ])  # fmt: skip
    with scripted_endpoint(lambda _request, _number: next(replies)) as (endpoint, url):
        project = open_room(url)
        author = attacker(project)
        attack = begin(author)
        states = [exchange(author, attack, f"Try {at}.").state for at in range(5)]
        assert states == ["failed", "filtered", "failed", "failed", "answered"]
        sent = endpoint.calls[-1]["messages"]
    assert [message["content"] for message in sent] == ["Try 4."]
    assert Turn.objects.filter(conversation=attack, reserved_usd__gt=0).count() == 0
    assert len(finish(author, attack).turns) == 2


def test_nothing_to_label_is_not_finished(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    refused = author.post(f"attack/{attack.pk}/finish/", claim="yes", goal="threat", technique="direct")
    assert (refused.status_code, "nothing to label" in text_of(refused)) == (409, True)
    send(author, attack)
    assert author.post(f"attack/{attack.pk}/discard/").status_code == 409
    assert author.post(f"attack/{attack.pk}/take-back/").status_code == 302
    assert "What is a threat?</textarea>" in text_of(author.get(f"attack/{attack.pk}/"))
    turn = reply(attack)
    assert (turn.state, turn.reason, turn.cost_usd) == ("failed", "taken back", 0)
    assert author.post(f"attack/{attack.pk}/discard/").status_code == 302
    assert send(author, attack).status_code == 409
    assert not Item.objects.filter(project=project).exists()


def test_attacks_of_others_are_neither_read_nor_changed(stub_url):
    project = open_room(stub_url)
    author, other = attacker(project), attacker(project, "admin")
    attack = begin(author)
    exchange(author, attack)
    assert other.get(f"attack/{attack.pk}/").status_code == 302
    for verb in ("send", "draft", "take-back", "finish", "discard"):
        assert other.post(f"attack/{attack.pk}/{verb}/", text="x").status_code == 404, verb
    assert f"Attack {attack.pk}" not in text_of(other.get("attack/"))


def test_caps_and_breaks_count_turns(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    set_queue(project, daily_cap=2)
    attack = begin(author)
    exchange(author, attack)
    exchange(author, attack)
    refused = send(author, attack)
    assert (refused.status_code, "sent 2 messages in attacks" in text_of(refused)) == (409, True)
    assert "Time to rest" in text_of(author.get("label/"))
    set_queue(project, daily_cap=None, break_after_minutes=10)
    began = timezone.now() - timezone.timedelta(minutes=11)
    WorkDay.objects.filter(user=author.user).update(stretch_began_at=began)
    refused = send(author, attack)
    assert (refused.status_code, "without a break" in text_of(refused)) == (409, True)


def test_full_attack_takes_no_further_message(stub_url):
    project = open_room(stub_url, most_turns=1)
    author = attacker(project)
    attack = begin(author)
    exchange(author, attack)
    assert "has its 1 messages" in text_of(send(author, attack))
    assert finish(author, attack)


def test_archived_project_takes_nothing(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    archive_project(project=project, reason="it is done")
    assert send(author, attack).status_code == 409
    assert 'method="post"' not in author.get(f"attack/{attack.pk}/").content.decode().partition("<main")[2]


def test_goal_is_none_that_the_person_opted_out_of(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    author.post("wellbeing/", opted_out=["threat"], time_zone="UTC")
    refused = author.post("attack/start/", target="writer", goal="threat", technique="direct")
    assert refused.status_code == 422
    assert "threat" not in dict(refused.context["form"].fields["goal"].choices)


def test_goal_is_none_that_counts_as_one_opted_out_of(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    author.post("wellbeing/", opted_out=["threat"], time_zone="UTC")
    change(project, MERGE)  # into menace
    refused = author.post("attack/start/", target="writer", goal="menace", technique="direct")
    assert refused.status_code == 422
    assert "menace" not in dict(refused.context["form"].fields["goal"].choices)


def test_juror_off_the_panel_is_attacked_as_a_guard(stub_url):
    options = {"asks": "prompt_label", "price_in": 1}
    project = open_room(stub_url, name="guard", model="stub-1.0", juror=options)
    author = attacker(project)
    attack = begin(author, target="guard")
    turns = [exchange(author, attack, f"Message {at} about nothing.") for at in range(2)]
    assert {turn.state for turn in turns} == {"answered"}
    assert all(turn.verdict in ("safe", "unsafe") for turn in turns)
    item = finish(author, attack)
    assert item.turns == [{"role": "user", "text": "Message 1 about nothing."}]
    assert item.meta["attacked_juror"] == "guard"
    attack = begin(author, target="guard")
    Juror.objects.filter(project=project).update(in_panel=True)
    refused = author.post("attack/start/", target="guard", goal="threat", technique="direct")
    assert refused.status_code in (409, 422)
    refused = send(author, attack)  # it would say what a juror of the panel says of a dialogue
    assert (refused.status_code, "guard may not be attacked any more" in text_of(refused)) == (409, True)
    assert not Turn.objects.filter(conversation=attack).exists()


def test_target_that_is_taken_off_gets_no_further_message(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    exchange(author, attack)
    other = add_generator(project, stub_url, name="another")
    update_attack_settings(project=project, by=None, targets=[other])
    refused = send(author, attack, "And more?")
    assert (refused.status_code, "And more?</textarea>" in text_of(refused)) == (409, True)
    assert finish(author, attack).has_response


def test_message_that_waits_when_its_target_is_taken_off_is_not_sent(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    send(author, attack)
    update_attack_settings(project=project, by=None, targets=[add_generator(project, stub_url, name="another")])
    turn = reply(attack)
    assert (turn.state, turn.cost_usd, turn.reserved_usd) == ("failed", 0, 0)
    assert "may not be attacked any more" in turn.reason


def test_message_that_waits_when_the_project_is_archived_is_not_sent(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    send(author, attack)
    archive_project(project=project, reason="it is done")
    turn = reply(attack)
    assert (turn.state, turn.cost_usd, turn.reserved_usd) == ("failed", 0, 0)
    assert "the project was archived" in turn.reason
    assert "There is no reply to message 1" in text_of(author.get(f"attack/{attack.pk}/"))


def test_draft_that_is_saved_while_its_message_is_sent_stays_empty(stub_url):
    """The draft waits for the message, whose transaction has the conversation, and is then one that was sent."""
    project = open_room(stub_url)
    author = attacker(project)
    attack, token, user = begin(author), uuid.uuid4(), author.user

    def save():
        save_draft(project=project, user=user, number=attack.pk, text="What is a threat?", token=token)
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            send_turn(project=project, user=user, number=attack.pk, message=Message("What is a threat?", token=token))
            saved = thread.submit(save)
            assert wait_until(lambda: saved.done() or is_waited_for(), seconds=60)
        saved.result()
    attack.refresh_from_db()
    assert attack.draft == ""

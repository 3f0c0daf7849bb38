"""Budgets that no number of messages at once passes, and messages whose worker is lost."""

import os
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Sum
from django.utils import timezone
from redis.exceptions import RedisError

from attacks.actions import turns_to_queue_again, update_attack_settings
from attacks.actions.turns import Message, send_turn
from attacks.models import Conversation, Turn
from attacks.queries import settings_of, spending_of
from attacks.tasks import ask_target, end_lost_turns
from bench import forks
from config.embedded.processes import wait_until
from corpus.errors import Refused
from tests.attacks.rooms import attacker, begin, exchange, finish, open_room, reply, send
from tests.conftest import stub_server
from tests.jury.scripted import completion, scripted_endpoint

AT_ONCE = 30


def charged(project):
    """Return what a project's messages have cost and reserved."""
    turns = Turn.objects.filter(project=project)
    return turns.aggregate(usd=Sum(F("reserved_usd") + F("cost_usd"), default=Decimal(0)))["usd"]


def send_apart(project, user, number):
    """Send a message on a connection of the thread; return whether it was taken."""
    try:
        with suppress(Refused):
            message = Message("What is a threat?", token=uuid.uuid4())
            send_turn(project=project, user=user, number=number, message=message)
            return True
        return False
    finally:
        connection.close()


def attacks_of(project, users, count):
    """Start attacks directly, as many as are sent from at once; return pairs of a user and an attack."""
    target = settings_of(project).targets.get()
    made = {"project": project, "target": target, "model": target.model, "goal": "threat", "technique": "direct"}
    authors = [users[at % len(users)] for at in range(count)]
    return [(author, Conversation.objects.create(author=author, **made)) for author in authors]


@pytest.mark.parametrize("limit", ["budget_usd", "daily_usd"])
def test_thirty_messages_at_once_pass_no_budget(stub_url, limit):
    """Each message reserves 5 tokens at $10 and 100 at $20 a million: $0.00205, of which $0.01 has room for four."""
    project = open_room(stub_url, **({"budget_usd": 9, "daily_usd": 9} | {limit: Decimal("0.01")}))
    users = [attacker(project).user for _ in range(3 if limit == "budget_usd" else 1)]
    pairs = attacks_of(project, users, AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        taken = list(threads.map(lambda pair: send_apart(project, pair[0], pair[1].pk), pairs))
    assert (sum(taken), Turn.objects.filter(project=project).count()) == (4, 4)
    assert charged(project) == 4 * Decimal("0.00205") <= Decimal("0.01")
    for turn in Turn.objects.filter(project=project):
        ask_target(turn_id=turn.pk)
    assert Turn.objects.filter(project=project, state="answered").count() == 4
    assert charged(project) <= Decimal("0.01")


def test_refused_budget_says_so_and_keeps_the_message(stub_url):
    project = open_room(stub_url, daily_usd=Decimal("0.0025"))
    author = attacker(project)
    attack = begin(author)
    turn = exchange(author, attack)
    assert (turn.cost_usd, turn.reserved_usd) == (Decimal("0.0024"), 0)  # 200 and 20 tokens, as the stub says
    refused = send(author, attack, "And more?")
    page = " ".join(refused.content.decode().split())
    assert refused.status_code == 409
    assert "of the $0.0025 that you may spend on attacks a day, $0.0001 are left" in page, page
    assert "And more?</textarea>" in page
    update_attack_settings(project=project, by=None, daily_usd=0)
    assert send(author, attack).status_code == 409
    update_attack_settings(project=project, by=None, daily_usd=1, budget_usd=0)
    assert "A lead can raise it" in send(author, attack).content.decode()


def test_further_attempt_is_reserved_before_it_is_sent():
    """The first attempt fails in an unknown way and is charged as reserved; there is no room for a second."""
    with scripted_endpoint(lambda _request, number: (500 if number else 502, {"error": "down"})) as (endpoint, url):
        project = open_room(url, budget_usd=Decimal("0.003"))
        author = attacker(project)
        attack = begin(author)
        turn = exchange(author, attack)
        assert (turn.state, len(endpoint.calls)) == ("failed", 1 if turn.cost_usd else 2)
        assert charged(project) <= Decimal("0.003")


def test_message_that_no_endpoint_got_costs_nothing(stub_url, settings):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    settings.JURY_ENDPOINTS_PUBLIC_ONLY = True
    turn = exchange(author, attack)
    assert (turn.state, turn.cost_usd, turn.reserved_usd) == ("failed", 0, 0)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert send(author, attack).status_code == 302
    with suppress(RedisError):
        reply(attack)
    assert charged(project) == 0


def test_price_of_a_long_reply_is_charged_as_the_endpoint_says():
    with scripted_endpoint(lambda _request, _number: (200, completion("Nothing.", usage=(7, 3)))) as (_, url):
        project = open_room(url)
        author = attacker(project)
        assert exchange(author, begin(author)).cost_usd == (7 * 10 + 3 * 20) / Decimal(1_000_000)


@pytest.mark.slow
def test_killed_worker_is_charged_as_reserved_and_leaves_the_attack_usable(settings, tmp_path):
    settings.JURY_TAKEOVER_SECONDS = 0.5
    with stub_server(delay=30) as slow:
        project = open_room(slow)
        author = attacker(project)
        attack = begin(author)
        assert send(author, attack).status_code == 302
        turn = Turn.objects.get(conversation=attack)
        worker = start_worker(turn, tmp_path / "worker.log")
        assert wait_until(lambda: Turn.objects.filter(pk=turn.pk, state="asking").exists(), seconds=60)
        worker.kill_all()
    assert send(author, attack).status_code == 409
    ask_target(turn_id=turn.pk)  # delivered again: never asked twice
    assert wait_until(lambda: end_lost_turns() or Turn.objects.get(pk=turn.pk).state == "failed", seconds=60)
    turn.refresh_from_db()
    assert (turn.cost_usd, turn.reserved_usd) == (Decimal("0.00205"), 0)
    with scripted_endpoint(lambda _request, _number: (200, completion("Nothing."))) as (_, url):
        type(attack.target).objects.filter(pk=attack.target_id).update(base_url=url)
        assert exchange(author, attack).state == "answered"
    assert len(finish(author, attack).turns) == 2


def start_worker(turn, log):
    """Ask about a message in a process of its own, as a worker does."""
    code = f"import django; django.setup(); from attacks.tasks import ask_target; ask_target(turn_id={turn.pk})"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return forks.start([sys.executable, "-c", code], log, environment)


def test_message_that_was_stored_without_a_task_is_queued_again(stub_url):
    """As after a kill of the web process between the commit and the broker."""
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    message = Message("What is a threat?", token=uuid.uuid4())
    turn = send_turn(project=project, user=User.objects.get(pk=author.user.pk), number=attack.pk, message=message)

    assert turn.pk not in turns_to_queue_again()
    Turn.objects.filter(pk=turn.pk).update(sent_at=timezone.now() - timezone.timedelta(seconds=20))
    assert turn.pk in turns_to_queue_again()
    assert reply(attack).state == "answered"
    assert turn.pk not in turns_to_queue_again()


def test_yesterday_does_not_count_today(stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    turn = exchange(author, begin(author))
    settings = settings_of(project)
    assert spending_of(settings, author.user, turn.day).spent_today == turn.cost_usd
    tomorrow = turn.day + timezone.timedelta(days=1)
    assert spending_of(settings, author.user, tomorrow).spent_today == 0
    assert spending_of(settings, author.user, tomorrow).spent == turn.cost_usd

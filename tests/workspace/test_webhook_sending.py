"""How messages are sent to webhooks: signed, tried again, bounded, and given up in the end."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from bench import forks
from config.data_dir import CHECKOUT
from config.embedded.processes import wait_until
from corpus.workers import WORK, worker_command
from jury.endpoints import EndpointRules
from tests.annotation.people import Visitor
from tests.factories import dialogue, import_dialogues, make_project
from tests.jury.factories import broker_apart
from tests.receiver import receiver
from workspace import actions, tasks
from workspace.models import Delivery, Webhook
from workspace.sending import BYTES_READ, send

pytestmark = pytest.mark.usefixtures("no_worker")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hook:
    """A webhook at a receiver, and a clock."""

    def __init__(self, url, project=None):
        self.project = project or make_project()
        self.webhook, self.secret = actions.add_webhook(project=self.project, url=url, kinds=["release.made"])
        self.at = NOON

    def now(self):
        return self.at

    def add(self):
        """Write a delivery, and return its primary key."""
        return actions.add_test(webhook=self.webhook, now=self.now).pk

    def send(self, **passes):
        """Send what is due, after some time."""
        self.at += timedelta(**passes)
        return actions.send_due(webhook=self.webhook.pk, now=self.now)

    def one(self, pk):
        return Delivery.objects.get(pk=pk)

    @property
    def is_active(self):
        return Webhook.objects.get(pk=self.webhook.pk).is_active


@pytest.fixture
def inbox():
    with receiver() as mine:
        yield mine


def test_message_is_signed_as_standard_webhooks_says(inbox):
    hook = Hook(inbox.url)
    pk = hook.add()
    assert hook.send() == 1
    [(headers, body)] = inbox.got
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(headers["webhook-timestamp"]) == int(NOON.timestamp())
    assert (headers["content-type"], json.loads(body)["type"]) == ("application/json", "test")
    delivery = hook.one(pk)
    assert (delivery.state, delivery.status, delivery.answer, delivery.attempts) == ("delivered", 200, "thanks", 1)
    assert body.decode() == delivery.body, "other bytes are sent than those that are kept"
    assert hook.send(days=30) == 0


def test_documented_check_of_a_signature_works(inbox):
    guide = (CHECKOUT / "docs" / "notifications.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    names = {}
    exec(compile(code, "docs/notifications.md", "exec"), names)  # noqa: S102 - our own document
    is_genuine = names["is_genuine"]
    hook = Hook(inbox.url)
    hook.add()
    hook.send()
    [(headers, body)] = inbox.got
    at = NOON.timestamp()
    assert is_genuine(hook.secret, headers, body, now=at)
    assert not is_genuine(hook.secret, headers, body + b" ", now=at)
    assert not is_genuine(hook.secret, headers, body, now=at + 3600)
    assert not is_genuine(hook.secret, headers | {"webhook-id": "msg_1"}, body, now=at)
    assert not is_genuine("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body, now=at)


def test_refused_message_is_tried_again_with_longer_pauses_and_given_up(inbox):
    """With a new timestamp each time, or receivers would take a late try for a replay (better-auth's pull 8844)."""
    hook, inbox.status = Hook(inbox.url), 500
    pk = hook.add()
    pauses = [{}, {"minutes": 1}, {"minutes": 10}, {"hours": 1}, {"hours": 6}]
    for number, pause in enumerate(pauses, start=1):
        if pause:
            assert hook.send(seconds=timedelta(**pause).total_seconds() - 1) == 0, number
            hook.at += timedelta(seconds=1)
        assert hook.send() == 1, number
        assert hook.one(pk).attempts == number
    assert (hook.one(pk).state, hook.one(pk).next_attempt_at, hook.one(pk).status) == ("failed", None, 500)
    assert hook.send(days=30) == 0
    assert len(set(inbox.ids)) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in inbox.got}) == 5
    assert hook.is_active

    inbox.status, inbox.body = 204, b""
    actions.send_again(webhook=hook.webhook, delivery=pk, now=hook.now)
    assert hook.send() == 1
    assert (hook.one(pk).state, hook.one(pk).status, len(set(inbox.ids))) == ("delivered", 204, 1)


def test_one_that_does_not_answer_does_not_hold_up_the_rest(inbox):
    hook, inbox.status = Hook(inbox.url), 503
    first, second = hook.add(), hook.add()
    assert (hook.send(), hook.send(), hook.send()) == (1, 1, 0)
    inbox.status = 200
    assert hook.send(minutes=2) == 2
    assert {hook.one(first).state, hook.one(second).state} == {"delivered"}


def test_receiver_may_ask_for_a_longer_pause_of_a_day_at_most(inbox):
    hook, inbox.status = Hook(inbox.url), 429
    for asked, seconds in (("300", 300), ("1", 60), ("9999999", 86_400), ("x", 60), ("9" * 30, 60)):
        inbox.headers = {"Retry-After": asked}
        pk = hook.add()
        hook.send()
        assert (hook.one(pk).next_attempt_at - hook.at).total_seconds() == seconds, asked
        Delivery.objects.filter(pk=pk).delete()


def test_410_switches_it_off_at_once_and_admins_see_why(inbox, tmp_path):
    hook, inbox.status = Hook(inbox.url), 410
    import_dialogues(hook.project, tmp_path, [dialogue("one")])
    pk = hook.add()
    hook.send()
    assert (hook.one(pk).state, hook.is_active) == ("failed", False)
    admin = Visitor(hook.project, "admin")
    for page in ("webhooks/", f"webhooks/{hook.webhook.pk}/"):
        assert "410" in admin.get(page).content.decode()
    assert "was switched off" in admin.get("").content.decode()
    assert "was switched off" not in Visitor(hook.project, "lead").get("").content.decode()


def test_five_messages_given_up_in_a_row_switch_it_off_and_it_waits(inbox):
    hook, inbox.status = Hook(inbox.url), 500
    for number in range(5):
        pk = hook.add()
        Delivery.objects.filter(pk=pk).update(attempts=4)
        assert hook.is_active, number
        hook.send()
        if number == 2:  # one that is accepted starts the count anew
            inbox.status = 200
            hook.add()
            hook.send()
            inbox.status = 500
    for _ in range(3):
        Delivery.objects.filter(pk=hook.add()).update(attempts=4)
        waiting = hook.add()
        hook.send()
        Delivery.objects.filter(pk=waiting).update(next_attempt_at=hook.at + timedelta(days=1))
    assert not hook.is_active
    assert hook.send(days=2) == 0
    inbox.status = 200
    actions.change_webhook(webhook=hook.webhook, url=inbox.url, kinds=["release.made"], is_active=True)
    assert hook.send() == 3
    assert hook.one(waiting).state == "delivered"


def test_redirect_is_not_followed_and_compressed_or_endless_answers_are_not_read(inbox):
    rules = EndpointRules()
    inbox.status, inbox.headers = 302, {"Location": inbox.url}
    sent = send(inbox.url, b"{}", {}, rules)
    assert (sent.status, sent.is_accepted, len(inbox.got)) == (302, False, 1)
    assert "not followed" in sent.answer
    inbox.status, inbox.headers, inbox.body = 200, {}, b"a\0b\x1b " * 10**6
    sent = send(inbox.url, b"{}", {}, rules)
    assert sent.is_accepted
    assert len(sent.answer) <= BYTES_READ
    assert sent.answer.isprintable()
    inbox.headers, inbox.body = {"Content-Encoding": "gzip"}, b"\x1f\x8b no gzip"
    assert send(inbox.url, b"{}", {}, rules).is_accepted
    headers, _ = inbox.got[-1]
    assert headers["accept-encoding"] == "identity"


def test_reasons_are_sentences_without_the_address(inbox):
    inbox.delay = 0.5
    assert send(inbox.url, b"{}", {}, EndpointRules(), seconds=0.05).answer == "No answer within 0.05 s."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/t0ken"
        sent = send(nowhere, b"{}", {}, EndpointRules())
    assert (sent.status, sent.answer) == (None, "No connection to it could be made.")
    secure = send(inbox.url.replace("http:", "https:"), b"{}", {}, EndpointRules(), seconds=2)
    assert secure.status is None
    assert "127.0.0.1" not in secure.answer


def test_address_is_checked_when_it_is_connected_to(inbox):
    """A name that led elsewhere when it was entered, and setting changed since, lead nowhere."""
    rules = EndpointRules(public_only=True, setting="WEBHOOKS")
    for url in (inbox.url, inbox.url.replace("127.0.0.1", "localhost.localdomain"), "http://[::1]:9/"):
        sent = send(url, b"{}", {}, rules)
        assert sent.status is None, url
    assert "WEBHOOKS_PUBLIC_ONLY" in send(inbox.url, b"{}", {}, rules).answer
    assert inbox.got == []
    origin = inbox.url.removesuffix("/assize")
    allowed = EndpointRules.parse([origin], public_only=True, setting="WEBHOOKS")
    assert send(inbox.url, b"{}", {}, allowed).is_accepted


def test_proxy_of_the_environment_is_not_used(inbox, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert send(inbox.url, b"{}", {}, EndpointRules()).is_accepted


def test_message_is_sent_where_an_event_loop_runs_already(inbox):
    async def send_once():
        return send(inbox.url, b"{}", {}, EndpointRules())

    with ThreadPoolExecutor(1) as aside:  # as the browser's tests run a loop in this thread
        assert aside.submit(lambda: asyncio.run(send_once())).result().is_accepted


def test_other_secret_key_is_said_and_sends_nothing(inbox, settings):
    hook = Hook(inbox.url)
    pk = hook.add()
    settings.SECRET_KEY = "another one than before"
    hook.send()
    assert "Make a new secret" in hook.one(pk).answer
    assert inbox.got == []
    actions.renew_secret(webhook=hook.webhook)
    hook.send(minutes=1)
    assert hook.one(pk).state == "delivered"


def test_worker_killed_at_every_try_gives_up_in_the_end(inbox):
    hook = Hook(inbox.url)
    pk = hook.add()
    Delivery.objects.filter(pk=pk).update(attempts=5)
    hook.send()
    assert (hook.one(pk).state, inbox.got) == ("failed", [])
    assert "killed" in hook.one(pk).answer


def test_message_delivered_twice_to_workers_is_sent_once(inbox):
    hook = Hook(inbox.url)
    hook.add()
    hook.at = datetime.now(UTC) - timedelta(seconds=1)
    Delivery.objects.filter(webhook=hook.webhook).update(next_attempt_at=hook.at)
    for _ in range(2):
        tasks.send_deliveries(webhook=hook.webhook.pk)
    assert len(inbox.got) == 1


@pytest.mark.slow
def test_worker_killed_while_sending_sends_once_more_under_the_same_id(inbox, tmp_path):
    hook, inbox.delay = Hook(inbox.url), 60
    hook.at = datetime.now(UTC)
    pk, quiet = hook.add(), hook.add()
    Delivery.objects.filter(pk=quiet).update(next_attempt_at=hook.at + timedelta(minutes=3))
    environment = broker_apart(8)
    worker = forks.start(worker_command(processes=1), tmp_path / "worker.log", environment)
    try:
        send_task(environment, "workspace.tasks.send_deliveries", {"webhook": hook.webhook.pk})
        assert wait_until(lambda: len(inbox.got) == 1, seconds=60)
    finally:
        worker.kill_all()
    assert (hook.one(pk).state, hook.one(pk).attempts) == ("waiting", 1)
    inbox.delay = 0
    assert hook.send() == 0, "it is tried again while the killed worker's claim holds"
    assert hook.send(minutes=2) == 1
    assert hook.send(minutes=10) == 1
    assert hook.send(days=1) == 0
    first, again, other = inbox.ids
    assert first == again != other
    assert {hook.one(each).state for each in (pk, quiet)} == {"delivered"}


def send_task(environment, name, options):
    """Send a task through the broker of an environment, which is another than ours."""
    app = Celery(broker=environment["REDIS_URL"], set_as_current=False)
    app.send_task(name, kwargs=options, queue=WORK)
    app.close()

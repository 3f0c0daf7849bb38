"""What webhooks are told of, their pages, and who may have messages sent where."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from corpus.errors import Invalid
from corpus.models import Event
from jury import actions as jury_actions
from jury import queries
from jury.models import Run
from quality.actions import end_measurement
from tests.adjudication.disputes import disputed_project, tie
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.jury.factories import add_jurors
from workspace import actions
from workspace.actions.webhooks import NotForAdmins
from workspace.models import Delivery, Job, Webhook

URL = "https://tools.example.org/assize"
ALL = [str(kind) for kind in Webhook.Kind]
pytestmark = pytest.mark.usefixtures("no_worker")


def told(webhook, **options):
    """Collect, and return what the webhook is told of by the new deliveries, each as (type, data)."""
    before = set(Delivery.objects.filter(webhook=webhook).values_list("pk", flat=True))
    actions.collect_deliveries(webhook=webhook.pk, **options)
    new = Delivery.objects.filter(webhook=webhook).exclude(pk__in=before).order_by("pk")
    messages = [json.loads(each.body) for each in new]
    return [(message["type"], message["data"]) for message in messages]


def add(project, url=URL, kinds=ALL, **options):
    return actions.add_webhook(project=project, url=url, kinds=kinds, **options)


def test_each_thing_that_happens_is_told_once_however_it_was_done(tmp_path, stub_url):
    """Label Studio tells nothing of what comes in by another way than its page (its issue 3469): we read the tables."""
    project = disputed_project(tmp_path, "old")
    other = make_project()
    webhook, _ = add(project)
    beside, _ = add(project, URL + "/2", ["release.made"])
    assert told(webhook) == [], "what was there before is told"

    import_dialogues(project, tmp_path, [dialogue("calm")])
    import_votes(project, tmp_path, [opinion("calm", name, "safe", "safe") for name in ("ada", "bea")])
    command("adjudicate", project=project.slug)
    assert command("release", "1.0", "--date=2026-01-01", project=project.slug).code == 0
    add_jurors(project, stub_url, "stub-1.0")
    run = jury_actions.start_run(project=project, jurors=queries.panel(project, []))
    jury_actions.cancel_run(run=run)
    still_running = jury_actions.start_run(project=project, jurors=queries.panel(project, []))
    now = timezone.now()
    failed = Job.objects.create(project=project, kind="votes", state="failed", error="No.", ended_at=now)
    Job.objects.create(project=project, kind="votes", state="done", ended_at=now)
    Job.objects.create(project=other, kind="votes", state="failed", error="No.", ended_at=now)

    got = dict(told(webhook))
    assert set(got) == {"release.made", "run.stopped", "job.failed"}
    assert (got["release.made"]["version"], got["release.made"]["rows"]) == ("1.0", 1)
    assert got["release.made"]["url"].endswith(f"/projects/{project.slug}/releases/of/1.0/")
    assert (got["run.stopped"]["run"], got["run.stopped"]["state"]) == (run.pk, "cancelled")
    assert (got["job.failed"]["job"], got["job.failed"]["reason"]) == (failed.pk, "No.")
    assert {data["project"] for data in got.values()} == {project.slug}
    assert told(webhook) == [], "the same is told twice"
    assert [kind for kind, _ in told(beside)] == ["release.made"], "not only what was chosen, or not to each webhook"

    jury_actions.cancel_run(run=still_running)
    assert [data["run"] for _, data in told(webhook)] == [still_running.pk]


def test_reason_of_a_run_that_ended_by_itself_is_told(tmp_path, stub_url):
    project = make_project()
    webhook, _ = add(project, kinds=["run.stopped"])
    for state, error, words in (
        ("over_budget", "", "Stopped at its budget"),
        ("finished", "", "Finished"),
        ("broken", "the endpoint cannot be reached", "parts of it broke off: the endpoint cannot be reached"),
    ):
        run = Run.objects.create(project=project, state=state, finished_at=timezone.now())
        if error:
            add_jurors(project, stub_url, "stub-1.0")
            run.shards.create(juror=queries.panel(project, [])[0], items=[1], state="broken", error=error)
        [(_, data)] = told(webhook)
        assert data["reason"].endswith(words), state


def test_failed_measurement_is_told_once_a_day(settings):
    project = make_project()
    webhook, _ = add(project, kinds=["job.failed"])
    for _ in range(2):
        end_measurement(project=project, error=MemoryError())
        messages = told(webhook)
    assert messages == []
    bodies = Delivery.objects.filter(webhook=webhook).values_list("body", flat=True)
    assert [json.loads(body)["data"]["what"] for body in bodies] == ["measurement"]


def test_many_cases_are_one_message_with_their_number(tmp_path):
    project = disputed_project(tmp_path, "old")
    webhook, _ = add(project, kinds=["case.opened"])
    names = [f"n{number:02}" for number in range(30)]
    import_dialogues(project, tmp_path, [dialogue(name) for name in names])
    tie(project, tmp_path, *names)

    [(kind, data)] = told(webhook)
    assert (kind, data["count"], len(data["first"])) == ("case.opened", 30, 20)
    assert [each["item"] for each in data["first"]] == names[:20]
    assert told(webhook) == []
    import_dialogues(project, tmp_path, [dialogue("late")])
    tie(project, tmp_path, "late")
    assert [data["count"] for _, data in told(webhook)] == [1]


def test_what_happens_while_it_is_off_or_not_chosen_is_not_told(tmp_path):
    project = make_project(quorum=1)
    import_dialogues(project, tmp_path, [dialogue("calm")])
    import_votes(project, tmp_path, [opinion("calm", "ada", "safe", "safe")])
    webhook, _ = add(project, kinds=["release.made"])
    change = {"webhook": webhook, "url": URL}

    def release(version):
        assert command("release", version, "--date=2026-01-01", project=project.slug).code == 0

    actions.change_webhook(**change, kinds=ALL, is_active=False)
    release("1")
    Run.objects.create(project=project, state="finished", finished_at=timezone.now())
    assert told(webhook) == []
    actions.change_webhook(**change, kinds=["release.made"], is_active=True)
    assert told(webhook) == []
    release("2")
    Run.objects.create(project=project, state="finished", finished_at=timezone.now())
    actions.change_webhook(**change, kinds=ALL, is_active=True)
    release("3")
    assert [data["version"] for _, data in told(webhook)] == ["2", "3"], "what was chosen before is lost or old is told"


def test_deliveries_are_kept_longer_than_what_happened_is_looked_for():
    webhook, _ = add(make_project(), kinds=["run.stopped"])
    Run.objects.create(project=webhook.project, state="finished", finished_at=timezone.now())
    assert len(told(webhook)) == 1
    Delivery.objects.filter(webhook=webhook).update(state="delivered", next_attempt_at=None)
    for days in (29, 89, 91, 200):
        later = timezone.now() + timedelta(days=days)
        actions.delete_old_deliveries(now=lambda later=later: later)
        assert told(webhook, now=lambda later=later: later) == [], days
    assert not Delivery.objects.filter(webhook=webhook).exists()


def test_two_schedules_tell_nothing_twice():
    webhook, _ = add(make_project(), kinds=["run.stopped"])
    Run.objects.create(project=webhook.project, state="finished", finished_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = 'one_delivery_a_source'")
        assert cursor.fetchone() == (1,)
    assert [len(told(webhook)), len(told(webhook))] == [1, 0]


@pytest.mark.parametrize("is_site_admin", [True, False])
def test_only_a_site_admin_names_a_host_that_is_new(is_site_admin, settings):
    project = make_project()
    person = Visitor(project, "site-admin" if is_site_admin else "admin").user
    if is_site_admin:
        add(project, by=person)
        return
    with pytest.raises(NotForAdmins, match="new to this project"):
        add(project, by=person)
    settings.WEBHOOKS_ALLOWED = ["https://tools.example.org"]
    add(project, by=person)
    settings.WEBHOOKS_ALLOWED = []
    add(project, URL + "/2", by=person)


def test_addresses_go_by_the_rules_of_endpoints(settings):
    project = make_project()
    for url, why in {
        "http://169.254.169.254/latest": "metadata",
        "http://[fd00:ec2::254]/": "metadata",
        "http://metadata.google.internal/": "metadata service",
        "http://0x7f.1/": "another way to write",
        "http://user:word@tools.example.org/": "name or a password",
        "ftp://tools.example.org/": "not the address of a receiver",
        "file:///etc/hosts": "not the address",
        "https://tools.example.org/#a": "after a #",
        "http://224.0.0.1/": "many machines",
        "": "not the address",
    }.items():
        with pytest.raises(Invalid, match=why):
            add(project, url)
    add(project, "http://127.0.0.1:9/")
    settings.WEBHOOKS_PUBLIC_ONLY = True
    with pytest.raises(Invalid, match="WEBHOOKS_PUBLIC_ONLY"):
        add(project, "http://10.0.0.1/")


@pytest.fixture(scope="module")
def admin(database):
    return Visitor(make_project(), "site-admin")


def test_admin_adds_changes_and_removes_a_webhook_by_page(admin):
    page = admin.post("webhooks/", url=URL, kinds=["release.made", "run.stopped"])
    secret, webhook = page.context["secret"], Webhook.objects.get(project=admin.project)
    assert secret.startswith("whsec_")
    assert secret in page.content.decode()
    where = f"webhooks/{webhook.pk}/"
    for path in ("webhooks/", where):
        html = admin.get(path).content.decode()
        assert "tools.example.org" in html
        assert secret not in html, "the secret is shown a second time"
    assert f'<code class="id" dir="ltr">{URL}</code>' in admin.get(where).content.decode()
    twice = admin.post("webhooks/", url=URL, kinds=["release.made"])
    assert (twice.status_code, "already" in twice.content.decode()) == (422, True)

    assert admin.post(where, url=URL + "/new", kinds=["job.failed"]).status_code == 302
    webhook.refresh_from_db()
    assert (webhook.url, list(webhook.kinds), webhook.is_active) == (URL + "/new", ["job.failed"], False)
    assert admin.post(where, do="test").status_code == 409
    admin.post(where, url=URL, kinds=["job.failed"], is_active="on")
    assert admin.post(where, do="test").status_code == 302
    assert "Test" in admin.get(where).content.decode()
    again = admin.post(where, do="secret")
    assert again.context["secret"] not in ("", secret)

    assert admin.post(where, do="remove").status_code == 409
    assert admin.post(where, do="remove", is_sure="yes").status_code == 302
    assert not Webhook.objects.filter(project=admin.project).exists()
    verbs = Event.objects.filter(project=admin.project, verb__startswith="webhook.").values_list("verb", flat=True)
    assert set(verbs) == {"webhook.added", "webhook.changed", "webhook.removed"}


def test_secrets_and_addresses_are_in_no_table_but_their_own(admin):
    secret = admin.post("webhooks/", url=URL + "/t0ken", kinds=["run.stopped"]).context["secret"]
    events = " ".join(str(row) for row in Event.objects.filter(project=admin.project).values_list("subject", "detail"))
    assert "t0ken" not in events
    row = str(Webhook.objects.filter(project=admin.project).values())
    assert secret not in row
    assert secret.removeprefix("whsec_") not in row + events
    assert "t0ken" not in admin.get("webhooks/").content.decode()


def test_moments_are_in_utc():
    webhook, _ = add(make_project())
    assert all(datetime.fromisoformat(since).utcoffset() == timedelta(0) for since in webhook.kinds.values())

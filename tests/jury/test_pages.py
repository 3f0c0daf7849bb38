"""The pages of the jury, as leads use them."""

import re
import secrets

import pytest
from django.utils import timezone

from config.embedded.processes import wait_until
from corpus.errors import Refused
from corpus.models import Event, Item
from jury import actions, queries
from jury.models import Ballot, Juror, Run
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.conftest import stub_server
from tests.factories import command, make_project
from tests.jury.factories import add_jurors, counted, project_with_items, run_shards
from tests.workers import running_worker

pytestmark = pytest.mark.slow

JUROR = {
    "name": "one", "model": "stub-0.9", "prompt": "full-policy-v2", "temperature": "0", "max_tokens": "512",
    "max_tokens_parameter": "max_tokens",
    "asks": ["prompt_label", "response_label", "categories"], "response_format": "json_schema",
    "timeout_seconds": "60", "concurrency": "4", "price_in": "2", "price_out": "8", "transport": "live",
}  # fmt: skip
TRIALS = 8
"Of the models that fail at times, all fail at one of so many."


def text_of(page):
    """Return the HTML of a page with single spaces."""
    return " ".join(page.content.decode().split())


def test_lead_adds_juror_estimates_and_follows_run(tmp_path):
    project = project_with_items(tmp_path, 30)
    lead = Visitor(project, "lead")
    for page in ("jury/", "jury/runs/", "jury/runs/new/"):
        assert f"{lead.project.slug}/jury/jurors/" in text_of(lead.get(page))  # the next step
    with stub_server() as url, running_worker():
        admin = Visitor(project, "site-admin")
        assert admin.post("jury/jurors/", base_url=url, **JUROR).status_code == 302
        assert Event.objects.get(project=project, verb="juror.added").actor == admin.user
        again = lead.post("jury/jurors/", base_url=url, **JUROR)
        assert (again.status_code, "has a juror &#x27;one&#x27; already" in text_of(again)) == (409, True)

        estimate = lead.post("jury/runs/", do="estimate")
        assert (estimate.context["calls"], estimate.context["cost"] > 0) == (30, True)
        assert not Run.objects.filter(project=project).exists()
        begun = lead.post("jury/runs/", do="start", jurors=["one"], max_calls="25")
        run = Run.objects.get(project=project)
        assert begun.url == f"/projects/{project.slug}/jury/runs/{run.pk}/"
        assert wait_until(lambda: Run.objects.get(pk=run.pk).state != Run.State.RUNNING, seconds=60)

    page = lead.get(f"jury/runs/{run.pk}/")
    assert "Stopped at its budget" in text_of(page)
    assert f"Run {run.pk} is started." in text_of(page)
    assert (page.context["progress"].done, len(page.context["answers"])) == (25, 25)
    ballot = Ballot.objects.filter(run=run).latest("pk")
    assert ballot.raw_reply in lead.get(f"jury/ballots/{ballot.pk}/").context["ballot"].raw_reply
    assert lead.get("jury/").context["statistics"][0].cast == 25


@cases(
    ("wrong", "field"),
    [
        ({"concurrency": "0"}, None), ({"base_url": "ftp://x"}, None), ({"api_key_env": "sk-123"}, None),
        ({"temperature": "warm"}, "temperature"), ({"name": ""}, "name"), ({"prompt": "nowhere"}, "prompt"),
        ({"asks": ["mood"]}, "asks"), ({"name": "a\0b"}, "name"), ({"price_in": "1e40"}, "price_in"),
    ],
)  # fmt: skip
def test_invalid_juror_is_refused_and_form_keeps_its_values(wrong, field):
    lead = Visitor(make_project(), "site-admin")
    page = lead.post("jury/jurors/", **(JUROR | {"base_url": "http://127.0.0.1:1/v1"} | wrong))
    assert page.status_code == (422 if field else 409)
    assert list(page.context["form"].errors) == [field or "__all__"]
    assert 'value="stub-0.9"' in text_of(page)
    assert not Juror.objects.filter(project=lead.project).exists()


def test_run_without_worker_says_so_and_can_be_paused_and_cancelled(tmp_path, no_worker):
    project = project_with_items(tmp_path, 3)
    add_jurors(project, "http://127.0.0.1:1/v1", "stub-0.9")
    lead = Visitor(project, "lead")
    refused = lead.post("jury/runs/", do="start")
    assert (refused.status_code, "No worker is running" in text_of(refused)) == (409, True)
    run = actions.start_run(project=project, jurors=queries.panel(project))
    url = f"jury/runs/{run.pk}/"
    assert "No worker is running." in text_of(lead.get(url))
    fragment = lead.client.get(f"/projects/{project.slug}/{url}", headers={"HX-Request": "true"})
    assert text_of(fragment).startswith("<section")
    assert ("every 15s" in text_of(fragment), "every 3s" in text_of(fragment)) == (True, False)
    assert "HX-Refresh" not in fragment

    lead.post(f"{url}change/", do="pause")
    paused = text_of(lead.get(url))
    assert (f"Run {run.pk} is paused." in paused, "hx-trigger" in paused) == (True, False)  # nothing to wait for
    assert lead.post(f"{url}change/", do="pause").status_code == 409
    lead.post(f"{url}change/", do="cancel")
    fragment = lead.client.get(f"/projects/{project.slug}/{url}", headers={"HX-Request": "true"})
    assert (fragment["HX-Refresh"], ">Cancelled</span>" in text_of(fragment)) == ("true", True)
    assert lead.post(f"{url}change/", do="resume").status_code == 409


def test_unreadable_answers_are_listed_and_asked_again(tmp_path):
    project = project_with_items(tmp_path, TRIALS)
    lead = Visitor(project, "lead")
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9:prose")
        run = actions.start_run(project=project, jurors=queries.panel(project))
        run_shards(run)
    page = lead.get(f"jury/runs/{run.pk}/", outcome="unreadable")
    unreadable = list(page.context["answers"])
    assert 0 < len(unreadable) < 24
    assert {ballot.outcome for ballot in unreadable} == {"unreadable"}
    assert "not one JSON object" in text_of(page)
    assert "I think that this is safe." in text_of(lead.get(f"jury/ballots/{unreadable[0].pk}/"))
    again = lead.post("jury/runs/", do="estimate", retry="unreadable", jurors="stub-0.9:prose")
    assert again.context["calls"] == len(unreadable)


def test_only_leads_of_the_project_see_the_jury(tmp_path):
    project, other = project_with_items(tmp_path, 1), make_project()
    run = Run.objects.create(project=project)
    annotator, stranger = Visitor(project), Visitor(other, "lead")
    for path in ("jury/", f"jury/runs/{run.pk}/"):
        assert annotator.get(path).status_code == 403
    assert stranger.get(f"jury/runs/{run.pk}/").status_code == 404
    assert stranger.post(f"jury/runs/{run.pk}/change/", do="cancel").status_code == 404
    assert stranger.client.get(f"/projects/{project.slug}/jury/").status_code == 404
    assert Run.objects.get(pk=run.pk).state == "running"


def test_run_page_shows_outcomes_and_no_labels(tmp_path):
    project = project_with_items(tmp_path, 6)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9")
        run = actions.start_run(project=project, jurors=queries.panel(project))
        run_shards(run)
    page = Visitor(project, "lead").get(f"jury/runs/{run.pk}/")
    cells = {cell.strip() for cell in re.findall(r"<td[^>]*>([^<]*)</td>", page.content.decode())}

    assert Ballot.objects.filter(run=run, outcome="cast").exclude(prompt_label=None).count() == 6
    assert "Cast" in cells
    assert not cells & {"safe", "needs_caution", "unsafe"}


@pytest.mark.parametrize(
    ("model", "outcome", "shown"),
    [
        ("stub-0.9", "cast", "prompt_label"),
        ("stub-0.9:prose", "unreadable", "I think that this is safe."),
        ("stub-0.9:teapot", "failed", "answered 418"),
        ("stub-0.9:busy", "failed", "answered 429"),
    ],
)
def test_trial_makes_one_call_and_casts_no_ballot(tmp_path, model, outcome, shown):
    project = project_with_items(tmp_path, TRIALS)
    lead = Visitor(project, "lead")
    with stub_server() as url:
        add_jurors(project, url, model)
        juror = Juror.objects.get(project=project)
        trials = [lead.post(f"jury/jurors/{juror.pk}/try/", item=f"i{at:03}") for at in range(TRIALS)]
        calls = counted(url)
    page = next(page for page in trials if page.context["ballot"].outcome == outcome)
    assert shown in text_of(page).replace("&quot;", '"')
    assert page.context["trial"].item in page.context["trial"].messages[-1]["content"]
    assert calls["calls"] + calls["refused"] == TRIALS
    assert not Ballot.objects.filter(juror=juror).exists()
    assert Event.objects.filter(project=project, verb="juror.tried", actor=lead.user).count() == TRIALS


def test_impossible_trial_is_refused(tmp_path):
    project = project_with_items(tmp_path, 3)
    lead = Visitor(project, "lead")
    add_jurors(project, "http://127.0.0.1:1/v1", "stub-0.9", asks="response_label")
    juror = Juror.objects.get(project=project)
    Item.objects.filter(project=project, external_id="i001").update(withdrawn_at=timezone.now())
    Item.objects.filter(project=project, external_id="i002").update(refusal_of="i000")
    for item, reason in (
        ("nowhere", "no dialogue"), ("i000", "judges responses"), ("i001", "is withdrawn"), ("i002", "has a refusal"),
    ):  # fmt: skip
        refused = lead.post(f"jury/jurors/{juror.pk}/try/", item=item)
        assert (refused.status_code, reason in text_of(refused)) == (409, True)
    Item.objects.filter(project=project).update(withdrawn_at=None, refusal_of=None)
    trial = command("try_juror", "stub-0.9", project=project.slug)
    assert (trial.code, trial["outcome"], "cannot be reached" in trial["reason"]) == (0, "failed", True)
    assert "--- user" in trial.stderr
    assert "Asked was http://127.0.0.1:1/v1: start its server" in trial.stderr
    shown = text_of(lead.post(f"jury/jurors/{juror.pk}/try/"))
    assert "Asked was <code>http://127.0.0.1:1/v1</code>. If nothing answers there, start its server" in shown
    for path, words in ((f"jury/jurors/{juror.pk}/", "edit"), ("jury/jurors/", "add another juror")):
        assert f'<a href="/projects/{project.slug}/{path}">{words}' in shown
    assert command("try_juror", "nobody", project=project.slug).code == 2


def test_juror_page_shows_prompt_and_changes_limits():
    project = make_project()
    add_jurors(project, "http://127.0.0.1:1/v1", "stub-0.9", rpm=100)
    lead = Visitor(project, "lead")
    juror = Juror.objects.get(project=project)
    path = f"jury/jurors/{juror.pk}/"
    assert juror.prompt.sha256 in text_of(lead.get(path))
    same = {"api_key_env": "", "concurrency": "8", "requests_per_minute": "100", "tokens_per_minute": "",
            "price_in": "0", "price_out": "0", "timeout_seconds": "120",
            "transport": "live", "in_panel": "on"}  # fmt: skip
    unchanged = lead.post(path, **same)
    assert (unchanged.status_code, "nothing was changed" in text_of(unchanged)) == (409, True)
    invalid = lead.post(path, **same | {"concurrency": "0"})
    assert invalid.status_code == 409
    del same["in_panel"]
    assert lead.post(path, **same | {"price_in": "0.5", "model": "another"}).status_code == 302
    juror.refresh_from_db()
    assert (juror.in_panel, float(juror.price_in), juror.model, juror.concurrency) == (False, 0.5, "stub-0.9", 8)
    event = Event.objects.get(project=project, verb="juror.changed")
    assert (event.actor, event.detail["price_in"]) == (lead.user, {"from": "0", "to": "0.5"})
    assert "not on the panel" in text_of(lead.get("jury/"))
    assert lead.post("jury/runs/", do="estimate").status_code == 409  # the panel is empty

    back = command("change_juror", "stub-0.9", project=project.slug, reseat=True, rpm="none", tpm="5000")
    assert (back.code, back["changed"]) == (0, ["in_panel", "requests_per_minute", "tokens_per_minute"])
    juror.refresh_from_db()
    assert (juror.in_panel, juror.requests_per_minute, juror.tokens_per_minute) == (True, None, 5000)


def test_request_settings_of_a_page_opened_before_the_first_run_are_refused_after_it(tmp_path):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, "http://127.0.0.1:1/v1", "one")
    lead, juror = Visitor(project, "lead"), Juror.objects.get(project=project)
    form = lead.get(f"jury/jurors/{juror.pk}/").context["form"]
    opened = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    sent = {name: value for name, value in opened.items() if value is not False} | {"extra_body": ""}
    actions.start_run(project=project, jurors=[juror])
    changed = lead.post(f"jury/jurors/{juror.pk}/", **sent | {"temperature": "0.7", "concurrency": "3"})
    assert (changed.status_code, "Add another juror under a new name" in text_of(changed)) == (409, True)
    juror.refresh_from_db()
    assert (juror.temperature, juror.concurrency) == (opened["temperature"], opened["concurrency"])
    assert lead.post(f"jury/jurors/{juror.pk}/", **sent | {"concurrency": "3"}).status_code == 302
    juror.refresh_from_db()
    assert juror.concurrency == 3


def test_name_of_a_juror_that_no_index_holds_is_refused():
    project = make_project()
    made = {"project": project, "prompt": "full-policy-v2", "base_url": "http://127.0.0.1:1/v1", "model": "m"}
    for maker in (actions.add_juror, actions.add_generator):
        with pytest.raises(Refused, match="Take a shorter one"):
            maker(name=secrets.token_hex(5_000), **made | ({"prompt": "respond-v1"} if "gen" in str(maker) else {}))
    assert not Juror.objects.filter(project=project).exists()
    assert not Event.objects.filter(project=project, verb__endswith=".added").exists()
    form = {"name": secrets.token_hex(5_000), **{name: made[name] for name in ("prompt", "base_url", "model")}}
    refused = Visitor(project, "lead").post("jury/jurors/", **form, asks=["prompt_label"])
    assert refused.status_code in (409, 422), refused.status_code


@cases("options", [{}, {"reseat": True}, {"concurrency": "0"}, {"api_key_env": "sk-1"}])
def test_empty_or_invalid_change_is_refused(options):
    project = make_project()
    add_jurors(project, "http://127.0.0.1:1/v1", "stub-0.9")
    refused = command("change_juror", "stub-0.9", project=project.slug, **options)
    assert refused.code == 2
    assert not Event.objects.filter(project=project, verb="juror.changed").exists()

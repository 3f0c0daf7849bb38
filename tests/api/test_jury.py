"""Jurors, generators and runs over REST."""

import pytest

from config.embedded.processes import wait_until
from jury.models import Juror, Run
from tests.api.client import Program
from tests.conftest import stub_server
from tests.factories import make_project
from tests.jury.factories import add_generator, add_jurors, project_with_items
from tests.workers import running_worker

pytestmark = pytest.mark.slow


def test_lead_adds_juror_and_starts_pauses_and_resumes_runs(tmp_path):
    project = project_with_items(tmp_path, 40)
    lead, admin = Program(project, "lead"), Program(project, "site-admin")
    jurors, runs = f"projects/{project.slug}/jurors/", f"projects/{project.slug}/jury-runs/"
    with stub_server(delay=0.2) as url, running_worker():
        juror = {"name": "one", "model": "stub-0.9", "base_url": url, "concurrency": 2}
        made = admin.post(jurors, juror)
        assert (made.status_code, made.json()["prompt"]) == (201, "full-policy-v2"), made.content
        assert lead.post(jurors, juror).status_code == 409
        assert [each["name"] for each in lead.get(jurors).json()] == ["one"]

        writer = admin.post(f"projects/{project.slug}/generators/", juror | {"name": "writer"}).json()
        writing = lead.post(f"generators/{writer['id']}/generate/", {"limit": 2, "max_calls": 100})
        assert (writing.status_code, writing.json()["ballots"], writing.json()["max_calls"]) == (202, 2, 100)
        written = f"jury-runs/{writing.json()['id']}/"
        assert wait_until(lambda: lead.get(written).json()["state"] == "finished", seconds=30)
        assert lead.get(written).json()["outcomes"]["cast"] == 2

        begun = lead.post(runs, {"jurors": ["one"], "max_calls": 100})
        assert (begun.status_code, begun.json()["state"], begun.json()["ballots"]) == (202, "running", 40)
        run = f"jury-runs/{begun.json()['id']}/"
        assert wait_until(lambda: lead.get(run).json()["outcomes"]["cast"] > 0, seconds=30)
        assert lead.post(f"{run}pause/").json()["state"] == "paused"
        assert lead.post(f"{run}pause/").status_code == 409
        assert wait_until(lambda: lead.get(run).json()["held"] == 0, seconds=60)
        assert lead.get(run).json()["outcomes"]["cast"] < 40
        assert lead.patch(f"jurors/{made.json()['id']}/", {"concurrency": 16}).status_code == 200  # the rest at once
        assert lead.post(f"{runs}{begun.json()['id']}/resume/").json()["state"] == "running"
        assert wait_until(lambda: lead.get(run).json()["state"] == "finished", seconds=30)
        assert lead.get(run).json()["outcomes"]["cast"] == 40
        assert [each["id"] for each in lead.get(runs).json()["results"]] == [begun.json()["id"], writing.json()["id"]]
        assert lead.post(f"{run}cancel/").status_code == 409


def test_invalid_requests_name_the_field_and_store_nothing(no_worker):
    project = make_project()
    add_jurors(project, "http://127.0.0.1:1/v1", "known")
    Juror.objects.filter(project=project).update(in_panel=False)
    lead = Program(project, "lead")
    jurors, runs = f"projects/{project.slug}/jurors/", f"projects/{project.slug}/jury-runs/"
    good = {"name": "x", "model": "m", "base_url": "http://127.0.0.1:1/v1"}
    for wrong, field in [
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 10**9}, "concurrency"),
        ({"asks": ["mood"]}, "asks"),
        ({"temperature": "hot"}, "temperature"),
        ({"model": ""}, "model"),
        ({"name": None}, "name"),
        ({"price_in": "-1"}, "price_in"),
        ({"name": "a\0b"}, "name"),
    ]:
        refused = lead.post(jurors, good | wrong)
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field]), refused.content
    assert lead.post(jurors, good | {"base_url": "ftp://example.org"}).status_code == 409
    assert lead.post(jurors, good | {"prompt": "nowhere"}).status_code == 409
    assert not Juror.objects.filter(project=project).exclude(name="known").exists()

    assert "no jurors" in lead.post(runs).json()["error"]["message"]
    assert lead.post(jurors, good).status_code == 201
    generate = f"generators/{add_generator(project, good['base_url']).pk}/generate/"
    assert list(lead.post(generate, {"limit": 0}).json()["error"]["fields"]) == ["limit"]
    refused = lead.post(generate)
    assert (refused.status_code, "No worker" in refused.json()["error"]["message"]) == (409, True)
    assert list(lead.post(runs, {"limit": 0}).json()["error"]["fields"]) == ["limit"]
    assert list(lead.post(runs, {"budget_usd": -1}).json()["error"]["fields"]) == ["budget_usd"]
    assert "no juror 'y'" in lead.post(runs, {"jurors": ["y"]}).json()["error"]["message"]
    refused = lead.post(runs)
    assert (refused.status_code, "No worker" in refused.json()["error"]["message"]) == (409, True)
    assert not Run.objects.filter(project=project).exists()


def test_only_leads_of_the_project_see_its_runs():
    project, other = make_project(), make_project()
    run = Run.objects.create(project=project)
    annotator, stranger = Program(project), Program(other, "lead")
    for route in (f"jury-runs/{run.pk}/", f"projects/{project.slug}/jury-runs/{run.pk}/"):
        assert (annotator.get(route).status_code, stranger.get(route).status_code) == (403, 404)
        for verb in ("pause", "resume", "cancel"):
            assert annotator.post(f"{route}{verb}/").status_code == 403
            assert stranger.post(f"{route}{verb}/").status_code == 404
    assert stranger.get(f"projects/{other.slug}/jury-runs/{run.pk}/").status_code == 404
    assert stranger.get(f"projects/{other.slug}/jury-runs/{10**30}/").status_code == 404
    assert Program(project, "lead").post(f"jury-runs/{run.pk}/stop/").status_code == 404
    assert Run.objects.get(pk=run.pk).state == "running"


def test_lead_adds_changes_and_tries_generator(stub_url, tmp_path):
    project = project_with_items(tmp_path, 2)
    add_jurors(project, stub_url, "judge")
    lead, generators = Program(project, "lead"), f"projects/{project.slug}/generators/"
    body = {"name": "writer", "model": "mistral-stub", "base_url": stub_url, "extra_body": {"seed": 1}}
    body |= {"temperature": None, "max_tokens_parameter": "max_completion_tokens"}
    made = lead.post(generators, body)
    assert made.status_code == 201, made.content
    assert body.items() <= made.json().items()
    assert made.json()["prompt"] == "respond-v1"
    assert not {"asks", "in_panel", "response_format"} & made.json().keys()
    assert (lead.post(generators, body).status_code, lead.get(generators).json()) == (409, [made.json()])
    assert [each["name"] for each in lead.get(f"projects/{project.slug}/jurors/").json()] == ["judge"]
    assert lead.post(generators, body | {"name": "b", "prompt": "full-policy-v2"}).status_code == 409
    other = {key: body[key] for key in ("model", "base_url")} | {"name": "usual"}
    assert lead.post(generators, other).json()["temperature"] == 0.7

    one = f"generators/{made.json()['id']}/"
    changed = lead.patch(one, {"extra_body": {}, "concurrency": 2, "price_in": "0.5"})
    assert (changed.status_code, changed.json()["concurrency"], changed.json()["extra_body"]) == (200, 2, {})
    assert lead.get(f"projects/{project.slug}/{one}").json() == changed.json()
    assert lead.patch(one, changed.json() | {"concurrency": 3}).json() == changed.json() | {"concurrency": 3}
    assert lead.post(f"{one}try/").json()["outcome"] == "cast"


def test_juror_changes_over_rest_as_by_command(stub_url, tmp_path):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, stub_url, "judge")
    add_generator(project, stub_url)
    lead = Program(project, "lead")
    one = f"jurors/{Juror.objects.get(project=project, name='judge').pk}/"
    assert lead.patch(one, {"in_panel": False, "temperature": None}).json()["in_panel"] is False
    assert lead.get(one).json()["temperature"] is None
    for wrong, status, field in [
        ({"model": "other"}, 400, "model"),
        ({"prompt": "full-policy-v1", "concurrency": 3}, 400, "prompt"),
        ({"asks": ["prompt_label"]}, 400, "asks"),
        ({"concurency": 3}, 400, "concurency"),
        ({"extra_body": {"model": "other"}}, 400, "extra_body"),
        ({"max_tokens": 0}, 400, "max_tokens"),
        ({"in_panel": False}, 409, None),
        ({"api_key_env": "PATH"}, 409, None),
    ]:
        refused = lead.patch(one, wrong)
        fields = list(refused.json()["error"].get("fields", [None]))
        assert (refused.status_code, fields) == (status, [field]), refused.content
    generator = Juror.objects.get(project=project, name="writer")
    assert list(lead.patch(f"generators/{generator.pk}/", {"in_panel": True}).json()["error"]["fields"]) == ["in_panel"]
    for route in (f"jurors/{generator.pk}/", one.replace("jurors", "generators")):
        assert (lead.get(route).status_code, lead.patch(route, {}).status_code) == (404, 404)
    assert lead.post(f"{one.replace('jurors', 'generators')}try/").status_code == 404
    assert lead.client.put(f"/api/v1/{one}", {}, content_type="application/json").status_code == 405
    assert Juror.objects.get(pk=generator.pk, in_panel=False).concurrency == 8


def test_only_leads_of_the_project_see_and_change_its_generators():
    project, other = make_project(), make_project()
    one = f"generators/{add_generator(project, 'http://127.0.0.1:1/v1').pk}/"
    annotator, stranger = Program(project, "adjudicator"), Program(other, "lead")
    for route in (one, f"projects/{project.slug}/{one}"):
        for caller, status in ((annotator, 403), (stranger, 404)):
            assert caller.get(route).status_code == status
            assert caller.patch(route, {"concurrency": 1}).status_code == status
            assert [caller.post(f"{route}{verb}/").status_code for verb in ("try", "generate")] == [status] * 2
    assert annotator.post(f"projects/{project.slug}/generators/", {}).status_code == 403
    assert stranger.get(f"projects/{other.slug}/{one}").status_code == 404

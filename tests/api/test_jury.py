"""Jurors and runs over REST."""

import pytest

from config.embedded.processes import wait_until
from corpus.workers import temporary_worker, worker_is_running
from jury.models import Juror, Run
from tests.api.client import Program
from tests.conftest import stub_server
from tests.factories import make_project
from tests.jury.factories import add_jurors, project_with_items

pytestmark = pytest.mark.slow


def test_lead_adds_juror_and_starts_pauses_and_resumes_run(tmp_path):
    project = project_with_items(tmp_path, 40)
    lead, admin = Program(project, "lead"), Program(project, "site-admin")
    jurors, runs = f"projects/{project.slug}/jurors/", f"projects/{project.slug}/jury-runs/"
    with stub_server(delay=0.2) as url, temporary_worker():
        assert wait_until(worker_is_running, seconds=60)
        juror = {"name": "one", "model": "stub-0.9", "base_url": url, "concurrency": 2}
        made = admin.post(jurors, juror)
        assert (made.status_code, made.json()["prompt"]) == (201, "full-policy-v2"), made.content
        assert lead.post(jurors, juror).status_code == 409
        assert [each["name"] for each in lead.get(jurors).json()] == ["one"]

        begun = lead.post(runs, {"jurors": ["one"], "max_calls": 100})
        assert (begun.status_code, begun.json()["state"], begun.json()["ballots"]) == (202, "running", 40)
        run = f"jury-runs/{begun.json()['id']}/"
        assert wait_until(lambda: lead.get(run).json()["outcomes"]["cast"] > 0, seconds=30)
        assert lead.post(f"{run}pause/").json()["state"] == "paused"
        assert lead.post(f"{run}pause/").status_code == 409
        assert wait_until(lambda: lead.get(run).json()["held"] == 0, seconds=10)
        assert lead.get(run).json()["outcomes"]["cast"] < 40
        assert lead.post(f"{runs}{begun.json()['id']}/resume/").json()["state"] == "running"
        assert wait_until(lambda: lead.get(run).json()["state"] == "finished", seconds=30)
        assert lead.get(run).json()["outcomes"]["cast"] == 40
        assert [each["id"] for each in lead.get(runs).json()["results"]] == [begun.json()["id"]]
        assert lead.post(f"{run}cancel/").status_code == 409


def test_invalid_requests_name_the_field_and_store_nothing():
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

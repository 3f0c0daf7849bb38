"""The client against our routes over HTTP, and through a proxy that resets connections."""

import hashlib
import json
import re

import pytest
from assize_client import Client, Invalid, JobFailed, NotFound, NotSignedIn, Refused, StillRunning
from assize_client.client import pages
from django.db import close_old_connections

from config.data_dir import CHECKOUT
from releases.models import Release
from tests.api.client import Program
from tests.client.servers import cutting_proxy, our_server
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from workspace.actions import run_job
from workspace.models import Job

NAMES = [f"d {number:02}/?" for number in range(60)]


@pytest.fixture(scope="module")
def site():
    with our_server() as address:
        yield address


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    """A project with decided dialogues and a release 1.0."""
    project, folder = make_project(), tmp_path_factory.mktemp("garden")
    import_dialogues(project, folder, [dialogue(name, license="cc-by-4.0") for name in NAMES])
    votes = [opinion(name, rater, "safe", "safe") for name in NAMES for rater in ("ada", "bea", "eve")]
    import_votes(project, folder, votes)
    assert command("release", "1.0", project=project.slug, date="2026-12-01").code == 0
    project.lead_token = Program(project, "admin").token
    return project


def run_waiting_jobs(_seconds):
    """Do what a worker would, while the client waits."""
    for job in Job.objects.filter(state=Job.State.WAITING):
        run_job(job_id=job.pk)


@pytest.fixture
def mine(site, garden):
    with Client(site, garden.lead_token, sleep=run_waiting_jobs) as client:
        yield client.project(garden.slug)


def test_pages_are_walked_to_the_end(mine, garden):
    assert [each["id"] for each in mine.items()] == NAMES
    listed = pages(lambda **query: mine.api.get_items(mine.slug, **query), size=7)
    assert [each["id"] for each in listed] == NAMES
    assert [each["version"] for each in mine.releases()] == ["1.0"]
    assert list(mine.items(status="disputed")) == list(mine.cases()) == list(mine.my_votes()) == list(mine.runs()) == []
    assert list(mine.evaluations()) == []


def test_errors_of_the_site_are_exceptions_with_its_words(site, garden, mine):
    with pytest.raises(NotSignedIn), Client(site, "not a token") as stranger:
        stranger.projects()
    with pytest.raises(NotFound, match="404, not_found"):
        mine.api.get_item_history("no-such-project", "d 01/?")
    with pytest.raises(NotFound, match="no release '9'"):
        mine.api.get_release_detail(mine.slug, "9")
    with pytest.raises(Invalid) as caught:
        mine.api.post_withdraw_item(mine.slug, NAMES[0], {"reason": ""})
    assert list(caught.value.fields) == ["reason"]
    with pytest.raises(Refused, match=r"has a release '1\.0' already"):
        mine.make_release("1.0")
    assert mine.api.get_item_history(mine.slug, "d 01/?")["item"]["id"] == "d 01/?"


def test_import_and_release_are_waited_for(mine, tmp_path):
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps(dialogue("late", license="cc0-1.0")) + "\n")
    job = mine.import_file(path)
    with pytest.raises(StillRunning):
        mine.wait(job, seconds=-1)
    assert mine.wait(job)["result"]["created"] == 1
    assert mine.wait(mine.make_release("1.1", licenses=["cc-by-4.0"]))["state"] == "done"
    with pytest.raises(JobFailed, match="Nothing under none such is decided"):
        mine.wait(mine.make_release("1.2", licenses=["none such"]))
    assert len(list(mine.jobs())) == 3


def test_release_is_downloaded_whole_and_once(mine, garden, tmp_path):
    release = Release.objects.get(project=garden, version="1.0")
    for _time in range(2):
        paths = mine.download_release("1.0", tmp_path / "copy")
        found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
        assert found == release.hashes
    assert command("verify_release", tmp_path / "copy").code == 0
    [only] = mine.download_release("1.0", tmp_path / "one", names=["manifest.json"])
    assert json.loads(only.read_bytes()) == release.manifest
    with pytest.raises(Exception, match=r"no file nothing\.json\. It has "):
        mine.download_release("1.0", tmp_path, names=["nothing.json"])


def test_download_over_a_connection_that_is_reset_goes_on(site, garden, tmp_path):
    release = Release.objects.get(project=garden, version="1.0")
    with (
        cutting_proxy(site) as proxy,
        Client(proxy.url, garden.lead_token, timeout=2, sleep=lambda _seconds: None) as client,
    ):
        mine = client.project(garden.slug)
        mine.download_release("1.0", tmp_path, names=["manifest.json"])
        proxy.cuts, proxy.after, proxy.only = 3, 1500, b"/files/"  # in the middle of train.json
        [path] = mine.download_release("1.0", tmp_path, names=["train.json"])
    assert hashlib.sha256(path.read_bytes()).hexdigest() == release.hashes["train.json"]
    ranges = [match[1] for each in proxy.requests if (match := re.search(r"(?mi)^range: bytes=(\d+)-", each))]
    assert ranges
    assert [int(each) for each in ranges] == sorted({int(each) for each in ranges})  # each time from further on


def test_release_made_anew_in_between_starts_again(mine, garden, tmp_path):
    """The description is of the release before; its file is not, until the release is read again."""
    shown = []
    original = mine.api.get_release_detail

    def first_an_old_one(slug, version):
        release = original(slug, version)
        if not shown:
            release["files"] = [each | {"sha256": "0" * 64} for each in release["files"]]
        shown.append(version)
        return release

    mine.api.get_release_detail = first_an_old_one
    paths = mine.download_release("1.0", tmp_path)
    assert len(shown) == 2
    assert {path.name for path in paths} == {path.name for path in tmp_path.iterdir()}


def test_export_is_saved_in_the_format_of_its_name(mine, tmp_path):
    rows = json.loads(mine.export(tmp_path / "mine.json").read_bytes())
    assert [row["id"] for row in rows] == NAMES
    assert mine.export(tmp_path / "mine.csv", raw=True).read_text().startswith("id,")
    with pytest.raises(Invalid, match="format"):
        mine.export(tmp_path / "mine.xls")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.csv", "mine.json"]


def test_examples_of_the_page_run(site, garden, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dialogues.jsonl").write_text(json.dumps(dialogue("one more", license="cc-by-4.0")) + "\n")
    text = (CHECKOUT / "docs" / "client.md").read_text()
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    for shown, actual in (
        ("https://assize.example.org", site),
        ('"garden"', repr(garden.slug)),
        ("token)", "token, sleep=run_waiting_jobs)"),
    ):
        assert shown in program, shown
        program = program.replace(shown, actual)
    exec(program, {"token": garden.lead_token, "run_waiting_jobs": run_waiting_jobs})  # noqa: S102
    assert (tmp_path / "garden-2.0" / "train.json").stat().st_size
    assert (tmp_path / "garden.parquet").stat().st_size


@pytest.fixture(autouse=True)
def _connections():
    yield
    close_old_connections()

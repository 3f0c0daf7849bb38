"""Releases in a bucket are those of a folder, byte for byte; nobody sees half of one, or one that was changed."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest

from bench import forks
from corpus.stores import store
from releases.downloads import Damaged, file_of
from releases.models import Release
from releases.places import copy
from releases.spec import ReleaseSpec
from releases.storing import delete_abandoned
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.buckets import KEY, keys_in, options, s3, s3_address  # noqa: F401 - fixtures
from tests.client.servers import cutting_proxy
from tests.factories import command
from tests.ports import unused_port
from tests.releases.test_push_hub import released
from workspace.actions import begin_release, run_job
from workspace.models import Job

DAY = "--date=2026-01-02"


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    """Return a project with a release 1.0 in a folder."""
    return released(tmp_path_factory.mktemp("garden"))


@pytest.fixture
def bucket(s3, s3_address, settings):  # noqa: F811
    """Keep files in a bucket that is empty at first."""
    settings.STORAGE = options(s3_address)
    for key in keys_in(s3, ""):
        s3.delete_object(Bucket="files", Key=key)
    return s3


def make(project, version):
    """Make a release and return it."""
    made = command("release", version, DAY, project=project.slug)
    assert made.code == 0, made.stderr
    return Release.objects.get(project=project, version=version)


@pytest.fixture
def release(bucket, garden):
    """Yield a release in the bucket."""
    release = make(garden, "2.0")
    yield release
    release.delete()


def contents(client, release):
    """Return the files of a release in the bucket, by name."""
    start = f"site/a/{release.folder.removeprefix('store:')}/"
    return {name: client.get_object(Bucket="files", Key=start + name)["Body"].read() for name in keys_in(client, start)}


def test_release_in_a_bucket_has_the_bytes_of_one_in_a_folder(garden, bucket, settings):
    in_bucket = settings.STORAGE
    settings.STORAGE = options("", bucket="")
    folder = Path(make(garden, "3.0").folder)
    on_disk = {path.name: path.read_bytes() for path in folder.iterdir()}
    Release.objects.filter(project=garden, version="3.0").delete()
    shutil.rmtree(folder)
    settings.STORAGE = in_bucket
    release = make(garden, "3.0")
    assert contents(bucket, release) == on_disk
    assert len(on_disk) > 10
    assert not folder.exists()
    assert list(folder.parent.glob(".3.0*")) == []
    whole = command("verify_release", release="3.0", project=garden.slug)
    assert (whole.code, whole["differences"], whole["files"]) == (0, 0, len(on_disk) - 1)


def test_files_are_downloaded_in_whole_and_in_part_by_rest(release, garden):
    lead, route = Program(garden, "lead"), f"/api/v1/projects/{garden.slug}/releases/2.0/files/train.json"
    whole = lead.client.get(route)
    body = b"".join(whole.streaming_content)
    digest = hashlib.sha256(body).hexdigest()
    assert (digest, whole["ETag"], whole["Content-Length"]) == (
        release.hashes["train.json"],
        f'"{digest}"',
        str(len(body)),
    )
    part = lead.client.get(route, headers={"range": "bytes=10-", "if-range": whole["ETag"]})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, body[10:])
    assert lead.client.get(route, headers={"range": f"bytes={len(body)}-"}).status_code == 416
    assert lead.client.get(route, headers={"if-none-match": whole["ETag"]}).status_code == 304
    head = lead.client.head(route)
    assert (head["Content-Length"], head.content) == (str(len(body)), b"")


def test_page_sends_downloads_on_by_links_and_rest_does_not(release, garden, settings):
    settings.STORAGE = options(settings.STORAGE.endpoint, by_links=True)
    answer = Visitor(garden, "lead").get("releases/of/2.0/train.json")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{settings.STORAGE.endpoint}/files/site/a/releases/{garden.slug}/2.0.")
    stranger = Visitor(garden)
    assert stranger.get("releases/of/2.0/train.json").status_code == 403
    assert Program(garden, "lead").get(f"projects/{garden.slug}/releases/2.0/files/train.json").status_code == 200


def test_release_in_a_bucket_is_shown_compared_written_for_others(release, garden, tmp_path):
    lead = Visitor(garden, "lead")
    shown = lead.get("releases/of/2.0/").content.decode()
    assert "Manipulation</strong> (fine-grained)" in shown  # of the card
    assert lead.get("releases/compare/?before=1.0&after=2.0").status_code == 200
    assert command("export_for", "inspect", release="2.0", out=tmp_path / "new", project=garden.slug)["rows"] == 4


def test_file_that_was_changed_in_the_bucket_is_not_used(release, bucket, garden):
    key = f"site/a/{release.folder.removeprefix('store:')}/README.md"
    lead, route = Program(garden, "lead"), f"/api/v1/projects/{garden.slug}/releases/2.0/files/README.md"
    bucket.put_object(Bucket="files", Key=key, Body=b"another")
    with pytest.raises(Damaged, match="has changed since it was stored"):
        file_of(release, "README.md")
    assert (lead.client.get(route).status_code, lead.client.get(route).json()["error"]["code"]) == (409, "damaged")
    bucket.put_object(Bucket="files", Key=key, Body=b"another", Metadata={"sha256": "0" * 64})
    assert (lead.client.get(route).status_code, lead.client.get(route).json()["error"]["code"]) == (409, "damaged")
    verified = command("verify_release", release="2.0", project=garden.slug)
    assert (verified.code, "README.md: its SHA-256 is" in verified.stderr) == (1, True)
    bucket.delete_object(Bucket="files", Key=key)
    assert lead.client.get(route).json()["error"]["message"].startswith("README.md of release 2.0 is not in the store.")
    with pytest.raises(Damaged):
        file_of(release, "README.md")


def test_killed_release_is_no_release_and_is_swept(garden, bucket, settings, tmp_path):
    with cutting_proxy(settings.STORAGE.endpoint) as proxy:
        proxy.hang = b"/train.parquet"
        environment = os.environ | {
            "STORAGE_BUCKET": "files", "STORAGE_ENDPOINT": proxy.url, "STORAGE_PREFIX": "site/a",
            "STORAGE_KEY": ":".join(KEY[:2]), "DJANGO_SETTINGS_MODULE": "tests.settings",
        }  # fmt: skip
        line = [sys.executable, "manage.py", "release", "4.0", DAY, "--project", garden.slug]
        running = forks.start(line, tmp_path / "release.log", environment)
        assert proxy.is_hanging.wait(60), (tmp_path / "release.log").read_text()
        running.kill_all()
        proxy.released.set()
    left = keys_in(bucket)
    assert left
    assert not any(name.endswith("manifest.json") for name in left)
    assert not Release.objects.filter(project=garden, version="4.0").exists()
    made = make(garden, "4.0")
    delete_abandoned(store(), 3600)
    assert left < keys_in(bucket)
    delete_abandoned(store(), -3600)
    assert {name.rpartition("/")[2] for name in keys_in(bucket)} == set(made.hashes)


def test_store_that_is_away_puts_a_release_off_and_is_told_on_its_page(release, garden, settings):
    there = settings.STORAGE
    settings.STORAGE = options(f"http://127.0.0.1:{unused_port()}")
    page = Visitor(garden, "lead").get("releases/of/2.0/?tab=datasheet")
    assert (page.status_code, "The store of files cannot be reached" in page.content.decode()) == (200, True)
    job = begin_release(project=garden, spec=ReleaseSpec("5.0"), enqueue=lambda _job: None)
    run_job(job_id=job.pk)
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.attempts) == ("waiting", 0)
    settings.STORAGE = there
    run_job(job_id=job.pk)
    assert Job.objects.get(pk=job.pk).state == "done"


def test_file_that_goes_while_a_release_is_copied_is_missing_and_not_empty(bucket, tmp_path):
    copy(store(), "releases/gone/train.json", tmp_path / "copied" / "train.json")
    assert list((tmp_path / "copied").iterdir()) == []

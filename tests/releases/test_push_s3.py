"""A release is pushed by boto3 to a store on loopback that speaks S3 (moto): whole, once, and again after a break."""

import hashlib
import os
import sys
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bench import forks
from corpus.models import Event
from releases.models import Release
from tests.client.servers import cutting_proxy, scripted
from tests.factories import command
from tests.releases.test_push_hub import push, released, verbs

KEY = "made-up-id:made-up-secret"
PLACE = "s3://bucket/rows"


@pytest.fixture(scope="module")
def store():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    return released(tmp_path_factory.mktemp("garden"))


@pytest.fixture
def s3(store, settings, monkeypatch):
    """Let pushes go to an empty bucket of the store; return the test's own client."""
    settings.PUSH_S3_ENDPOINT, settings.PUSH_ENDPOINTS_ALLOWED = store, [store]
    monkeypatch.setenv("PUSH_KEY_S3", KEY)
    client = boto3.client(
        "s3", endpoint_url=store, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="bucket")
    yield client
    for each in client.list_objects_v2(Bucket="bucket").get("Contents", []):
        client.delete_object(Bucket="bucket", Key=each["Key"])
    client.delete_bucket(Bucket="bucket")


def names_in(s3):
    return {each["Key"] for each in s3.list_objects_v2(Bucket="bucket").get("Contents", [])}


def test_release_is_pushed_whole_and_once(s3, tmp_path, monkeypatch):
    # What is ambient does not count.
    (tmp_path / "config").write_text("no configuration [")
    for name, value in (
        ("AWS_ENDPOINT_URL", "http://169.254.169.254"),
        ("AWS_PROFILE", "no-such-profile"),
        ("AWS_CONFIG_FILE", str(tmp_path / "config")),
        ("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "config")),
    ):
        monkeypatch.setenv(name, value)
    project = released(tmp_path)
    release = Release.objects.get(project=project)
    s3.put_object(Bucket="bucket", Key="rows/1.0/note.txt", Body=b"mine")
    done = push(project, to=PLACE)
    assert done == {"url": f"{PLACE}/1.0/", "sent": len(release.hashes), "unchanged": 0, "private": None}, done.stderr
    assert "Not of this release, and left alone: note.txt" in done.stderr
    assert names_in(s3) == {f"rows/1.0/{name}" for name in (*release.hashes, "note.txt")}
    for name, sha256 in release.hashes.items():
        body = s3.get_object(Bucket="bucket", Key=f"rows/1.0/{name}")["Body"].read()
        assert hashlib.sha256(body).hexdigest() == sha256
    again = push(project, to=f"{PLACE}/")
    assert (again["sent"], again["unchanged"]) == (0, len(release.hashes))
    assert verbs(project) == ["release.push_started", "release.pushed"]
    assert "made-up" not in str(list(Event.objects.filter(project=project).values_list("detail", flat=True)))


def test_what_is_missing_or_damaged_is_sent_again(s3, garden):
    assert push(garden, to=PLACE).code == 0
    s3.delete_object(Bucket="bucket", Key="rows/1.0/train.json")
    s3.put_object(Bucket="bucket", Key="rows/1.0/votes.parquet", Body=b"cut")
    left = s3.create_multipart_upload(Bucket="bucket", Key="rows/1.0/test.json")["UploadId"]  # of a killed push
    assert left
    assert push(garden, to=PLACE)["sent"] == 2
    assert push(garden, to=PLACE)["sent"] == 0
    assert not s3.list_multipart_uploads(Bucket="bucket").get("Uploads")


def test_other_release_of_that_version_is_not_overwritten(s3, garden, tmp_path):
    assert push(garden, to=PLACE).code == 0
    before = {key: s3.head_object(Bucket="bucket", Key=key)["ETag"] for key in names_in(s3)}
    other = released(tmp_path)
    refused = push(other, to=PLACE)
    assert (refused.code, "has another release of that version" in refused.stderr) == (2, True), refused.stderr
    assert {key: s3.head_object(Bucket="bucket", Key=key)["ETag"] for key in names_in(s3)} == before
    assert push(other, to="s3://bucket").code == 0  # the bucket itself is a place, too


def test_broken_push_names_what_to_do_and_the_next_one_goes_on(s3, store, garden, settings):
    with cutting_proxy(store) as proxy:
        settings.PUSH_S3_ENDPOINT, settings.PUSH_ENDPOINTS_ALLOWED = proxy.url, [proxy.url]
        proxy.cuts, proxy.after, proxy.only = 1000, 0, b"PUT /bucket/rows/1.0/t"
        broken = push(garden, to=PLACE)
        assert broken.code == 2
        assert "The connection to s3://bucket/rows/1.0/ broke" in broken.stderr
        assert "Push again: what has arrived is not sent again" in broken.stderr
        assert "rows/1.0/manifest.json" not in names_in(s3)  # who waits for it sees no half release
        arrived = len(names_in(s3))
        proxy.cuts = 0
        assert push(garden, to=PLACE)["unchanged"] >= arrived - 1
    release = Release.objects.get(project=garden, version="1.0")
    assert names_in(s3) == {f"rows/1.0/{name}" for name in release.hashes}


def test_killed_push_is_continued(s3, store, garden, tmp_path):
    with cutting_proxy(store) as proxy:
        proxy.hang = b"PUT /bucket/rows/1.0/test.json"
        environment = os.environ | {"PUSH_S3_ENDPOINT": proxy.url, "PUSH_ENDPOINTS_ALLOWED": proxy.url}
        environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        line = [sys.executable, "manage.py", "push_release", "1.0", "--to", PLACE, "--project", garden.slug]
        running = forks.start(line, tmp_path / "push.log", environment)
        assert proxy.is_hanging.wait(60), (tmp_path / "push.log").read_text()
        running.kill_all()
        proxy.released.set()
    arrived = names_in(s3)
    assert arrived
    assert "rows/1.0/manifest.json" not in arrived
    assert verbs(garden)[-1] == "release.push_started"
    done = push(garden, to=PLACE)
    assert (done.code, done["unchanged"]) == (0, len(arrived)), done.stderr
    assert verbs(garden)[-1] == "release.pushed"


def test_refusals_of_the_store_are_said(s3, garden, settings):
    for status, code, words in (
        (403, "AccessDenied", "refuses the key in PUSH_KEY_S3 for s3://bucket/rows (403). It needs s3:PutObject"),
        (401, "InvalidAccessKeyId", "refuses the key in PUSH_KEY_S3"),
        (500, "InternalError", "The store refused: "),
    ):
        body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
        with scripted((status, {"Connection": "close"}, body)) as stub:
            settings.PUSH_S3_ENDPOINT, settings.PUSH_ENDPOINTS_ALLOWED = stub.url, [stub.url]
            refused = push(garden, to=PLACE)
        assert (refused.code, words in refused.stderr) == (2, True), refused.stderr
    settings.PUSH_S3_ENDPOINT = "http://127.0.0.1:9"
    refused = push(garden, to=PLACE)
    assert "127.0.0.1 is not of the public internet, and PUSH_ENDPOINTS_PUBLIC_ONLY is set" in refused.stderr
    settings.PUSH_ENDPOINTS_ALLOWED = ["http://127.0.0.1:9"]
    assert "The connection to s3://bucket/rows/1.0/ broke" in push(garden, to=PLACE).stderr


def test_bucket_that_is_not_there_and_public_are_refused(s3, garden, settings):
    refused = push(garden, to="s3://no-such-bucket/rows")
    assert (refused.code, "There is no bucket no-such-bucket" in refused.stderr) == (2, True), refused.stderr
    settings.PUSH_S3_ENDPOINT, settings.PUSH_S3_REGION = "", "no region"
    assert "PUSH_S3_REGION is wrong" in push(garden, to=PLACE).stderr
    refused = push(garden, "--public", to=PLACE)
    assert "Who may read a bucket is said by the bucket's own rules" in refused.stderr
    assert names_in(s3) == set()


def test_archived_project_is_pushed(s3, tmp_path):
    project = released(tmp_path)
    assert command("archive_project", project.slug, reason="done").code == 0
    assert push(project, to=PLACE).code == 0
    assert Path(Release.objects.get(project=project).folder).is_dir()

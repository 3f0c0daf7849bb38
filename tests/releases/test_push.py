"""What may be pushed where, with which key, before anything is sent."""

import sys
from pathlib import Path

import pytest

from corpus.errors import Refused
from jury.endpoints import EndpointRules, ForbiddenEndpoint
from releases.models import Release
from releases.pushing.addresses import check_url
from releases.pushing.destinations import Destination, parse_destination, read_key, split_s3_key
from releases.pushing.files import files_to_push
from tests.cases import cases
from tests.releases.test_push_hub import push, released


@cases(
    ("typed", "kind", "name", "prefix"),
    [
        ("hf:garden/rows", "hf", "garden/rows", ""),
        ("hf:A-b_c/d.e", "hf", "A-b_c/d.e", ""),
        ("s3://bucket", "s3", "bucket", ""),
        ("s3://my.bucket-1/", "s3", "my.bucket-1", ""),
        ("s3://bucket/a/b_c.d/", "s3", "bucket", "a/b_c.d"),
    ],
)
def test_destination_is_a_dataset_or_a_folder(typed, kind, name, prefix):
    assert parse_destination(typed) == Destination(kind, name, prefix)


@cases(
    "typed",
    [
        *("", "garden", "hf:rows", "hf:a/b/c", "hf:a/..", "hf:a/b--c", "hf:a/b.git", "hf:a/b?x=1", "hf:ä/b", "HF:a/b"),
        *(
            "s3:bucket",
            "s3://",
            "s3://B",
            "s3://b",
            "s3://b/../c",
            "s3://bucket/a//b",
            "s3://bucket/../x",
            "s3://bucket/ä",
        ),
        *("https://bucket/a", "hf:a/b\n", "s3://key:secret@bucket/a"),
    ],
)
def test_text_that_names_no_destination_is_refused(typed):
    with pytest.raises(Refused):
        parse_destination(typed)


def test_key_comes_from_a_variable_for_keys_of_pushes(monkeypatch, tmp_path):
    hub = Destination("hf", "a/b")
    others = ("SECRET_KEY", "DATABASE_URL", "JUROR_KEY_A", "AWS_SECRET_ACCESS_KEY", "hf_made_up")
    for name in (*others, "PUSH_KEY_A_FILE", "PUSH_KEY_"):
        monkeypatch.setenv(name, "x")
        with pytest.raises(Refused, match="begins with PUSH_KEY_"):
            read_key(hub, name)
    monkeypatch.delenv("PUSH_KEY_HF", raising=False)
    with pytest.raises(Refused, match="Set PUSH_KEY_HF, or name its file in PUSH_KEY_HF_FILE"):
        read_key(hub)
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("PUSH_KEY_LAB_FILE", str(tmp_path / "key"))
    assert read_key(hub, "PUSH_KEY_LAB") == ("PUSH_KEY_LAB", "from a file")
    assert split_s3_key("K", "id:secret") == ["id", "secret", ""]
    assert split_s3_key("K", "id:secret:session") == ["id", "secret", "session"]
    for key in ("secret", ":secret", "id:", "a:b:c:d"):
        with pytest.raises(Refused, match="ID:SECRET"):
            split_s3_key("K", key)


def test_addresses_of_pushes_are_public_unless_allowed():
    rules = EndpointRules(public_only=True, setting="PUSH_ENDPOINTS")
    for url in ("http://127.0.0.1:9000", "http://localhost:9000", "http://10.0.0.7", "http://169.254.169.254/x?y=1"):
        with pytest.raises(ForbiddenEndpoint):
            check_url(url, rules)
    check_url("http://127.0.0.1:9000/a", EndpointRules.parse(["http://127.0.0.1:9000"], public_only=True))
    check_url("https://name-that-is-nowhere.invalid/x", rules)  # to connect will fail


def test_push_without_its_libraries_says_what_to_install(tmp_path, monkeypatch, settings):
    project = released(tmp_path)
    settings.PUSH_ENDPOINTS_ALLOWED = [settings.PUSH_HUB_ENDPOINT]
    for library, to, key in (
        ("huggingface_hub", "hf:garden/rows", "PUSH_KEY_HF"),
        ("boto3.session", "s3://bucket", "PUSH_KEY_S3"),
    ):
        monkeypatch.setenv(key, "made-up:made-up")
        monkeypatch.setitem(sys.modules, library, None)  # as if it were not there
        refused = push(project, to=to)
        assert (refused.code, "install requirements/push.txt" in refused.stderr) == (2, True), refused.stderr


def test_release_that_is_missing_or_has_changed_is_not_pushed(tmp_path, monkeypatch):
    project = released(tmp_path)
    monkeypatch.setenv("PUSH_KEY_HF", "made-up")
    refused = push(project, version="2.0")
    assert (refused.code, refused.stderr.strip()) == (2, f"Project {project} has no release '2.0'. It has 1.0.")
    release = Release.objects.get(project=project)
    assert [each.name for each in files_to_push(release)][-1] == "manifest.json"
    (Path(release.folder) / "train.json").write_bytes(b"[]\n")
    (Path(release.folder) / "README.md").unlink()
    refused = push(project)
    assert refused.code == 2
    assert "Nothing was pushed" in refused.stderr
    assert "README.md of release 1.0 cannot be read" in refused.stderr
    assert "train.json of release 1.0 has changed" in refused.stderr

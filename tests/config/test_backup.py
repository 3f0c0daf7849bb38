"""A backup restored elsewhere is the same installation; a damaged one changes nothing."""

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import psycopg
import pytest

from bench import forks
from config import embedded
from config.backups.parts import size_and_hash, write_manifest, write_part
from config.data_dir import DataDir
from config.embedded.postgres import binary
from tests.buckets import KEY, keys_in, s3, s3_address  # noqa: F401 - fixtures
from tests.commands import run_commands
from tests.factories import dialogue, opinion, write_lines
from tests.full_disks import run_on_full_disk
from tests.homes import own_servers, prepared_home

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"
SETTLE = """
from django.contrib.auth.models import User
from adjudication import actions
from adjudication.models import Case
from annotation.actions import show_dialogue
from corpus.labels import Judgement
from corpus.models import Project
judge = User.objects.get(username="judge"); judge.set_password({password!r}); judge.save()
case = Case.objects.get(state="open")
settlement = dict(project=Project.objects.get(slug="garden"), case=case.pk, by=judge)
settlement["judgement"] = Judgement("unsafe", "safe", ("threat",), "", "It is a threat.")
show_dialogue(item=case.item, user=judge)
actions.record_blind(**settlement)
actions.settle_case(**settlement)
"""
GUARD = """
from pathlib import Path
from django.conf import settings
from guards.models import TrainedGuard
from releases.models import Release
release = Release.objects.get(version="1.0")
folder = Path(settings.ASSIZE_HOME) / "guards" / "garden" / "first"
folder.mkdir(parents=True)
(folder / "guard.json").write_text("weights")
TrainedGuard.objects.create(
    project=release.project, name="first", release=release, sha256="0" * 64, manifest={}, folder=str(folder)
)
"""
FOLDER_OF_GUARD = """
import json
from guards.models import TrainedGuard
print(json.dumps(TrainedGuard.objects.get(name="first").folder))
"""
SIGN_IN = """
import json
from django.test import Client
visitor = Client(SERVER_NAME="127.0.0.1")
answer = visitor.post("/sign-in/", dict(login="judge", password={password!r}))
print(json.dumps([answer.status_code, "_auth_user_id" in visitor.session]))
"""


class Installation:
    """An installation with its own data directory and servers, driven by commands."""

    def __init__(self, data_dir, **more):
        self.data_dir, self.environment = data_dir, own_servers(data_dir) | more

    def run(self, *words, **more):
        return forks.run([sys.executable, "manage.py", *(str(word) for word in words)], self.environment | more)

    def do(self, *words):
        return self.do_all(words)[0]

    def do_all(self, *lines):
        return run_commands(self.environment, *lines)

    def refusal(self, *words, **more):
        return error_line(self.run(*words, **more))

    def refusal_on_full_disk(self, *words):
        return error_line(run_on_full_disk(20_000, *words, environment=self.environment))

    def database(self):
        return psycopg.connect(embedded.addresses(self.data_dir)["DATABASE_URL"])

    def facts(self, folder):
        """Return the decisions and the export as bytes, which a restore must reproduce."""
        folder.mkdir()
        self.do_all(
            ["list_decisions", "--out", folder / "decisions", "--project", "garden"],
            ["export_dataset", "--out", folder / "export", "--project", "garden"],
        )
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def error_line(ended):
    """Return the only error line of a command that changed nothing."""
    lines = ended.stderr.strip().splitlines()
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr
    return lines[-1]


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    installation = Installation(prepared_home(folder / "data"))
    rows = [dialogue(f"d{n}", text=f"Dialogue {n} über alles") for n in range(40)]
    torn = [opinion("d0", rater, label, "safe") for rater, label in zip("abcd", ["safe", "unsafe"] * 2, strict=True)]
    votes = [opinion(f"d{n}", rater, "safe", "safe") for n in range(1, 40) for rater in ("a", "b", "model-x")]
    try:
        installation.do_all(
            ["create_project", "garden"],
            ["import_dialogues", write_lines(folder, rows), "--project", "garden"],
            ["import_votes", write_lines(folder, torn + votes), "--project", "garden"],
            ["create_user", "judge", "--role", "admin", "--project", "garden"],
            ["adjudicate", "--project", "garden"],
            ["shell", "--no-imports", "--command", SETTLE.format(password=PASSWORD)],
            ["adjudicate", "--project", "garden"],
            ["release", "1.0", "--project", "garden"],
            ["shell", "--no-imports", "--command", GUARD],
        )
        yield installation
    finally:
        embedded.stop(installation.data_dir)


@pytest.fixture(scope="module")
def backup(old, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept") / "backup"
    report = old.do("backup", folder, "--with-secrets")
    assert report["files"] > 9
    assert not [path for path in folder.parent.iterdir() if path != folder]
    return folder


@pytest.fixture
def fresh(tmp_path):
    installation = Installation(DataDir(tmp_path / "another data directory"))
    yield installation
    embedded.stop(installation.data_dir)


@pytest.fixture
def prepared(tmp_path):
    installation = Installation(prepared_home(tmp_path / "prepared"))
    yield installation
    embedded.stop(installation.data_dir)


def test_restored_backup_is_the_same_installation(old, backup, fresh, tmp_path):
    assert json.loads(fresh.run("restore", backup).stdout)["rows"] > 200
    facts = old.facts(tmp_path / "old facts")
    assert fresh.facts(tmp_path / "new facts") == facts
    verified, guard, signed_in, imported, released = fresh.do_all(
        ["verify_release", fresh.data_dir.path / "releases" / "garden" / "1.0"],
        ["shell", "--no-imports", "--command", FOLDER_OF_GUARD],
        ["shell", "--no-imports", "--command", SIGN_IN.format(password=PASSWORD)],
        ["import_dialogues", write_lines(tmp_path, [dialogue("later")]), "--project", "garden"],
        ["release", "1.1", "--project", "garden"],
    )
    assert (verified["differences"], verified["settled"]) == (0, 1)
    assert Path(guard) == fresh.data_dir.path / "guards" / "garden" / "first"
    assert (Path(guard) / "guard.json").read_text() == "weights"
    assert (fresh.data_dir.path / "secrets/django").read_text() == (old.data_dir.path / "secrets/django").read_text()
    assert signed_in == [302, True]
    with fresh.database() as connection, pytest.raises(psycopg.Error, match="append-only"):
        connection.execute("DELETE FROM corpus_event")
    assert (imported["created"], released["rows"]) == (1, 40)
    assert "already" in fresh.refusal("restore", backup)  # the database has data now
    assert fresh.run("restore", backup, "--replace").returncode == 0
    assert fresh.facts(tmp_path / "again") == facts
    assert (fresh.data_dir.path / "releases.replaced-1" / "garden" / "1.1").is_dir()
    assert not list(fresh.data_dir.path.glob(".restore*"))


def test_key_is_restored_unless_the_environment_has_one(old, backup, prepared):
    kept, names = prepared.data_dir.path / "secrets" / "django", ("SECRET_KEY", "SECRET_KEY_FILE")
    assert prepared.run("restore", backup, **dict.fromkeys(names[:1], "own" * 20)).returncode == 0
    assert not kept.exists()
    assert prepared.run("restore", backup, "--replace", **dict.fromkeys(names, "")).returncode == 0
    assert kept.read_text() == (old.data_dir.path / "secrets" / "django").read_text()


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(("name", "harm"), [
    ("database.dump", flip), ("database.dump", cut), ("manifest.json", flip),
    ("releases/garden/1.0/votes.parquet", Path.unlink),
])  # fmt: skip
def test_damaged_backup_is_rejected_by_file_name(old, backup, tmp_path, harm, name):
    hurt = Path(shutil.copytree(backup, tmp_path / "hurt"))
    harm(hurt / name)
    line = old.refusal("restore", hurt, "--replace")

    assert name in line
    with old.database() as connection:
        assert connection.execute("SELECT count(*) FROM corpus_item").fetchone()[0] == 40
    assert (old.data_dir.path / "releases/garden/1.0/votes.parquet").is_file()


def test_full_disk_leaves_no_partial_backup_or_restore(old, backup, prepared, tmp_path):
    line = old.refusal_on_full_disk("backup", tmp_path / "too large")
    assert "cannot be written: File too large" in line
    assert not list(tmp_path.glob("*too large*"))

    assert "large" in prepared.refusal_on_full_disk("restore", backup)
    assert prepared.do("prepare") == {"projects": 1}
    assert not (prepared.data_dir.path / "releases").exists()
    assert not list(prepared.data_dir.path.glob(".restore*"))


def test_restore_leaves_a_database_in_use(old, backup):
    with old.database() as connection:
        connection.execute("SELECT * FROM corpus_item LIMIT 1")  # in a transaction that stays open
        line = old.refusal("restore", backup, "--replace", RESTORE_LOCK_SECONDS="1")
    assert "as it was" in line
    assert "stop pages and workers" in line
    assert old.do("adjudicate", "--project", "garden")["settled"] == 1


def test_backup_of_newer_version_is_rejected(old, backup, tmp_path):
    newer = Path(shutil.copytree(backup, tmp_path / "newer"))
    manifest = json.loads((newer / "manifest.json").read_text())
    write_manifest(
        partial(write_part, newer), manifest | {"migrations": [*manifest["migrations"], "corpus.9999_from_tomorrow"]}
    )
    assert "corpus.9999_from_tomorrow" in old.refusal("restore", newer, "--replace")


def test_backup_of_an_older_version_is_migrated_before_its_rows_are_read(backup, fresh, tmp_path):
    """It stopped at a column that the older one lacks, with its releases where they had been."""
    older = Path(shutil.copytree(backup, tmp_path / "older"))
    make_older(fresh, backup, older)
    nowhere = "postgresql://pooler@127.0.0.1:1/assize"  # a restore goes past the pooler
    done = fresh.run("restore", older, "--replace", DATABASE_POOL_URL=nowhere)
    assert done.returncode == 0, done.stderr
    verified, guard = fresh.do_all(
        ["verify_release", fresh.data_dir.path / "releases" / "garden" / "1.0"],
        ["shell", "--no-imports", "--command", FOLDER_OF_GUARD],
    )
    assert (verified["differences"], Path(guard)) == (0, fresh.data_dir.path / "guards" / "garden" / "first")


def make_older(installation, backup, folder):
    """Make a copy of a backup one of before Project.certified_score_by, by way of an installation."""
    assert installation.run("restore", backup).returncode == 0
    done = installation.run("migrate", "corpus", "0015")
    assert done.returncode == 0, done.stderr
    url = embedded.addresses(installation.data_dir)["DATABASE_URL"]
    subprocess.run([binary("pg_dump"), url, "--format=custom", f"--file={folder / 'database.dump'}"], check=True)
    with installation.database() as connection:
        applied = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
        columns = connection.execute(
            "SELECT count(*) FROM information_schema.columns WHERE column_name = 'certified_score_by'"
        )
        assert columns.fetchone() == (0,)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["migrations"] = [name for (name,) in applied]
    manifest["rows"]["django_migrations"] = len(applied)
    manifest["parts"]["database.dump"] = size_and_hash(folder / "database.dump")
    write_manifest(partial(write_part, folder), manifest)


def test_backup_and_restore_never_overwrite(old, backup):
    assert "exists already" in old.refusal("backup", backup)


def test_backup_moves_an_installation_into_a_bucket_and_may_be_kept_there(old, backup, tmp_path, s3, s3_address):  # noqa: F811
    moved = Installation(
        prepared_home(tmp_path / "moved"),
        STORAGE_BUCKET="files",
        STORAGE_ENDPOINT=s3_address,
        STORAGE_PREFIX="moved",
        STORAGE_KEY=":".join(KEY[:2]),
    )
    try:
        assert moved.run("restore", backup, "--replace").returncode == 0
        assert not (moved.data_dir.path / "releases").exists()
        first, again, verified = moved.do_all(
            ["backup", "store:nightly"],
            ["restore", "store:nightly", "--replace"],
            ["verify_release", "--release", "1.0", "--project", "garden"],
        )
        assert (first["backup"], verified["differences"]) == ("store:nightly", 0)
        assert again["rows"] > 200
        names = {name.rpartition("/")[2] for name in keys_in(s3, "moved/backups/nightly/releases/garden/1.0/")}
        assert {"manifest.json", "train.json", "votes.parquet"} < names
        assert {"manifest.json", "manifest.sha256"} < keys_in(s3, "moved/backups/nightly/")
        # Nothing is written over: what each restore stored has a name of its own.
        assert len({name.split("/")[1] for name in keys_in(s3, "moved/releases/")}) == 2
        before = keys_in(s3, "moved/")
        away = {"STORAGE_BUCKET": "nowhere"}
        assert "There is no bucket nowhere" in moved.refusal("restore", backup, "--replace", **away)
        assert keys_in(s3, "moved/") == before
    finally:
        embedded.stop(moved.data_dir)

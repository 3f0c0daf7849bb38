"""Files of a backup and their hashes, without a database."""

import hashlib
import json
import shutil
import subprocess
from functools import partial

import pytest

from config.backups.parts import (
    BLOCK,
    DUMP,
    FORMAT,
    MANIFEST,
    MANIFEST_HASH,
    blocks_of,
    read_verified,
    size_and_hash,
    temporary_folder,
    write_manifest,
    write_part,
)
from config.backups.restoring import half_restored, move_folders, restore_secret, staging_folder
from config.backups.tools import environment
from corpus.errors import Refused
from corpus.stores.folder import FolderStore


def backup_in(folder, **changes):
    """Write a small backup and return its manifest."""
    parts = {name: write_part(folder, name, [content]) for name, content in ((DUMP, b"dump"), ("releases/a/1", b"x"))}
    manifest = {"format": FORMAT, "parts": parts} | changes
    write_manifest(partial(write_part, folder), manifest)
    return manifest


@pytest.mark.parametrize(("content", "sizes"), [
    (0, []),
    (1, [1]),
    (BLOCK - 1, [BLOCK - 1]),
    (BLOCK, [BLOCK]),
    (BLOCK + 1, [BLOCK, 1]),
    (2 * BLOCK, [BLOCK, BLOCK]),
])  # fmt: skip
def test_file_is_read_in_blocks(tmp_path, content, sizes):
    (tmp_path / "file").write_bytes(b"x" * content)
    assert [len(block) for block in blocks_of(tmp_path / "file")] == sizes


@pytest.mark.parametrize("blocks", [[], [b""], [b"a"], [b"a", b"", b"bc"], [b"\0" * 5000]])
@pytest.mark.parametrize("name", ["file", "a/b/c file", "releases/é/1.0"])
def test_part_has_the_size_and_hash_of_what_was_written(tmp_path, blocks, name):
    whole = b"".join(blocks)
    part = write_part(tmp_path, name, iter(blocks))
    assert part == {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    assert (tmp_path / name).read_bytes() == whole
    assert size_and_hash(tmp_path / name) == part


@pytest.mark.parametrize("name", ["missing", "folder", "file/below", "x" * 300])
def test_what_cannot_be_read_has_no_hash(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert size_and_hash(tmp_path / name) is None


def test_whole_backup_is_read_back_and_sha256sum_reads_its_hash(tmp_path):
    manifest = backup_in(tmp_path)
    assert read_verified(tmp_path) == manifest
    digest, name = (tmp_path / MANIFEST_HASH).read_text().split()
    assert (digest, name) == (hashlib.sha256((tmp_path / MANIFEST).read_bytes()).hexdigest(), MANIFEST)
    assert list(json.loads((tmp_path / MANIFEST).read_text())) == ["format", "parts"]


@pytest.mark.parametrize(("name", "content"), [
    (DUMP, b""),
    (DUMP, b"dumq"),
    (DUMP, b"dump\n"),
    (DUMP, None),
    ("releases/a/1", b"y"),
    ("releases/a/1", None),
    (MANIFEST, b"{}"),
    (MANIFEST, b""),
    (MANIFEST, None),
    (MANIFEST_HASH, b""),
    (MANIFEST_HASH, b"\xff\xfe"),
    (MANIFEST_HASH, b" \n"),
    (MANIFEST_HASH, None),
])  # fmt: skip
def test_changed_or_missing_file_is_named(tmp_path, name, content):
    backup_in(tmp_path)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=name.replace(".", r"\.")):
        read_verified(tmp_path)


def test_damage_to_the_recorded_hash_is_damage_to_the_manifest(tmp_path):
    backup_in(tmp_path)
    (tmp_path / MANIFEST_HASH).write_text(f"{'0' * 64}  {MANIFEST}\n")
    with pytest.raises(Refused, match=r"damaged: manifest\.json is not what was written"):
        read_verified(tmp_path)


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "releases/.."])
def test_name_that_leaves_the_folder_is_damage(tmp_path, name):
    folder = tmp_path / "backup"
    write_part(tmp_path, "outside", [b"x"])
    part = size_and_hash(tmp_path / "outside")
    folder.mkdir()
    write_manifest(partial(write_part, folder), {"format": FORMAT, "parts": {name: part}})
    with pytest.raises(Refused, match="is damaged"):
        read_verified(folder)


@pytest.mark.parametrize("form", [0, FORMAT + 1, "1", None])
def test_other_format_is_refused_before_its_parts_are_read(tmp_path, form):
    backup_in(tmp_path, format=form, parts={"missing": {}})
    with pytest.raises(Refused, match=rf"another format \({form}\)"):
        read_verified(tmp_path)


def test_more_files_than_the_manifest_names_are_no_harm(tmp_path):
    manifest = backup_in(tmp_path)
    write_part(tmp_path, "notes.txt", [b"mine"])
    assert read_verified(tmp_path) == manifest


@pytest.mark.parametrize("fails", [False, True])
def test_temporary_folder_goes_with_the_block(tmp_path, fails):
    path = tmp_path / "a" / "half made"
    try:
        with temporary_folder(path) as folder:
            (folder / "file").touch()
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert not path.exists()


def test_renamed_folder_stays_and_an_old_one_is_cleared_first(tmp_path):
    path = tmp_path / "half"
    (path / "old").mkdir(parents=True)
    with temporary_folder(path) as folder:
        assert list(folder.iterdir()) == []
        (folder / "file").touch()
        folder.rename(tmp_path / "whole")
    assert [each.name for each in (tmp_path / "whole").iterdir()] == ["file"]


@pytest.mark.parametrize(("error", "reason"), [
    (OSError(28, "No space left on device"), "No space left on device"),
    (OSError("odd"), "odd"),
])  # fmt: skip
def test_disk_error_is_a_refusal_that_kept_nothing(tmp_path, error, reason):
    with (
        pytest.raises(Refused, match=f"cannot be written: {reason}. Nothing was kept"),
        temporary_folder(tmp_path / "x"),
    ):
        raise error
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("old", "new", "now", "kept"), [
    ({}, {}, None, []),
    ({}, {"a": "new"}, ["a"], []),
    ({"a": "old"}, {"b": "new"}, ["b"], ["releases.replaced-1"]),
    ({"a": "old"}, {}, None, ["releases.replaced-1"]),
])  # fmt: skip
def test_old_folders_are_kept_beside_the_restored(tmp_path, old, new, now, kept):
    data_dir, staged = tmp_path / "home", tmp_path / "staged"
    data_dir.mkdir()
    staged.mkdir()
    for root, files in ((data_dir, old), (staged, new)):
        for name, text in files.items():
            write_part(root, f"releases/{name}", [text.encode()])
    move_folders(staged, data_dir)
    releases = data_dir / "releases"
    assert (sorted(each.name for each in releases.iterdir()) if releases.exists() else None) == now
    assert sorted(each.name for each in data_dir.glob("*.replaced-*")) == kept


@pytest.mark.parametrize("is_same_disk", [False, True])
def test_folder_that_is_mounted_keeps_its_old_files_inside(tmp_path, is_same_disk):
    home, staged = tmp_path / "home", tmp_path / "staged"
    for folder in (home / "releases", tmp_path / "volume"):
        folder.mkdir(parents=True)
    how = ["--bind", tmp_path / "volume"] if is_same_disk else ["-t", "tmpfs", "none"]
    mounted = subprocess.run(["mount", *how, home / "releases"], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a mount is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        for round_, names in enumerate((["garden/1.0/a"], ["garden/1.0/b", "lawn/2.0/c"], [])):
            for name in names:
                write_part(staged, f"releases/{name}", [str(round_).encode()])
            (home / "releases" / "lost+found").mkdir(exist_ok=True)
            move_folders(staged, home)
            shutil.rmtree(staged / "releases", ignore_errors=True)
        found = sorted(path.relative_to(home / "releases").as_posix() for path in home.rglob("?") if path.is_file())
        assert found == [".replaced-1/garden/1.0/a", ".replaced-2/garden/1.0/b", ".replaced-2/lawn/2.0/c"]
        assert list(FolderStore(home).files("releases")) == []  # none of them is to be backed up, or swept
        assert not list(home.glob("releases.replaced*"))
    finally:
        subprocess.run(["umount", home / "releases"], check=True)


def test_what_cannot_be_moved_into_place_says_that_the_database_is_restored(tmp_path):
    write_part(tmp_path / "staged", "uploads/a", [b"x"])
    (tmp_path / "home").touch()
    said = r"The database is restored, but not all files: .*uploads: Not a directory\. Mend"
    with pytest.raises(Refused, match=said), half_restored(tmp_path):
        move_folders(tmp_path / "staged", tmp_path / "home")


def test_staging_folders_of_killed_restores_are_removed_and_those_in_use_stay(tmp_path):
    left = [tmp_path / name for name in (".restore.1", ".restore.2.copy")]
    for folder in left:
        write_part(folder, "database.sql", [b"x"])
    with staging_folder(tmp_path, suffix=".copy") as copy:
        assert not any(folder.exists() for folder in left)
        with staging_folder(tmp_path) as staged:
            assert (copy.is_dir(), staged.is_dir()) == (True, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("options", "variables"), [
    ({"sslmode": "verify-full", "sslcert": "/c", "sslkey": "/k"},
     {"PGSSLMODE": "verify-full", "PGSSLCERT": "/c", "PGSSLKEY": "/k"}),
    ({"host": "/run/postgresql"}, {"PGHOST": "/run/postgresql"}),
    ({"channel_binding": "require", "target_session_attrs": "read-write"},
     {"PGCHANNELBINDING": "require", "PGTARGETSESSIONATTRS": "read-write"}),
])  # fmt: skip
def test_programs_connect_as_the_pages_do(settings, options, variables):
    settings.SERVER_DATABASE = {"HOST": "", "NAME": "assize", "OPTIONS": {**options, "pool": True}}
    found = environment()
    assert {name: found.get(name) for name in (*variables, "PGDATABASE")} == {**variables, "PGDATABASE": "assize"}
    assert "PGPOOL" not in found


def test_second_replacement_has_the_next_number(tmp_path):
    for number in (1, 2, 3):
        write_part(tmp_path / "home", f"uploads/{number}", [b"x"])
        move_folders(tmp_path / "nothing", tmp_path / "home")
    assert sorted(each.name for each in (tmp_path / "home").iterdir()) == [f"uploads.replaced-{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(("variable", "is_restored"), [(None, True), ("SECRET_KEY", False), ("SECRET_KEY_FILE", False)])
@pytest.mark.parametrize("others", [None, ""])
def test_key_is_restored_unless_the_environment_has_one(tmp_path, monkeypatch, variable, is_restored, others):
    for name in ("SECRET_KEY", "SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
        if others is not None:  # blank is as unset
            monkeypatch.setenv(name, others)
    if variable:
        (tmp_path / "own").write_text("of the environment")
        monkeypatch.setenv(variable, str(tmp_path / "own"))
    (tmp_path / "key").write_text("restored")
    restore_secret(tmp_path / "key", tmp_path)
    restore_secret(tmp_path / "missing", tmp_path)
    file = tmp_path / "secrets" / "django"
    assert (file.exists() and file.read_text() == "restored") is is_restored
    assert not is_restored or file.stat().st_mode & 0o077 == 0

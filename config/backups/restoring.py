"""Restore a backup: the database in one transaction, then the files."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from config.backups.parts import DUMP, blocks_of, read_verified, temporary_folder, write_part
from config.backups.tools import output_of
from config.backups.writing import SECRET, bucket_of_backups, folders_in_use, row_counts
from config.data_dir import DataDirError
from config.prepare import prepare_database, unknown_migrations
from corpus.errors import Refused
from corpus.secret_files import read_secret
from corpus.stores import store
from corpus.stores.folder import REPLACED
from releases.storing import store_files

PRELUDE = """
    SET lock_timeout = '{seconds}s';
    SET client_min_messages = warning;
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
FOLDERS = ("releases", "guards", "uploads")
# Rows that a new database does not have, by table.
ROWS_OF_USED_DATABASE = {
    "auth_user": "",
    "corpus_item": "",
    "corpus_project": "WHERE slug <> 'default'",
    "jury_juror": "",
}


def restore_backup(folder: Path, *, replace: bool = False) -> dict[str, Any]:
    """
    Restore the database and the files of a backup, migrate an older one, and return its manifest.

    :param replace: whether to replace data that is here already
    :raises Refused: if the backup is damaged or newer than this software, or there is data here and not `replace`;
        then nothing has changed
    """
    manifest = read_verified(folder)
    check_not_newer(manifest)
    check_may_replace(replace)
    data_dir = Path(settings.ASSIZE_HOME)
    with staging_folder(data_dir) as staged:
        for name in manifest["parts"]:
            if name.startswith(FOLDERS):
                write_part(staged, name, blocks_of(folder / name))
        stored = store_staged(staged, manifest["parts"])  # first: a store that is away changes nothing
        restore_database(folder / DUMP, staged)
        with half_restored(data_dir):
            move_folders(staged, data_dir)
            restore_secret(folder / SECRET, data_dir)
    check_rows(manifest)
    bring_up_to_date(stored)
    return manifest


def bring_up_to_date(stored: dict[str, str]) -> None:
    """
    Migrate what was restored, and point releases and guards to their files.

    :param stored: what `store_staged` returned
    :raises Refused: if it fails, with what to do
    """
    try:
        prepare_database()  # before rows are read: those of an older backup lack columns
        update_folders(stored)
    except (DatabaseError, DataDirError, Refused, OSError) as error:
        raise Refused(
            f"The database is restored, but not brought up to date: {str(error).strip()} "
            "Mend that, then restore again with --replace."
        ) from error


def restore_from_store(name: str, *, replace: bool = False) -> dict[str, Any]:
    """
    Restore a backup that is in the bucket, by way of a copy in the data directory.

    :raises Refused: as `restore_backup`, or if there is no such backup
    :raises StoreProblem: if the bucket cannot be used
    """
    place, start = bucket_of_backups(name)
    with staging_folder(Path(settings.ASSIZE_HOME), suffix=".copy") as copy:
        for file in place.files(start):
            write_part(copy, file.name.removeprefix(f"{start}/"), place.blocks(file.name))
        if not any(copy.iterdir()):
            raise Refused(f"There is no backup in {place}/{start}.")
        return restore_backup(copy, replace=replace)


@contextmanager
def staging_folder(data_dir: Path, *, suffix: str = "") -> Iterator[Path]:
    """
    Create a folder for what is to be restored, for the length of the block; remove those that killed restores left.

    Each is locked while it is in use.

    :raises Refused: if the disk is full, or the folder cannot be written
    """
    for left in data_dir.glob(".restore.*"):
        with suppress(OSError), locked_folder(left):
            shutil.rmtree(left)
    with temporary_folder(data_dir / f".restore.{os.getpid()}{suffix}") as folder, locked_folder(folder):
        yield folder


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """
    Hold a lock on a folder.

    :raises OSError: if another process holds it
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@contextmanager
def half_restored(data_dir: Path) -> Iterator[None]:
    """
    Say of files that cannot be moved into place that the database is restored already.

    :raises Refused: instead of an OSError
    """
    try:
        yield
    except OSError as error:
        raise Refused(
            f"The database is restored, but not all files: {error.filename or data_dir}: {error.strerror or error}. "
            "Mend that, then restore again with --replace."
        ) from error


def store_staged(staged: Path, parts: dict[str, Any]) -> dict[str, str]:
    """
    Store releases and uploads in the bucket, if the installation has one, and remove them from a folder.

    Releases get new names there, so that nothing is written over; uploads have names that are never used twice.

    :param parts: of the backup's manifest
    :return: the `folder` of each release by its name in the backup
    """
    place, stored = store(), {}
    if place.is_folder:
        return {}
    for folder in sorted((staged / "releases").glob("*/*")):
        name = folder.relative_to(staged).as_posix()
        hashes = {path.name: parts[f"{name}/{path.name}"]["sha256"] for path in folder.iterdir()}
        stored[name] = store_files(place, folder.parent.name, folder.name, folder, hashes)
    for path in sorted(path for path in (staged / "uploads").glob("*") if path.is_file()):
        place.take(f"uploads/{path.name}", path)
    for kept in ("releases", "uploads"):
        shutil.rmtree(staged / kept, ignore_errors=True)
    return stored


def check_not_newer(manifest: dict[str, Any]) -> None:
    """
    :raises Refused: if the backup has migrations that this version does not know
    """
    applied = (tuple(name.split(".", 1)) for name in manifest["migrations"])
    if unknown := unknown_migrations((app, name) for app, name in applied):
        raise Refused(
            f"The backup was made by another version ({manifest['software']}): {unknown[0]} is not known here. "
            "Restore it with that version."
        )


def check_may_replace(replace: bool) -> None:
    """
    :raises Refused: if the database is in use, and `replace` is not set
    """
    if not replace and (table := table_in_use()):
        raise Refused(
            f"This database has data already ({table}). Restore into an empty data directory or database, "
            "or use --replace to lose all data that is here."
        )


def table_in_use() -> str:
    """Return the name of a table with rows that a new database does not have, or an empty string."""
    present = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table, where in ROWS_OF_USED_DATABASE.items():
            if table in present:
                cursor.execute(f"SELECT 1 FROM {table} {where} LIMIT 1")
                if cursor.fetchone():
                    return table
    return ""


def restore_database(dump: Path, staged: Path) -> None:
    """
    Replace all tables in one transaction.

    :raises Refused: if PostgreSQL rolls it back
    """
    # Written out completely first: psql cannot tell the end of a broken pipe from the end of the script.
    prelude, script = staged / "prelude.sql", staged / "database.sql"
    # Fail if the tables are still in use, rather than block every later query.
    prelude.write_text(PRELUDE.format(seconds=settings.RESTORE_LOCK_SECONDS))
    for _block in output_of("pg_restore", f"--file={script}", "--no-owner", "--no-privileges", str(dump)):
        pass
    connection.close()
    quiet = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction")
    try:
        for _block in output_of("psql", *quiet, f"--file={prelude}", f"--file={script}"):
            pass
    except Refused as error:
        raise Refused(f"{error} The database is as it was. If it is in use, stop pages and workers first.") from error
    script.unlink()


def move_folders(staged: Path, data_dir: Path) -> None:
    """
    Move the restored folders into place; keep the old ones beside them, in case --replace was a mistake.

    A folder that is mounted there cannot be renamed: its old files are kept inside, and the new ones moved into it.
    """
    for name in FOLDERS:
        folder, new = data_dir / name, staged / name
        is_free = put_aside(folder)
        if new.exists() and is_free:
            new.rename(folder)
        elif new.exists():
            for path in new.iterdir():
                shutil.move(path, folder / path.name)


def put_aside(folder: Path) -> bool:
    """Move a folder to one beside it that ends in `.replaced-N`; return False if it is mounted, and its files moved."""
    try:
        if folder.exists() and any(folder.iterdir()):
            folder.rename(first_free(folder.parent, f"{folder.name}{REPLACED}"))
        elif folder.exists():
            folder.rmdir()
    except OSError as error:  # os.path.ismount does not know a mount from the same disk
        if error.errno not in (errno.EBUSY, errno.EXDEV):
            raise
        keep_inside(folder)
        return False
    return True


def keep_inside(folder: Path) -> None:
    """Move what is in a folder into one within, `.replaced-N`, but for those of before and what a disk has itself."""
    old = [path for path in folder.iterdir() if not path.name.startswith(REPLACED) and path.name != "lost+found"]
    if old:
        kept = first_free(folder, REPLACED)
        kept.mkdir(mode=0o700)
        for path in old:
            path.rename(kept / path.name)


def first_free(folder: Path, start: str) -> Path:
    """Return the path of what begins so in a folder, with the lowest number at which nothing is."""
    return next(path for number in range(1, 10_000) if not (path := folder / f"{start}{number}").exists())


def restore_secret(file: Path, data_dir: Path) -> None:
    """Restore the key that signs sessions and links, unless the environment has one."""
    if file.exists() and not read_secret("SECRET_KEY"):
        secret = data_dir / "secrets" / "django"
        secret.parent.mkdir(mode=0o700, exist_ok=True)
        half_made = secret.with_suffix(".restored")
        half_made.touch(mode=0o600)
        half_made.write_bytes(file.read_bytes())
        half_made.rename(secret)


def update_folders(stored: dict[str, str]) -> None:
    """
    Point every release and trained guard to its files in this data directory, or in the bucket.

    :param stored: what `store_staged` returned
    """
    for name, made in folders_in_use():
        made.folder = stored.get(name, str(Path(settings.ASSIZE_HOME) / name))
        made.save(update_fields=["folder"])


def check_rows(manifest: dict[str, Any]) -> None:
    """
    :raises Refused: if a table has another number of rows than the manifest says
    """
    counts = row_counts()
    for name, count in manifest["rows"].items():
        if counts.get(name) != count:
            raise Refused(
                f"The restored database differs from the backup: {name} should have {count} rows. Use --replace again."
            )

"""From a backup to what it was made of: the database in one transaction, the files moved in when that has held."""

import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.backups.parts import DUMP, aside, pieces, read_whole, write_part
from config.backups.tools import output_of
from config.backups.writing import SECRET, place_of, rows
from corpus.errors import Refused
from releases.models import Release

# Whoever still uses the tables keeps this from beginning, rather than everybody waiting for everybody.
PRELUDE = """
    SET lock_timeout = '10s';
    SET client_min_messages = warning;
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
FOLDERS = ("releases", "uploads")
# All else is there in a database that was only brought up.
SIGNS_OF_USE = {"auth_user": "", "corpus_item": "", "corpus_project": "WHERE slug <> 'default'", "jury_juror": ""}


def restore_backup(folder: Path, *, replace: bool = False) -> dict[str, Any]:
    """
    Put back what a backup holds, and give its manifest.

    :raises Refused: if the backup is damaged or newer than this software, or there is something here that it would
        replace; then nothing has changed
    """
    manifest = read_whole(folder)
    check_not_newer(manifest)
    check_may_replace(replace)
    data_dir = Path(settings.ASSIZE_HOME)
    with aside(data_dir / f".restore.{os.getpid()}") as staged:
        for name in manifest["parts"]:
            if name.startswith(FOLDERS):
                write_part(staged, name, pieces(folder / name))
        restore_database(folder / DUMP, staged)
        move_in(staged, data_dir)
    keep_secret(folder / SECRET, data_dir)
    point_to_files()
    check_rows(manifest)
    return manifest


def check_not_newer(manifest: dict[str, Any]) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    replaced = {"account", "mfa"}  # not ours: their packages may squash them
    ours = {name for name in manifest["migrations"] if name.split(".")[0] not in replaced}
    if unknown := sorted(ours - known):
        raise Refused(
            f"The backup was made by a newer version ({manifest['software']}): {unknown[0]} is not known here. "
            "Restore it with that version."
        )


def check_may_replace(replace: bool) -> None:
    if not replace and (table := table_in_use()):
        raise Refused(
            f"There is something in this database already ({table}). Restore into an empty data_dir or database, "
            "or give --replace to lose all that is here."
        )


def table_in_use() -> str:
    present = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table, where in SIGNS_OF_USE.items():
            if table in present:
                cursor.execute(f"SELECT 1 FROM {table} {where} LIMIT 1")
                if cursor.fetchone():
                    return table
    return ""


def restore_database(dump: Path, staged: Path) -> None:
    """
    Replace all tables, or none.

    :raises Refused: if PostgreSQL takes back what was begun
    """
    # Read to its end before anything is begun: psql would take the end of a broken pipe for that of the script.
    prelude, script = staged / "prelude.sql", staged / "database.sql"
    prelude.write_text(PRELUDE)
    for _nothing in output_of("pg_restore", f"--file={script}", "--no-owner", "--no-privileges", str(dump)):
        pass
    connection.close()
    quiet = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction")
    try:
        for _nothing in output_of("psql", *quiet, f"--file={prelude}", f"--file={script}"):
            pass
    except Refused as error:
        raise Refused(f"{error} The database is as it was. If it is in use, stop pages and workers first.") from error
    script.unlink()


def move_in(staged: Path, data_dir: Path) -> None:
    """Put folders in place; what was there stays beside them, for whoever gave --replace too easily."""
    for name in FOLDERS:
        old = data_dir / name
        if old.exists() and any(old.iterdir()):
            number = next(n for n in range(1, 10_000) if not (data_dir / f"{name}.replaced-{n}").exists())
            old.rename(data_dir / f"{name}.replaced-{number}")
        if (staged / name).exists():
            shutil.rmtree(old, ignore_errors=True)
            (staged / name).rename(old)


def keep_secret(file: Path, data_dir: Path) -> None:
    """Take over the key that signs sessions and links, unless the environment names one."""
    if file.exists() and not {"SECRET_KEY", "SECRET_KEY_FILE"} & set(os.environ):
        kept = data_dir / "secrets" / "django"
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        half_made = kept.with_suffix(".restored")
        half_made.touch(mode=0o600)
        half_made.write_bytes(file.read_bytes())
        half_made.rename(kept)


def point_to_files() -> None:
    for release in Release.objects.select_related("project"):
        release.folder = str(Path(settings.ASSIZE_HOME) / place_of(release))
        release.save(update_fields=["folder"])


def check_rows(manifest: dict[str, Any]) -> None:
    found = rows()
    for name, count in manifest["rows"].items():
        if found.get(name) != count:
            raise Refused(f"What was restored is not what was kept: {name} has not {count} rows. Use --replace again.")

"""Write a backup of one moment, in a temporary folder that is renamed at the end."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from config.backups.parts import DUMP, FORMAT, blocks_of, temporary_folder, write_manifest, write_part
from config.backups.tools import output_of
from corpus.errors import Refused
from guards.models import TrainedGuard
from releases.models import Release
from releases.writing import software_version
from workspace.models import Job

SECRET = "secrets/django"  # noqa: S105 - the name of a file


def make_backup(folder: Path, *, with_secrets: bool = False) -> dict[str, Any]:
    """
    Write a backup into a new folder, and return its manifest.

    The database, the row counts and the list of releases come from one snapshot, so people and workers may go on.

    :raises Refused: if the folder exists, the disk is full, or a release has lost its files
    """
    if folder.exists():
        raise Refused(f"{folder} exists already. A backup is a new folder.")
    with temporary_folder(folder.with_name(f".{folder.name}.part")) as half_made, transaction.atomic():
        snapshot = begin_snapshot()
        parts = {DUMP: write_part(half_made, DUMP, dump(snapshot))}
        for name, path in files_to_back_up():
            parts[name] = write_part(half_made, name, blocks_of(path))
        if with_secrets:
            parts[SECRET] = write_part(half_made, SECRET, [settings.SECRET_KEY.encode()])
        manifest = installation_facts() | {"parts": parts}
        write_manifest(half_made, manifest)
        half_made.rename(folder)
    return manifest


def begin_snapshot() -> str:
    """Make the transaction a snapshot, and return the id by which pg_dump joins it."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def dump(snapshot: str) -> Iterator[bytes]:
    """Yield the dump of the database in PostgreSQL's custom format, block by block."""
    return output_of("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")


def files_to_back_up() -> Iterator[tuple[str, Path]]:
    """
    Yield (name in the backup, path) of the files of releases and trained guards, and of uploads that wait for a worker.

    :raises Refused: if the folder of a release or a guard is missing
    """
    data_dir = Path(settings.ASSIZE_HOME)
    for name, made in folders_in_use():
        folder = Path(made.folder)
        if not folder.is_dir():
            kind = made._meta.verbose_name
            raise Refused(f"The files of {kind} {made} are not in {folder}. Put them back, then make the backup.")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield f"{name}/{path.relative_to(folder)}", path
    if Job.objects.filter(state__in=Job.OPEN).exists():
        for path in sorted((data_dir / "uploads").glob("*")):
            if path.is_file():
                yield f"uploads/{path.name}", path


def folders_in_use() -> Iterator[tuple[str, Release | TrainedGuard]]:
    """Yield every release and trained guard with its folder in a data directory, to which it is restored."""
    for release in Release.objects.select_related("project").order_by("pk"):
        yield f"releases/{release.project.slug}/{release.version}", release
    for guard in TrainedGuard.objects.select_related("project").order_by("pk"):
        yield f"guards/{guard.project.slug}/{guard.name}", guard


def installation_facts() -> dict[str, Any]:
    """Return the versions, migrations and row counts that the manifest records."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
    return {
        "format": FORMAT,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "software": software_version(),
        "python": platform.python_version(),
        "postgresql": server,
        "migrations": migrations,
        "rows": row_counts(),
    }


def row_counts() -> dict[str, int]:
    """Return the number of rows of every table."""
    counts = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM public.{table}")
            counts[table] = int(cursor.fetchone()[0])
    return counts

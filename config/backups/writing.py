"""One backup: everything as it was at one moment, written aside and moved into its place."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from config.backups.parts import DUMP, FORMAT, aside, pieces, seal, write_part
from config.backups.tools import output_of
from corpus.errors import Refused
from releases.actions import software_version
from releases.models import Release
from workspace.models import Job

SECRET = "secrets/django"  # noqa: S105 - the name of a file


def make_backup(folder: Path, *, with_secrets: bool = False) -> dict[str, Any]:
    """
    Write a backup into a folder that is not there yet, and give its manifest.

    Database, counts and the list of releases are of one snapshot, so people and workers may go on meanwhile.

    :raises Refused: if there is something in its place, no room for it, or a release without its files
    """
    if folder.exists():
        raise Refused(f"{folder} is there already. A backup is a folder of its own.")
    with aside(folder.with_name(f".{folder.name}.part")) as half_made, transaction.atomic():
        snapshot = begin_snapshot()
        parts = {DUMP: write_part(half_made, DUMP, dump(snapshot))}
        for name, path in files_kept():
            parts[name] = write_part(half_made, name, pieces(path))
        if with_secrets:
            parts[SECRET] = write_part(half_made, SECRET, [settings.SECRET_KEY.encode()])
        manifest = about() | {"parts": parts}
        seal(half_made, manifest)
        half_made.rename(folder)
    return manifest


def begin_snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def dump(snapshot: str) -> Iterator[bytes]:
    return output_of("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")


def files_kept() -> Iterator[tuple[str, Path]]:
    """
    Return the files of the releases in the snapshot and the uploads that wait for a worker, by name.

    :raises Refused: if a release is not where it was written
    """
    data_dir = Path(settings.ASSIZE_HOME)
    for release in Release.objects.order_by("pk"):
        folder = Path(release.folder)
        if not folder.is_dir():
            raise Refused(f"The files of release {release} are not in {folder}. Put them back, then make the backup.")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield f"{place_of(release)}/{path.relative_to(folder)}", path
    if Job.objects.filter(state__in=Job.OPEN).exists():
        for path in sorted((data_dir / "uploads").glob("*")):
            if path.is_file():
                yield f"uploads/{path.name}", path


def place_of(release: Release) -> str:
    """Name the folder of a release in a data_dir; one that was written elsewhere comes back to there."""
    return f"releases/{release.project.slug}/{release.version}"


def about() -> dict[str, Any]:
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
        "rows": rows(),
    }


def rows() -> dict[str, int]:
    """Count the rows of every table of ours."""
    counts = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM public.{table}")
            counts[table] = int(cursor.fetchone()[0])
    return counts

"""Write a backup of one moment, in a temporary folder that is renamed at the end."""

import platform
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from config.backups.parts import DUMP, FORMAT, blocks_of, temporary_folder, write_manifest, write_part
from config.backups.tools import output_of
from corpus.errors import Refused
from corpus.file_responses import checked
from corpus.stores import Store, StoreProblem, store
from corpus.stores.base import NotStored
from guards.models import TrainedGuard
from releases.downloads import stored_file
from releases.models import Release
from releases.places import is_in_store, place_of
from releases.writing import software_version
from workspace.models import Job
from workspace.queries.jobs import UPLOADS

SECRET = "secrets/django"  # noqa: S105 - the name of a file
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
WritePart = Callable[[str, Iterable[bytes]], dict[str, Any]]
"Writes a part of a backup by its name, and returns its `bytes` and `sha256`."


def make_backup(folder: Path, *, with_secrets: bool = False) -> dict[str, Any]:
    """
    Write a backup into a new folder, and return its manifest.

    The database, the row counts and the list of releases come from one snapshot, so people and workers may go on.

    :raises Refused: if the folder exists, the disk is full, or a release has lost its files
    """
    if folder.exists():
        raise Refused(f"{folder} exists already. A backup is a new folder.")
    with temporary_folder(folder.with_name(f".{folder.name}.part")) as half_made:
        manifest = write_backup(partial(write_part, half_made), with_secrets=with_secrets)
        half_made.rename(folder)
    return manifest


def make_backup_in_store(name: str, *, with_secrets: bool = False) -> dict[str, Any]:
    """
    Write a backup into the bucket, the manifest last, and return it. What cannot be finished is deleted.

    :raises Refused: if there is no bucket, a backup of that name, or a release has lost its files
    :raises StoreProblem: if the bucket cannot be used
    """
    place, start = bucket_of_backups(name)
    if next(iter(place.files(start)), None):
        raise Refused(f"{place}/{start} has files already. A backup has a new name.")

    def write(part: str, content: Iterable[bytes]) -> dict[str, Any]:
        return vars(place.write(f"{start}/{part}", content))

    try:
        return write_backup(write, with_secrets=with_secrets)
    except BaseException:
        with suppress(StoreProblem):
            for file in list(place.files(start)):
                place.delete(file.name)
        raise


def bucket_of_backups(name: str) -> tuple[Store, str]:
    """
    Return the bucket, and the folder of a backup in it.

    :raises Refused: if the installation has no bucket, or the name cannot be one
    """
    place = store()
    if place.is_folder:
        raise Refused("This installation has no bucket (STORAGE_BUCKET). Name the folder of the backup.")
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} cannot be the name of a backup: take letters, digits, dots, hyphens, underscores.")
    return place, f"backups/{name}"


def write_backup(write: WritePart, *, with_secrets: bool) -> dict[str, Any]:
    """Write all parts of a backup of this moment, and return its manifest, which comes last."""
    with transaction.atomic():
        snapshot = begin_snapshot()
        parts = {DUMP: write(DUMP, dump(snapshot))}
        for name, blocks in files_to_back_up():
            parts[name] = write(name, blocks)
        if with_secrets:
            parts[SECRET] = write(SECRET, [settings.SECRET_KEY.encode()])
        manifest = installation_facts() | {"parts": parts}
        write_manifest(write, manifest)
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


def files_to_back_up() -> Iterator[tuple[str, Iterator[bytes]]]:
    """
    Yield (name in the backup, blocks) of the files of releases and trained guards, and of uploads that a worker needs.

    :raises Refused: if the folder of a release or a guard is missing
    """
    for name, made in folders_in_use():
        if isinstance(made, Release) and is_in_store(made):
            yield from ((f"{name}/{file}", blocks) for file, blocks in stored_files(made))
            continue
        folder = Path(made.folder)
        if not folder.is_dir():
            kind = made._meta.verbose_name
            raise Refused(f"The files of {kind} {made} are not in {folder}. Put them back, then make the backup.")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield f"{name}/{path.relative_to(folder)}", blocks_of(path)
    if Job.objects.filter(state__in=Job.OPEN).exists():
        yield from uploads_to_back_up(store())


def uploads_to_back_up(place: Store) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield (name, blocks) of the uploads there are, without those that a worker imports meanwhile."""
    for file in place.files(UPLOADS):
        with suppress(NotStored):
            yield file.name, begun(place.blocks(file.name))


def begun(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """
    Return blocks of which the first is read.

    :raises NotStored: if they are of nothing that is there
    """
    first = next(blocks, None)
    return chain([] if first is None else [first], blocks)


def stored_files(release: Release) -> Iterator[tuple[str, Iterator[bytes]]]:
    """
    Yield (name, blocks) of the files of a release in the bucket, each of which is checked while it is read.

    :raises Damaged: if one is missing
    """
    place, start = place_of(release)
    for name, digest in release.hashes.items():
        found = stored_file(release, name, place, start)
        yield name, checked(place.blocks(found.name), found, digest)


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

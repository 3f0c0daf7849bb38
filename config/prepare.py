"""Run a management command after starting the embedded servers and bringing the database up to date."""

import os
import sys
from collections.abc import Iterable

from config import embedded
from config.data_dir import DataDirError
from config.env import DATA_DIR

NEEDS_NOTHING = {"help", "--help", "-h", "--version", "version", "check", "spectacular"}
OUR_APPS = {"corpus", "annotation", "jury", "adjudication", "quality", "releases", "guards", "attacks", "workspace"}
"Apps with migrations of our own; those of packages may be squashed by their authors."
NEEDS_SERVERS_ONLY = {"makemigrations", "restore", "migrate", "sqlmigrate", "showmigrations", "dbshell", "flush"}


def run_command(argv: list[str]) -> int:
    """Run a management command, with the servers running and the database up to date; return the exit code."""
    name = argv[1] if len(argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if name not in NEEDS_NOTHING:
            embedded.start(DATA_DIR)
    except DataDirError as error:
        return fail(str(error))
    # Not earlier: the settings read the addresses of the servers.
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    from corpus.errors import Refused

    try:
        if name not in NEEDS_NOTHING | NEEDS_SERVERS_ONLY and not {"-h", "--help"} & set(argv[2:]):
            prepare_database()
        execute_from_command_line(argv)
    except (DataDirError, Refused) as error:
        return fail(str(error))
    except DatabaseError as error:
        return fail(database_problem(error))
    except BrokenPipeError:  # the reader, such as `head`, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Nothing half-done was kept.\n")
        return 130
    return 0


def prepare_database() -> None:
    """
    Apply missing migrations, and load the taxonomies, prompts and the project `default` if they are missing.

    :raises Refused: if another version of the software has migrated the database
    """
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    from config import initial_data

    with DATA_DIR.locked():
        (DATA_DIR.path / "static").mkdir(exist_ok=True)  # WhiteNoise warns if it does not exist
        executor = MigrationExecutor(connection)
        check_same_version(executor.loader.applied_migrations)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        initial_data.load_initial_data()


def check_same_version(applied: Iterable[tuple[str, str]]) -> None:
    """
    Check that this version knows all migrations of a database.

    :param applied: app and name of every migration
    :raises Refused: naming one that it does not know
    """
    from corpus.errors import Refused

    if unknown := unknown_migrations(applied):
        raise Refused(
            f"This database was made by another version of Assize: migration {unknown[0]} is not known here. "
            "Nothing was changed. Use that version, or start with an empty database: `make clean`, or another "
            "ASSIZE_HOME or DATABASE_URL."
        )


def unknown_migrations(applied: Iterable[tuple[str, str]]) -> list[str]:
    """Return the migrations of our own apps that this version does not know, as `app.name`, sorted."""
    from django.db.migrations.loader import MigrationLoader

    known = set(MigrationLoader(None).disk_migrations)
    return sorted(f"{app}.{name}" for app, name in applied if app in OUR_APPS and (app, name) not in known)


def fail(line: str) -> int:
    """Write a line to stderr and return exit code 2."""
    sys.stderr.write(f"{line}\n")
    return 2


def database_problem(error: Exception) -> str:
    """Return a line that says why the database cannot be used, and which variable names it."""
    return f"The database cannot be used: {first_line(error)} (DATABASE_URL)"


def first_line(error: Exception) -> str:
    """Return the first line of an error, or its type if it has no text."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

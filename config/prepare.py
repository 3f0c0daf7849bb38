"""From any state of the home to one a command can work in."""

import os
import sys

from config import embedded
from config.data_dir import DataDirError
from config.env import DATA_DIR

NEEDS_NOTHING = {"help", "--help", "-h", "--version", "version", "check"}
NEEDS_SERVERS_ONLY = {"makemigrations", "restore", "migrate", "sqlmigrate", "showmigrations", "dbshell", "flush"}


def run_command(argv: list[str]) -> int:
    """Run a management command, with its servers up and its database current; give the exit code."""
    name = argv[1] if len(argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if name not in NEEDS_NOTHING:
            embedded.start(DATA_DIR)
    except DataDirError as error:
        return fail(str(error))
    # Only now: settings read the addresses of the servers.
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
        return fail(unusable(error))
    except BrokenPipeError:  # the reader, as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Nothing half-done was kept.\n")
        return 130
    return 0


def prepare_database() -> None:
    """Apply what the database lacks: migrations, taxonomies, prompts, the project `default`."""
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    from config import initial_data

    with DATA_DIR.locked():
        (DATA_DIR.path / "static").mkdir(exist_ok=True)  # WhiteNoise warns where it is not
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        initial_data.load_initial_data()


def fail(line: str) -> int:
    sys.stderr.write(f"{line}\n")
    return 2


def unusable(error: Exception) -> str:
    return f"The database cannot be used: {first_line(error)} (DATABASE_URL)"


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

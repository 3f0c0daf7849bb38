"""Hold an embedded PostgreSQL in recovery, as a crash with much to replay does for minutes."""

import os
import signal

from config.embedded.postgres import Postgres


class HastyPostgres(Postgres):
    """A PostgreSQL that is given three seconds to start."""

    seconds_to_start = 3


def hold_in_recovery(data_dir):
    """Let the next start recover until `end_recovery`: as a standby without a primary, which nobody may read from."""
    data = data_dir.path / "postgres" / "data"
    (data / "standby.signal").touch()
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write("hot_standby = off\n")


def end_recovery(data_dir):
    """Promote the server, after which it accepts connections."""
    pid, _port = Postgres(data_dir).recorded_process()
    (data_dir.path / "postgres" / "data" / "promote").touch()
    os.kill(pid, signal.SIGUSR1)

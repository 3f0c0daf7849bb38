"""The protocol of an embedded server: how it is started, found again and stopped."""

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from config.data_dir import DataDir, DataDirError
from config.embedded import processes

MOST_STARTS = 5
STARTS_ON_LAST_PORT, SECONDS_FOR_LAST_PORT = 4, 2.0
SECONDS_BETWEEN_STARTS = 0.5


class EmbeddedServer(ABC):
    """
    One server of a data directory: a process on loopback, on a free port, with a generated password.

    A subclass names the program and its files; this class starts, finds and stops it.
    """

    name: ClassVar[str]
    "As messages call it."
    slug: ClassVar[str]
    "Name of its folder in the data directory, and of its secret."
    variable: ClassVar[str]
    "The environment variable that holds the server's URL, here or elsewhere."
    stop_signal: ClassVar[signal.Signals]
    seconds_to_start: ClassVar[float]

    def __init__(self, data_dir: DataDir) -> None:
        self.data_dir = data_dir
        self.folder = data_dir.path / self.slug
        self.log = self.folder / "log"

    @abstractmethod
    def url(self, port: int) -> str:
        """Return the URL of the server, with its password."""

    @abstractmethod
    def recorded_process(self) -> tuple[int, int] | None:
        """Return (pid, port) of the server's live process, or None; a pid that another program has now is ignored."""

    @abstractmethod
    def create_files(self) -> None:
        """
        Create the files the server needs, unless they exist.

        :raises DataDirError: if they cannot be created
        """

    @abstractmethod
    def start_command(self, port: int) -> list[str]:
        """Write what the server reads at its start, and return its command line."""

    @abstractmethod
    def is_ready(self, port: int) -> bool:
        """Return whether a server that was just started accepts connections."""

    @abstractmethod
    def finish_start(self, pid: int, port: int) -> None:
        """
        Do what can only be done once the server runs.

        :raises DataDirError: if it cannot be done, with the reason
        """

    @abstractmethod
    def accepts_password(self, url: str) -> bool:
        """Return whether the server at a URL accepts our password."""

    def start(self) -> str:
        """
        Start the server unless it runs, and return its URL. Call with the data directory locked.

        :raises DataDirError: if it cannot be created or started, with the reason
        """
        if url := self.address_when_ready():
            return url
        try:
            self.create_files()
            return self.launch()
        except OSError as error:
            raise processes.start_error(self.name, self.folder, str(error)) from error

    def address_when_ready(self) -> str | None:
        """
        Return the URL of the running server once it answers, or None if it does not run.

        :raises DataDirError: if it runs but does not answer; a second one beside it would divide the data
        """
        processes.wait_until(self.is_gone_or_answers, seconds=self.seconds_to_start)
        recorded = self.recorded_process()
        if recorded is None:
            return None
        if url := self.address():
            return url
        if not self.is_ready(recorded[1]):
            raise self.slow_error(recorded[0])
        return self.finish(*recorded)  # whoever started it was ended, or refused, before this

    def is_gone_or_answers(self) -> bool:
        """Return whether the server does not run, or accepts connections."""
        recorded = self.recorded_process()
        return recorded is None or self.address() is not None or self.is_ready(recorded[1])

    def address(self) -> str | None:
        """Return the URL of the server if it runs, else None."""
        recorded = self.recorded_process()
        if recorded is None:
            return None
        url = self.url(recorded[1])
        return url if self.accepts_password(url) else None

    def stop(self) -> bool:
        """Stop the server, and return whether it was running."""
        recorded = self.recorded_process()
        if recorded is None:
            return False
        processes.stop_process(recorded[0], self.stop_signal)
        return True

    def launch(self) -> str:
        """
        Start the process and wait until it is ready; return its URL.

        :raises DataDirError: if it ends by itself every time, with the reason from its log, or is not ready in time
        """
        self.end_orphans()
        for start in range(MOST_STARTS):  # another process may take the port first, or a dying one hold the data
            port = self.choose_port(keep_last=start < STARTS_ON_LAST_PORT)
            if self.log.exists():
                self.log.replace(self.log.with_name("log.previous"))
            server = processes.spawn(self.start_command(port), log=self.log)
            if self.wait_until_ready(server, port):
                return self.finish(server.pid, port)
            if processes.is_disk_full(processes.reason_in(self.log)):
                break
            processes.wait_until(lambda: False, seconds=SECONDS_BETWEEN_STARTS)
        raise processes.start_error(self.name, self.folder, processes.reason_in(self.log))

    def wait_until_ready(self, server: "subprocess.Popen[bytes]", port: int) -> bool:
        """
        Wait until a process that was just started accepts connections; return whether it does, and has not ended.

        :raises DataDirError: if it does neither in time
        """
        in_time = processes.wait_until(
            lambda: server.poll() is not None or self.is_ready(port), seconds=self.seconds_to_start
        )
        if not in_time:
            self.stop_unrecorded(server.pid)
            raise self.slow_error(server.pid)
        return server.poll() is None

    def finish(self, pid: int, port: int) -> str:
        """
        Finish the start of a server that is ready, and return its URL.

        :raises DataDirError: if it cannot be finished, with the reason
        """
        try:
            self.finish_start(pid, port)
            write_whole(self.folder / "port", str(port))
        except OSError:
            self.stop_unrecorded(pid)
            raise
        return self.url(port)

    def stop_unrecorded(self, pid: int) -> None:
        """Stop a process that the next start would not find. Any other is left: PostgreSQL may be recovering."""
        recorded = self.recorded_process()
        if recorded is None or recorded[0] != pid:
            processes.stop_process(pid, self.stop_signal)

    def slow_error(self, pid: int) -> DataDirError:
        """Return the error of a server that did not answer in time, with what to do, whether it runs still or not."""
        slow = f"process {pid} did not answer within {self.seconds_to_start:g} s"
        if self.recorded_process() is None:
            return processes.start_error(self.name, self.folder, f"{slow} and was stopped. Start again.")
        return processes.start_error(
            self.name,
            self.folder,
            f"{slow} and still runs, as one that recovers from a crash does; {self.log} says more. "
            "Wait and start again, or stop it (`make stop`).",
        )

    def choose_port(self, *, keep_last: bool) -> int:
        """Return the port of the last start, on which clients expect the server, if it is free; else another one."""
        try:
            last = int((self.folder / "port").read_text())
        except (OSError, ValueError):
            return processes.free_port()
        if not keep_last:
            return processes.free_port()
        # A killed server lets go of its port a moment after its process is gone.
        is_free = processes.wait_until(lambda: processes.is_free(last), seconds=SECONDS_FOR_LAST_PORT)
        return last if is_free else processes.free_port()

    def end_orphans(self) -> None:  # noqa: B027 - most servers have none
        """End processes that a killed server left behind and that hold its data."""


def write_whole(path: Path, text: str) -> None:
    """Write a file through another one, so that no reader and no crash ever sees a part of it."""
    half_made = path.with_name(f"{path.name}.{os.getpid()}")
    half_made.write_text(text)
    half_made.replace(path)

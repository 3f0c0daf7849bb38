"""
The gunicorn worker of the pages: Waitress receives requests and sends responses, and its threads run the application.

Waitress gives a request to a thread once its body is complete, so slow or dripping bodies hold no thread. Gunicorn
binds the port, starts the processes and replaces them (docs/decisions/0013).
"""

import logging
import os
import select
import tempfile
import time
from typing import Any

from django.conf import settings
from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer, create_server

from config.env import DATA_DIR

IDLE_SECONDS = 75
"How long a connection is kept for another request; longer than a proxy keeps its own."
MOST_CONNECTIONS = 2_000
BODY_SECONDS, BODY_BYTES_PER_SECOND = 60, 10_000
"A request may take so long to arrive, and a second more for so many bytes of its body."
LINGER_SECONDS, LAST_BODY_SECONDS = 1.0, 10.0
"While a worker stops, connections stay open so long: for a request that is on its way, and for the rest of one."
OVERHEAD_BYTES = 2**20
"What a form adds to an uploaded file."


class TimedParser(HTTPRequestParser):  # type: ignore[misc]  # Waitress has no types
    """A parser that knows when its request began to arrive."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.began = time.monotonic()

    def is_too_slow(self, now: float) -> bool:
        """Return whether the request arrives slower than allowed."""
        return bool(now - self.began > BODY_SECONDS + self.body_bytes_received / BODY_BYTES_PER_SECOND)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose requests are timed, and which ends with the next response once its server stops."""

    parser_class = TimedParser

    def service(self) -> None:
        """Run the application for a request."""
        if not self.server.accepting:
            # A proxy told so sends its next request elsewhere; without, that might meet a connection being closed.
            self.requests[0].headers["CONNECTION"] = "close"
        super().service()


class WaitressWorker(Worker):  # type: ignore[misc]
    """A worker process that serves until SIGTERM, and then finishes the requests that it has received."""

    def run(self) -> None:
        """Serve until gunicorn or its end tells the process to stop."""
        self.server = self.make_server()
        while self.alive and self.ppid == os.getppid():  # it changes if gunicorn is killed
            self.notify()
            self.turn()
            self.close_slow_requests()
        self.finish()

    def make_server(self) -> TcpWSGIServer:
        """Return the server on the socket that gunicorn has bound."""
        # Every request would be a line at WARNING while all threads are busy.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        # Bodies wait in files; /tmp may be in memory.
        folder = DATA_DIR.path / "tmp"
        folder.mkdir(mode=0o700, exist_ok=True)
        tempfile.tempdir = str(folder)
        server = create_server(
            self.wsgi,
            map={},
            sockets=[listener.sock for listener in self.sockets],
            threads=self.cfg.threads,
            channel_timeout=IDLE_SECONDS,
            connection_limit=MOST_CONNECTIONS,
            max_request_body_size=settings.UPLOAD_BYTES + OVERHEAD_BYTES,
            ident=None,
            # TRUSTED_PROXY_COUNT says which of them count.
            clear_untrusted_proxy_headers=False,
        )
        server.channel_class = Channel
        return server

    def turn(self) -> None:
        """Receive and send what is ready, or wait a second for something to be."""
        wasyncore.loop(timeout=1.0, use_poll=True, map=self.server._map, count=1)

    def close_slow_requests(self) -> None:
        """Close the connections whose request arrives too slowly."""
        now = time.monotonic()
        for channel in self.server.active_channels.values():
            request = channel.request
            if request is not None and request.is_too_slow(now):
                channel.will_close = True

    def finish(self) -> None:
        """Close the port, answer what was received, and stop the threads."""
        self.close_port()
        began = time.monotonic()
        while self.server.active_channels and time.monotonic() < began + self.cfg.graceful_timeout:
            self.notify()
            self.turn()
            self.close_idle_connections(time.monotonic() - began)
        self.server.task_dispatcher.shutdown(timeout=1)

    def close_port(self) -> None:
        """
        Accept the connections that wait at the port, and close it.

        While it is open, clients can connect; those that nobody accepts would be cut off when the process ends.
        """
        port = select.poll()
        port.register(self.server.socket, select.POLLIN)
        while port.poll(0):
            self.server.handle_accept()
        wasyncore.dispatcher.close(self.server)

    def close_idle_connections(self, seconds: float) -> None:
        """Close the connections that a worker which has been stopping for so many seconds need not keep."""
        for channel in self.server.active_channels.values():
            patience = LINGER_SECONDS if channel.request is None else LAST_BODY_SECONDS
            if not channel.requests and seconds > patience:
                channel.will_close = True

"""A receiver of webhooks on loopback, which keeps what it gets and answers as it is told."""

import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """What came in, each as (headers in lower case, body), and what to answer."""

    def __init__(self):
        self.got = []
        self.status, self.headers, self.body = 200, {}, b"thanks"
        self.delay = 0.0
        "Seconds before the answer."
        self.url = ""

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def receiver():
    """Run a receiver until the block ends."""
    mine = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mine.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(mine.delay)
            self.send_response(mine.status)
            for name, value in {"Content-Length": str(len(mine.body)), **mine.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who sent it may read no further
                self.wfile.write(mine.body)

        def log_message(self, *_arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    mine.url = f"http://127.0.0.1:{server.server_port}/assize"
    try:
        yield mine
    finally:
        server.shutdown()
        server.server_close()

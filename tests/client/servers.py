"""Servers on loopback for the client: ours, one that answers as it is told, and a proxy that cuts."""

import json
import re
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.test.testcases import QuietWSGIRequestHandler


@contextmanager
def our_server():
    """Serve our routes from threads of this process, as Django's live server does; yield the address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler, allow_reuse_address=False)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def error(status, code="busy", **headers):
    """Return an answer with our object of an error."""
    body = {"error": {"code": code, "message": "Wait a moment."}}
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode()


class Scripted:
    """A server that gives its answers one after the other, the last for ever; it keeps the requests that it got."""

    def __init__(self, *answers):
        """
        :param answers: each (status, headers, body)
        """
        self.answers, self.got, self.url = list(answers), [], ""

    def next(self, request):
        self.got.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def scripted(*answers):
    """Run a scripted server until the block ends."""
    mine = Scripted(*answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            if self.headers.get("Expect") == "100-continue":  # clients of stores wait a second for this
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = mine.next((self.command, self.path, dict(self.headers), body))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    mine.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield mine
    finally:
        server.shutdown()
        server.server_close()


class Proxy:
    """
    Passes connections on to a server, and resets as many as `cuts` says in the middle of an answer.

    Connections are used for one request, so that each request can be cut. Only requests that contain `only` are.
    """

    def __init__(self, port):
        self.target, self.cuts, self.after, self.only, self.requests = port, 0, 400, b"", []
        self.hang, self.is_hanging, self.released = b"", threading.Event(), threading.Event()
        "Requests that contain `hang` get no answer, and go nowhere."

    def serve(self, listener):
        with suppress(OSError):
            while True:
                threading.Thread(target=self.pass_on, args=(listener.accept()[0],), daemon=True).start()

    def pass_on(self, near):
        with suppress(OSError), near, socket.create_connection(("127.0.0.1", self.target)) as far:
            request = near.recv(2**16)
            self.requests.append(request.decode(errors="replace"))
            if self.hang and self.hang in request:
                self.is_hanging.set()
                self.released.wait(60)
                return
            left = self.after if self.cuts and self.only in request else None
            far.sendall(re.sub(rb"(?i)connection: keep-alive", b"Connection: close", request))
            if left is None:  # a thread that waits for more would keep a reset from going out
                threading.Thread(target=pump, args=(near, far), daemon=True).start()
            while left != 0 and (block := far.recv(2**14)):
                near.sendall(block[:left])
                left = None if left is None else max(0, left - len(block))
            if left == 0:
                self.cuts -= 1
                time.sleep(0.05)  # a reset takes with it what has not been read
                # No orderly end: a reset, as of a machine that goes away.
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def pump(near, far):
    """Pass on what comes from one side."""
    with suppress(OSError):
        while block := near.recv(2**16):
            far.sendall(block)


@contextmanager
def cutting_proxy(url):
    """Run a proxy before a server; yield it with its address as `url`."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(int(url.rpartition(":")[2]))
    proxy.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
    try:
        yield proxy
    finally:
        listener.close()

"""An endpoint on loopback whose replies a test writes."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

VERDICT = {"prompt_label": "safe", "response_label": "safe", "categories": [], "other_text": "", "rationale": ""}


def completion(content=None, *, usage=(100, 10), **choice):
    """Return a chat completion, by default with a verdict."""
    message = {"role": "assistant", "content": json.dumps(VERDICT) if content is None else content}
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"} | choice], "usage": counts}


class ScriptedEndpoint:
    """Chat completions, moderations and batches; `answer` returns the status and body of each reply by its request."""

    cut_at = None
    "After how many bytes files of results break off; None for none."

    def __init__(self, answer, results=None):
        """
        Begin without any call.

        :param answer: returns status and body (bytes, a text or JSON) for the JSON of a request and its number
        :param results: returns the file of results for the lines of a batch; by default each is answered
        """
        self.answer, self.results = answer, results or self.answered_lines
        self.calls, self.batch, self.status = [], None, "completed"

    def reply(self, path, body):
        """Return the status and the body of a reply."""
        if path.endswith("/chat/completions"):
            request = json.loads(body)
            self.calls.append(request)
            return self.answer(request, len(self.calls) - 1)
        if path.endswith("/moderations"):
            self.calls.append(json.loads(body))
            return self.answer(self.calls[-1], len(self.calls) - 1)
        if path.endswith("/files"):
            self.batch = [json.loads(line) for line in body.splitlines() if line.startswith(b'{"custom_id"')]
            return 200, {"id": "in", "object": "file"}
        if path.endswith("/content"):
            return 200, self.results(self.batch)
        if path.endswith("/batches") and not body:
            return 200, {"object": "list", "data": []}
        return 200, {"id": "b1", "object": "batch", "status": self.status, "output_file_id": "out"}

    def answered_lines(self, lines):
        """Return a file of results in which each line of a batch is answered as a call would be."""
        return b"\n".join(self.line(line, *self.reply("/chat/completions", json.dumps(line["body"]).encode()))
                          for line in lines)  # fmt: skip

    def line(self, line, status, body):
        """Return one line of the results of a batch; a body of bytes is put in as it is."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = json.dumps({"custom_id": line["custom_id"], "error": None})[:-1].encode()
        return head + b', "response": {"status_code": %d, "body": %s}}' % (status, raw)


@contextmanager
def scripted_endpoint(answer, results=None, *, endpoint=None):
    """Serve a scripted endpoint, by default one with these answers; yield it and its base URL."""
    endpoint = endpoint or ScriptedEndpoint(answer, results)

    class Handler(BaseHTTPRequestHandler):
        def respond(self):
            asked = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if self.command == "POST" else b""
            status, body = endpoint.reply(self.path.partition("?")[0], asked)
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            is_cut = self.path.endswith("/content") and endpoint.cut_at is not None
            self.wfile.write(raw[: endpoint.cut_at] if is_cut else raw)
            self.close_connection = is_cut

        do_GET = do_POST = respond  # noqa: N815 - the names that http.server calls

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield endpoint, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()

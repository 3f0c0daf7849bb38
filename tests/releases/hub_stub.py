"""A Hub on loopback that speaks as much of the protocol as huggingface_hub uses to push a dataset."""

import base64
import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

TOKEN = "made-up-token"
REPO = "garden/rows"


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Hub:
    """One dataset: commits with their files, tags, and large files by their SHA-256."""

    def __init__(self):
        self.private, self.commits, self.head, self.tags = None, {}, "", {}
        self.large, self.numbers, self.calls, self.puts = {}, count(1), [], []
        self.faults, self.url, self.uploads = {}, "", ""
        "What answers (method, part of the path) instead: a status, or a function of the handler."

    def files_at(self, revision):
        return self.commits[self.tags.get(revision, self.head if revision == "main" else revision)]

    def commit(self, files):
        self.head = hashlib.sha1(str(next(self.numbers)).encode(), usedforsecurity=False).hexdigest()
        self.commits[self.head] = files
        return self.head

    def make(self, *, private):
        self.private = private
        self.commit({".gitattributes": b"*.parquet filter=lfs\n"})

    def entry(self, path, content):
        entry = {"type": "file", "path": path, "size": len(content), "oid": git_hash(content)}
        if path.endswith(".parquet"):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return entry


ROUTES = []


def route(method, pattern):
    """Register a function of (hub, handler, body, *parts of the path), which returns JSON or (status, JSON)."""

    def register(function):
        ROUTES.append((method, re.compile(pattern), function))
        return function

    return register


@route("POST", "/api/repos/create")
def create(hub, _handler, body):
    if hub.private is not None:
        return 409, {"error": "You already created this dataset repo", "url": f"{hub.url}/datasets/{REPO}"}
    hub.make(private=json.loads(body)["visibility"] == "private")
    return {"url": f"{hub.url}/datasets/{REPO}"}


@route("GET", f"/api/datasets/{REPO}")
def info(hub, _handler, _body):
    return {"id": REPO, "private": hub.private, "sha": hub.head, "siblings": [], "tags": [], "downloads": 0, "likes": 0}


@route("GET", f"/api/datasets/{REPO}/refs")
def refs(hub, _handler, _body):
    tags = [{"name": name, "ref": f"refs/tags/{name}", "targetCommit": oid} for name, oid in hub.tags.items()]
    return {
        "branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": hub.head}],
        "converts": [],
        "tags": tags,
    }


@route("GET", f"/api/datasets/{REPO}/tree/([^/?]+)")
def tree(hub, _handler, _body, revision):
    return [hub.entry(path, content) for path, content in hub.files_at(revision).items()]


@route("POST", "/api/validate-yaml")
def validate(_hub, _handler, _body):
    return {"errors": [], "warnings": []}


@route("POST", f"/api/datasets/{REPO}/preupload/main")
def preupload(_hub, _handler, body):
    names = [each["path"] for each in json.loads(body)["files"]]
    mode = {name: "lfs" if name.endswith(".parquet") else "regular" for name in names}
    return {"files": [{"path": name, "uploadMode": mode[name], "shouldIgnore": False} for name in names]}


@route("POST", rf"/datasets/{REPO}\.git/info/lfs/objects/batch")
def batch(hub, _handler, body):
    objects = json.loads(body)["objects"]
    for each in objects:
        if each["oid"] not in hub.large:
            each["actions"] = {"upload": {"href": f"{hub.uploads or hub.url}/upload/{each['oid']}", "header": {}}}
    return {"transfer": "basic", "objects": objects}


@route("PUT", "/upload/([0-9a-f]{64})")
def upload(hub, _handler, body, oid):
    hub.puts.append(oid)
    if hashlib.sha256(body).hexdigest() != oid:
        return 400, {"error": "another hash"}
    hub.large[oid] = body
    return {}


@route("POST", f"/api/datasets/{REPO}/commit/main")
def commit(hub, _handler, body):
    lines = [json.loads(line) for line in body.splitlines()]
    if lines[0]["value"].get("parentCommit") not in (None, hub.head):
        return 412, {"error": "The dataset was changed"}
    files = dict(hub.commits[hub.head])
    for line in lines[1:]:
        value = line["value"]
        large = line["key"] == "lfsFile"
        files[value["path"]] = hub.large[value["oid"]] if large else base64.b64decode(value["content"])
    oid = hub.commit(files)
    return {"commitUrl": f"{hub.url}/datasets/{REPO}/commit/{oid}", "commitOid": oid}


@route("POST", f"/api/datasets/{REPO}/tag/([^/?]+)")
def tag(hub, _handler, body, revision):
    hub.tags[json.loads(body)["tag"]] = revision
    return {}


class Handler(BaseHTTPRequestHandler):
    """Answers for the Hub of its server."""

    protocol_version = "HTTP/1.1"

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            blocks = []
            while size := int(self.rfile.readline(), 16):
                blocks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(blocks)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self):
        hub, path = self.server.hub, self.path.partition("?")[0]
        hub.calls.append((self.command, path))
        body = self.body()
        for (method, part), fault in list(hub.faults.items()):
            if method == self.command and part in path:
                fault = fault(self) if callable(fault) else fault
                if fault:
                    return self.reply(fault, {"error": "not today"})
        if path.startswith("/api/") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.reply(401, {"error": "Invalid credentials in Authorization header"})
        for method, pattern, function in ROUTES:
            if method == self.command and (match := pattern.fullmatch(path)):
                found = function(hub, self, body, *match.groups())
                return self.reply(*found) if isinstance(found, tuple) else self.reply(200, found)
        return self.reply(404, {"error": f"no such route: {self.command} {path}"})

    do_GET = do_POST = do_PUT = answer  # noqa: N815

    def reply(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        """Say nothing."""


@contextmanager
def running_hub():
    """Run a Hub until the block ends."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.hub = True, hub
    server.handle_error = lambda *_arguments: None  # who asked may have been killed
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()

"""Start our processes as an operator does, and call them over HTTP."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from bench import forks
from config.embedded.processes import wait_until

BIN = Path(sys.executable).parent


class Started:
    """Processes side by side; leaving the block stops them in the order of their start."""

    def __init__(self, folder, **environment):
        self.folder, self.environment = folder, {**os.environ, **environment}
        self.running = {}

    def __enter__(self):
        return self

    def start(self, name, command, **more):
        program, *rest = command
        line = command if program == sys.executable else [sys.executable, str(BIN / program), *rest]
        self.running[name] = forks.start(line, self.folder / f"{name}.log", {**self.environment, **more})

    def __exit__(self, *_exception):
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(timeout=120)
            except subprocess.TimeoutExpired:
                process.kill_all()

    def codes(self):
        return {name: process.returncode for name, process in self.running.items()}

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()


def call(url, *, token="", body=None, method=None, seconds=30, **headers):
    """Send a request; return its status, its body (parsed if it is JSON) and its headers."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    head = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token:
        head["Authorization"] = f"Token {token}"
    request = urllib.request.Request(url, data=data, headers=head, method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310
            return response.status, parsed(response.read()), response.headers
    except urllib.error.HTTPError as refusal:
        return refusal.code, parsed(refusal.read()), refusal.headers


def parsed(content):
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


def comes_up(port, seconds=180):
    def answers():
        try:
            return call(f"http://127.0.0.1:{port}/healthz", seconds=5)[0] == 200
        except OSError:
            return False

    return wait_until(answers, seconds=seconds)

"""The guide from a release to a tested guard, docs/training.md: all its commands run, in their order."""

import csv
import os
import re
import shlex
import sys
import threading
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.wsgi import get_wsgi_application
from waitress.server import create_server

from bench import forks
from config.data_dir import CHECKOUT
from config.embedded.processes import wait_until
from recipes.lora.command import parse_arguments
from recipes.lora.serving import serving_commands
from recipes.lora.settings import settings_of
from recipes.lora.training_files import read_training_files
from tests.api.client import Program
from tests.factories import command, make_project
from tests.guards.test_training import release_of_200
from tests.ports import unused_port
from tests.sites import is_answering

pytestmark = pytest.mark.slow

GUIDE = CHECKOUT / "docs" / "training.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MANAGE = (".venv/bin/python", "manage.py")
STAND_INS = {"nemoguard": "stub-0.9:steady", "garden-lora": "stub-0.8:steady"}
"Models of the guide that need a GPU, and those of the stub that answer in their place."


class Reader:
    """Somebody who follows the guide in an empty folder: `--project garden` and the addresses are those of a test."""

    def __init__(self, project, folder, stub_url, servers):
        self.project, self.folder, self.stub_url, self.servers = project, folder, stub_url, servers
        self.port, self.ran, self.said = unused_port(), [], []

    def follow(self, line):
        """Run one line of a shell."""
        words = shlex.split(line)
        if tuple(words[:2]) == MANAGE:
            return self.manage(words[2:])
        if words[:2] == [".venv-train/bin/python", "recipes/train_lora.py"]:
            return self.train(words[2:])
        if words[:2] == ["vllm", "serve"]:
            return self.check(words)
        assert words[-1] in (".venv-train", "requirements/train.txt"), line  # too large to be installed here
        return None

    def manage(self, words):
        """Run a management command; what it prints is kept. The one that serves goes on until the end."""
        self.ran.append(words[0])
        if words[0] == "serve_guard":
            return self.servers.enter_context(serving(self.filled(words), self.port))
        if words[1] == "garden-lora-prompt":
            self.check([*MANAGE, *self.in_project(words)])
        done = command(*self.filled(words))
        assert done.code == 0, (words, done.stderr)
        return done

    def in_project(self, words):
        """Return the words of a command with the project of this test."""
        return [self.project.slug if before == "--project" else word for before, word in pairwise(["", *words])]

    def filled(self, words):
        """Return the words of a command with the project, the addresses and the models of this test."""
        texts = {
            "http://127.0.0.1:8300/v1": f"http://127.0.0.1:{self.port}/v1",
            "http://127.0.0.1:8000/v1": self.stub_url,
        }
        pairs = pairwise(["", *self.in_project(words)])
        return [texts.get(word, STAND_INS.get(word, word) if before == "--model" else word) for before, word in pairs]

    def train(self, words):
        """Read what the recipe would train on, and what it would say; training itself is `make check-recipe`."""
        options = parse_arguments(words)
        files = read_training_files(options.data)
        self.said = serving_commands(files, settings_of(options), options.out, options.name, 64)

    def check(self, words):
        """Check that a command is one that the recipe prints."""
        assert words in self.said


@contextmanager
def serving(words, port):
    """Run `serve_guard` in a process of its own until it answers."""
    process = forks.start([sys.executable, "manage.py", *words, f"--port={port}"], Path(os.devnull))
    try:
        assert wait_until(lambda: is_answering(f"http://127.0.0.1:{port}/health"), seconds=60)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def serving_routes():
    """Serve the routes from this process; yield the address."""
    server = create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


def write_csv(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_files(folder):
    """Write the files that a reader brings: one of their own in two forms, and one that counts as HateCheck's."""
    own = [
        (f"Question {at} about {'poison' if at % 2 else 'bread'}", "unsafe" if at % 2 else "safe") for at in range(20)
    ]
    write_csv(folder / "mine.csv", ("prompt", "label"), own)
    write_csv(folder / "own.csv", ("Text", "verdict"), own)
    cases = [(at, "f1", f"Statement {at}", "hateful" if at < 2563 else "non-hateful", "", "") for at in range(3728)]
    header = ("case_id", "functionality", "test_case", "label_gold", "target_ident", "templ_id")
    write_csv(folder / "test_suite_cases.csv", header, cases)


def test_commands_of_the_guide_lead_from_a_release_to_a_tested_guard(tmp_path, monkeypatch, stub_url, worker):
    project = make_project(votes_wanted=1, quorum=1)
    release_of_200(project, tmp_path)
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    with ExitStack() as servers:
        reader = Reader(project, tmp_path, stub_url, servers)
        printed = []
        for language, text in BLOCK.findall(GUIDE.read_text()):
            if language == "python":
                token, address = Program(project, "lead").token, servers.enter_context(serving_routes())
                code = text.replace("https://assize.example.org", address).replace("garden", project.slug)
                exec(code, {"token": token})  # noqa: S102 - our own guide
            else:
                printed += [reader.follow(line) for line in text.replace("\\\n", " ").splitlines()]
    assert Path("train.json").stat().st_size > 1000
    assert {"train_guard", "serve_guard", "add_juror", "try_juror", "evaluate_guard", "export_training"} <= {
        *reader.ran
    }
    figures = [each for each in printed if each and "evaluation" in each]
    assert [each["state"] for each in figures] == ["finished"] * 6
    assert all(each["n"] > 0 and each["unreadable"] == 0 for each in figures), figures
    assert figures[0]["f1"] > 0.9  # such texts as these are easy

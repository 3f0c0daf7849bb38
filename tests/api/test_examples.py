"""The examples of docs/api-examples.md: every route has them, and they run as they stand there."""

import json
import os
import re
import subprocess
import sys

import pytest

from config.api import urlpatterns
from config.data_dir import CHECKOUT
from config.embedded.processes import free_port
from tests.adjudication.disputes import UNSAFE
from tests.api.client import Program
from tests.api.test_schema import routes
from tests.config.test_serve import start
from tests.conftest import stub_server
from tests.factories import dialogue, make_project, opinion

pytestmark = pytest.mark.slow

PAGE = CHECKOUT / "docs" / "api-examples.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = [f"d-{number}" for number in range(20)]
DISPUTED = NAMES[:10]
# The machine's own curl, which here also says when it was refused.
STRICT = 'curl() { command curl --fail-with-body "$@"; }\n'


def sections():
    """Return each part of the page: its heading, and its blocks by language."""
    parts = re.split(r"^##+ (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    return [("", BLOCK.findall(parts[0]))] + [
        (heading, BLOCK.findall(text)) for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def plain(route):
    """Return a route without the names of its parts, nor the project that a route of one thing may have before it."""
    return re.sub(r"^projects/\{\}/(?=(cases|jobs|jury-runs|my-votes)/\{\}/)", "", re.sub(r"\{[a-z_]+\}", "{}", route))


def test_every_route_has_curl_and_python_examples():
    shown = set()
    for heading, blocks in sections():
        if found := re.match(r"(?:GET|POST) (\S+)", heading):
            assert {language for language, _ in blocks} == {"sh", "python"}, heading
            before, verbs, after = re.fullmatch(r"(.*?)(?:\{([a-z]+(?:,[a-z]+)+)\})?([^{}]*)", found[1]).groups()
            shown |= {plain(f"{before}{verb}{after}") for verb in (verbs or "").split(",")}
    assert shown == {plain(route) for route in routes(urlpatterns) if route}


@pytest.fixture
def site():
    running = start(free_port())
    yield running.stdout.readline().split()[3]
    running.terminate()
    running.communicate(timeout=60)


@pytest.fixture
def fill_in(site, tmp_path):
    """Put what this run has into an example, in the place of what the page says."""
    project = make_project(votes_wanted=7)
    rows = [dialogue(name, source="letters", license="cc-by-4.0") for name in NAMES]
    votes = [opinion(name, rater, "safe", "safe") for name in NAMES for rater in ("ada", "bea", "eve")]
    votes += [opinion(name, rater, "unsafe", "safe", **UNSAFE) for name in DISPUTED for rater in ("cleo", "dan", "fay")]
    for name, lines in (("dialogues", rows), ("votes", votes)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    token = Program(project, "admin").token
    with stub_server(delay=1) as url:
        meant = {"http://127.0.0.1:8000": site, "projects/mine": f"projects/{project.slug}"}

        def filled(text):
            for said, here in (meant | {"https://models.example/v1": url}).items():
                text = text.replace(said, here)
            return text

        filled.environment = os.environ | {"TOKEN": token}
        yield filled


def given_by(said):
    """Return what later examples take from this answer, by the names that the page has for it."""
    try:
        answer = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    if not isinstance(answer, dict):
        return {}
    beside = answer.get("next") if isinstance(answer.get("next"), dict) else {}
    found = {name: answer[name]["id"] for name in ("vote", "case", "job") if name in answer}
    found |= {name: each[name]["id"] for each in (answer, beside) for name in ("item", "lease") if name in each}
    if "ballots" in answer:
        found["run"] = answer["id"]
    return {name.upper(): str(value) for name, value in found.items()}


def test_curl_examples_run(fill_in, tmp_path):
    environment = dict(fill_in.environment)
    opening = ""
    for heading, blocks in sections():
        for text in (fill_in(text) for language, text in blocks if language == "sh"):
            if not heading:
                opening = text
                continue
            ran = subprocess.run(
                ["sh", "-ec", STRICT + opening + text], cwd=tmp_path, env=environment,
                capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert ran.returncode == 0, (heading, ran.stdout, ran.stderr)
            environment |= given_by(ran.stdout)
    for name in ("mine.jsonl", "mine.csv", "train.json"):
        assert (tmp_path / name).stat().st_size, name


def test_python_examples_run_as_one_program(fill_in, tmp_path):
    program = "\n".join(fill_in(text) for _, blocks in sections() for language, text in blocks if language == "python")
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=fill_in.environment,
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "304" in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith("206 bytes 0-99/")

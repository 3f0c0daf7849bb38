"""Every route has examples in docs/api-examples.md, and all of them run unchanged."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager

import pytest

from config.api import urlpatterns
from config.data_dir import CHECKOUT
from tests.adjudication.disputes import UNSAFE
from tests.api.client import Program
from tests.api.test_schema import routes
from tests.conftest import stub_server
from tests.factories import command, dialogue, make_project, opinion, write_lines
from tests.sites import running_site

pytestmark = pytest.mark.slow

PAGE = CHECKOUT / "docs" / "api-examples.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = [f"d-{number}" for number in range(160)]
"So many that a run of them is still going on when it is cancelled, on a busy machine too."
DISPUTED = NAMES[:10]
# The curl of the system, which here fails if a call does; and less patience between two looks at a job.
STRICT = 'curl() { command curl --fail-with-body "$@"; }\nsleep() { command sleep 0.2; }\n'


def sections():
    """Return the sections of the page, each a heading and its code blocks as (language, text)."""
    parts = re.split(r"^##+ (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    return [("", BLOCK.findall(parts[0]))] + [
        (heading, BLOCK.findall(text)) for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def plain(route):
    """Return a route without the names of its parameters and without an optional project before it."""
    return re.sub(
        r"^projects/\{\}/(?=(cases|generators|jobs|jurors|jury-runs|my-votes)/\{\}/)",
        "",
        re.sub(r"\{[a-z_]+\}", "{}", route),
    )


def test_every_route_has_curl_and_python_examples():
    documented = set()
    for heading, blocks in sections():
        if route := re.match(r"(?:GET|PATCH|POST) (\S+)", heading):
            assert {language for language, _ in blocks} == {"sh", "python"}, heading
            before, verbs, after = re.fullmatch(r"(.*?)(?:\{([a-z]+(?:,[a-z]+)+)\})?([^{}]*)", route[1]).groups()
            documented |= {plain(f"{before}{verb}{after}") for verb in (verbs or "").split(",")}
    assert documented == {plain(route) for route in routes(urlpatterns) if route}


@pytest.fixture(scope="module")
def site(tmp_path_factory, database):
    with running_site(tmp_path_factory.mktemp("site") / "site.log") as address:
        yield address


@pytest.fixture
def fill_in(site, tmp_path):
    """Return a function that replaces the addresses and the project of the page by those of this run."""
    with filling_in(site, tmp_path) as filled:
        yield filled


@pytest.fixture(scope="module")
def python_program(site, tmp_path_factory):
    """Start all examples in Python as one program, which waits for workers and models while those in curl run."""
    folder = tmp_path_factory.mktemp("python")
    with filling_in(site, folder) as filled, (folder / "output").open("w+") as output:
        program = "\n".join(filled(text) for _, blocks in sections() for kind, text in blocks if kind == "python")
        line, environment = [sys.executable, "-c", program], filled.environment
        with subprocess.Popen(line, cwd=folder, env=environment, stdout=output, stderr=output) as running:
            yield running, folder / "output"
            running.kill()


@contextmanager
def filling_in(site, tmp_path):
    project = make_project(votes_wanted=7)
    rows = [dialogue(name, source="letters", license="cc-by-4.0") for name in NAMES]
    votes = [opinion(name, rater, "safe", "safe") for name in NAMES for rater in ("ada", "bea", "eve")]
    votes += [opinion(name, rater, "unsafe", "safe", **UNSAFE) for name in DISPUTED for rater in ("cleo", "dan", "fay")]
    rows += [dialogue("calm")]  # with all its votes
    votes += [opinion("calm", f"rater {number}", "safe", "safe") for number in range(7)]
    for name, lines in (("dialogues", rows), ("votes", votes)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    cases = write_lines(tmp_path, [{"prompt": "A question", "label": "safe"}], "cases.jsonl")
    assert command("add_benchmark", "house-rules", cases, project=project.slug, task="prompt").code == 0
    token = Program(project, "site-admin").token
    with stub_server(delay=1) as url:
        replacements = {"http://127.0.0.1:8000": site, "projects/mine": f"projects/{project.slug}"}

        def filled(text):
            for shown, actual in (replacements | {"https://models.example/v1": url}).items():
                text = text.replace(shown, actual)
            return text

        filled.environment = os.environ | {"TOKEN": token}
        yield filled


def variables_of(output):
    """Return the ids in the output of an example, by the names of the variables that later examples use."""
    try:
        answer = json.loads(output.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    if not isinstance(answer, dict):
        return {}
    following = answer.get("next") if isinstance(answer.get("next"), dict) else {}
    ids = {name: answer[name]["id"] for name in ("vote", "case", "job") if name in answer}
    ids |= {
        name: each[name]["id"]
        for each in (answer, following)
        for name in ("item", "lease")
        if isinstance(each.get(name), dict)
    }
    if "base_url" in answer:
        ids["juror" if "asks" in answer else "generator"] = answer["id"]
    if "ballots" in answer:
        ids["run"] = answer["id"]
    if "author" in answer:
        ids["comment"] = answer["id"]
    if "technique" in answer:
        ids["attack"] = answer["id"]
    if "guard" in answer:
        ids["evaluation"] = answer["id"]
    return {name.upper(): str(value) for name, value in ids.items()}


@pytest.mark.usefixtures("python_program")
def test_curl_examples_run(fill_in, tmp_path):
    environment = dict(fill_in.environment)
    preamble = ""
    for heading, blocks in sections():
        for text in (fill_in(text) for language, text in blocks if language == "sh"):
            if not heading:
                preamble = text
                continue
            done = subprocess.run(
                ["sh", "-ec", STRICT + preamble + text], cwd=tmp_path, env=environment,
                capture_output=True, text=True, check=False, timeout=300,
            )  # fmt: skip
            assert done.returncode == 0, (heading, done.stdout, done.stderr)
            environment |= variables_of(done.stdout)
    for name in ("mine.jsonl", "mine.csv", "train.json", "verdicts.jsonl", "training.jsonl"):
        assert (tmp_path / name).stat().st_size, name


def test_python_examples_run_as_one_program(python_program):
    running, output = python_program
    assert running.wait(600) == 0, output.read_text()
    said = output.read_text()
    assert "304" in said
    assert said.splitlines()[-2].startswith("206 bytes 0-99/")
    assert said.splitlines()[-1] == "[1.0, 1.0, 1.0]"

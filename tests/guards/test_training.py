"""Training data and the small guard, by command: from votes to a guard that is asked over HTTP."""

import hashlib
import json
import os
import shlex
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from bench import forks
from config.embedded.processes import wait_until
from corpus.errors import Refused
from corpus.labels import Field
from corpus.models import Event
from guards.management.commands.serve_guard import add_command
from guards.models import TrainedGuard
from guards.queries import find_guard, trained_release
from guards.serving import BadRequest, turns_of
from guards.training.example import Choice, examples_of
from guards.training.small_guard import best_threshold, counts, fit, load_guard, train_head
from jury.actions import start_run
from jury.engine.forms import read_reply
from jury.models import Juror, Run
from jury.prompting import Form, render_guard_dialogue
from jury.queries import panel
from recipes.lora.training_files import SPLITS as SPLITS_READ
from recipes.lora.training_files import read_training_files
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, make_project, opinion, write_lines

SPLITS = "0.6,0.3,0.1"
UNSAFE = ("poison", "weapon", "threat", "insult", "robbery")
SAFE = ("bread", "garden", "holiday", "music", "football")


def texts(at):
    """Return a prompt and a response, and whether each is unsafe."""
    unsafe_prompt, unsafe_response = at % 2 == 0, at % 4 == 0
    prompt = f"Question {at} about {(UNSAFE if unsafe_prompt else SAFE)[at % 5]} in town {at // 5}"
    response = f"Answer {at}: {'go ahead with the ' if unsafe_response else 'nobody wants '}{at % 7} of them"
    return prompt, response, unsafe_prompt, unsafe_response


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a project with a release of 200 items, of which each has two labels."""
    project = make_project(votes_wanted=1, quorum=1)
    release_of_200(project, tmp_path_factory.mktemp("released"))
    return project


def release_of_200(project, folder):
    """Make a release 1.0 of 200 items, of which each has two labels."""
    rows, votes = [], []
    for at in range(200):
        prompt, response, unsafe_prompt, unsafe_response = texts(at)
        rows.append(dialogue(f"i{at}", text=prompt) | {"response": response})
        labels = ["unsafe" if flag else "safe" for flag in (unsafe_prompt, unsafe_response)]
        named = {"categories": "violence"} if unsafe_prompt or unsafe_response else {}
        votes.append(opinion(f"i{at}", "anna", *labels, **named))
    assert command("import_dialogues", write_lines(folder, rows), project=project.slug).code == 0
    assert command("import_votes", write_lines(folder, votes), project=project.slug).code == 0
    made = command("release", "1.0", project=project.slug, splits=SPLITS, out=folder / "release")
    assert made["rows"] == 200, made.stderr


def train(project, name, **options):
    return command("train_guard", name, project=project.slug, **{"release": "1.0"} | options)


def export(project, folder, **options):
    return command("export_training", project=project.slug, **{"release": "1.0", "out": folder} | options)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(released):
    """Return what training the guard `first` on the release printed."""
    done = train(released, "first", target="both")
    assert done.code == 0, done.stderr
    return done


def folder_of(project, name):
    return Path(TrainedGuard.objects.get(project=project, name=name).folder)


def test_ngrams_that_no_text_has_are_left_out_without_another_result():
    rows = [texts(at) for at in range(60)]
    matrix = counts([prompt for prompt, *_ in rows])
    unsafe = np.array([is_unsafe for _, _, is_unsafe, _ in rows])
    weights, bias = fit(matrix, unsafe, 4.0)
    whole = LogisticRegression(C=4.0, class_weight="balanced", solver="liblinear", random_state=0).fit(matrix, unsafe)
    assert np.count_nonzero(weights) > 100
    assert weights == pytest.approx(whole.coef_[0], abs=1e-5)
    assert bias == pytest.approx(whole.intercept_[0], abs=1e-5)


def test_texts_without_any_ngram_are_no_error():
    weights, bias = fit(counts([""] * 6), np.array([True, False] * 3), 1.0)
    assert (np.count_nonzero(weights), bias) == (0, pytest.approx(0))


def test_guard_is_trained_and_the_same_bytes_twice(released, trained):
    again = train(released, "again", target="both")
    assert (trained["guard"], trained["rows"], trained["sha256"]) == ("first", again["rows"], again["sha256"])
    assert trained["f1"] > 0.9
    assert set(trained["heads"]) == {"prompt", "response"}
    guard = TrainedGuard.objects.get(project=released, name="first")
    assert guard.manifest["release_sha256"] == guard.release.manifest_sha256
    one, other = (
        {path.name: path.read_bytes() for path in folder_of(released, name).iterdir()} for name in ("first", "again")
    )
    assert one == other
    assert {Path(name).suffix for name in one} == {".npy", ".json"}
    assert Event.objects.filter(project=released, verb="guard.trained", subject="first").exists()


def test_trained_guard_tells_the_two_kinds_apart(released, trained):
    guard = load_guard(folder_of(released, "first"))
    said = guard.judge([{"role": "user", "text": "Tell me about poison in town 3"}])
    assert (set(said), said[Field.PROMPT][0]) == ({Field.PROMPT}, "unsafe")
    answer = "go ahead with the 3 of them"
    said = guard.judge([{"role": "user", "text": "Tell me about bread"}, {"role": "assistant", "text": answer}])
    assert {field: label for field, (label, _) in said.items()} == {Field.PROMPT: "safe", Field.RESPONSE: "unsafe"}


def test_answer_to_nothing_is_judged_as_a_response_alone(released, trained):
    guard = load_guard(folder_of(released, "first"))
    assert set(guard.judge([{"role": "assistant", "text": "go ahead"}])) == {Field.RESPONSE}


def test_folder_of_a_killed_training_is_replaced(released, trained):
    left = folder_of(released, "first").with_name("killed")
    left.mkdir()
    (left / "guard.json").write_text("{")
    assert train(released, "killed")["sha256"]
    assert load_guard(left).heads


def test_export_that_fails_leaves_nothing(released, tmp_path):
    path = made_file(released, "test.json")
    content = path.read_bytes()
    path.write_bytes(b"[]")
    try:
        refused = export(released, tmp_path / "out", prompt="nemoguard-v1")
    finally:
        path.write_bytes(content)
    assert (refused.code, "has changed since" in refused.stderr, list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("../x", {}, "is not a name"),
        ("x", {"release": "9"}, "has no release '9'. Known: 1.0"),
        ("x", {"project": "nowhere"}, "There is no project"),
    ],
)
def test_training_that_cannot_be_says_why(released, name, options, reason):
    refused = (
        train(released, name, **options)
        if "project" not in options
        else command("train_guard", name, release="1.0", **options)
    )
    assert (refused.code, reason in refused.stderr) == (2, True), refused.stderr


def test_taken_name_and_small_or_damaged_release_are_refused(released, trained, tmp_path):
    assert "has a guard first already" in train(released, "first").stderr
    small = make_project(votes_wanted=1, quorum=1)
    rows = [dialogue(f"i{at}", response=False) for at in range(30)]
    command("import_dialogues", write_lines(tmp_path, rows), project=small.slug)
    votes = [opinion(f"i{at}", "anna", "safe") for at in range(30)]
    command("import_votes", write_lines(tmp_path, votes), project=small.slug)
    made = command("release", "1.0", project=small.slug, splits=SPLITS, out=tmp_path / "small")
    assert made.code == 0, made.stderr
    refused = train(small, "x")
    assert (refused.code, "the train split is too small: 0 unsafe" in refused.stderr.lower()) == (2, True)
    (tmp_path / "small" / "train.json").write_text("[]")
    assert "has changed since it was made" in train(small, "x").stderr


@pytest.mark.parametrize(
    ("prompt", "form"), [("nemoguard-v1", "nemoguard"), ("llamaguard-v1", "llamaguard"), ("full-policy-v2", "object")]
)
def test_exported_replies_are_read_by_the_form_that_reads_the_guard(released, tmp_path, prompt, form):
    made = export(released, tmp_path / "out", prompt=prompt)
    assert (made.code, made["rows"]) == (0, 400), made.stderr
    files = read_training_files(tmp_path / "out")
    assert {name: len(files.splits[name]) for name in SPLITS_READ} == {
        name: files.manifest["files"][f"{name}.jsonl"]["rows"] for name in SPLITS_READ
    }
    rows = {row["id"]: row for row in json.loads(Path(made_file(released, "train.json")).read_text())}
    exported = lines(tmp_path / "out" / "train.jsonl")
    assert len(exported) == 2 * len(rows)
    for row in exported:
        (reply,) = row["completion"]
        field = Field(f"{row['task']}_label")
        reading = read_reply(Form(form), reply["content"], (field,))
        assert reading.labels == {field: rows[row["id"]][field]}
        assert bool(reading.categories) == (reading.labels[field] == "unsafe")
        assert row["prompt"][-1]["role"] == "user"


def made_file(project, name):
    release = TrainedGuard.release.field.related_model.objects.get(project=project)
    return Path(release.folder) / name


def test_export_is_the_same_bytes_and_messages_are_the_other_form(released, tmp_path):
    first = export(released, tmp_path / "a", prompt="nemoguard-v1")
    again = export(released, tmp_path / "b", prompt="nemoguard-v1")
    assert first["files"] == again["files"]
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    digest = hashlib.sha256((tmp_path / "a" / "prompt.toml").read_bytes()).hexdigest()
    assert (manifest["project"], manifest["prompt"]["sha256"]) == (released.slug, digest)
    export(released, tmp_path / "c", prompt="nemoguard-v1", format="messages")
    one, other = (lines(tmp_path / folder / "test.jsonl")[0] for folder in "ac")
    assert other["messages"] == one["prompt"] + one["completion"]
    refused = export(released, tmp_path / "a", prompt="nemoguard-v1")
    assert (refused.code, "is not empty" in refused.stderr) == (2, True)
    assert "can be written" in export(released, tmp_path / "d", prompt="moderations-v1").stderr
    assert export(released, tmp_path / "e", prompt="nemoguard-v1", sources="adjudicator")["rows"] == 0
    everybody = "llm_jury, human ,adjudicator,human_and_llm_jury"
    assert export(released, tmp_path / "f", prompt="nemoguard-v1", sources=everybody)["rows"] > 0
    refused = export(released, tmp_path / "g", prompt="nemoguard-v1", sources="humans")
    assert (refused.code, "'humans' decides no labels" in refused.stderr) == (2, True)


ROW = {
    "id": "a",
    "prompt": "p",
    "response": "r",
    "prompt_label": "unsafe",
    "response_label": "safe",
    "violated_categories": "Violence",
    "prompt_label_source": "human",
    "response_label_source": "human",
}


def test_only_the_wanted_labels_become_examples():
    refusal = ROW | {"response_label_source": "refusal_data_augmentation"}
    redacted = ROW | {"id": "b", "prompt": "REDACTED"}
    prompt_only = ROW | {"id": "c", "response": None, "response_label": None, "response_label_source": None}
    rows = [ROW, refusal, redacted, prompt_only]

    def chosen(**choice):
        return [(each.item, each.field.part) for each in examples_of(rows, {}, Choice(**choice))]

    assert chosen() == [("a", "prompt"), ("a", "response"), ("c", "prompt")]
    assert ("a#refusal", "response") in chosen(refusals=True)
    assert ("b", "prompt") in chosen(redacted=True)
    assert chosen(sources=("llm_jury",)) == []
    assert chosen(fields=(Field.RESPONSE,)) == [("a", "response")]
    safe, *_ = examples_of([ROW], {}, Choice(fields=(Field.RESPONSE,)))
    assert (safe.categories, [turn["role"] for turn in safe.turns]) == ((), ["user", "assistant"])


def test_threshold_is_the_middle_of_the_best_ones():
    truth = np.array([False, False, True, True])
    threshold, score = best_threshold(np.array([-3.0, -1.0, 1.0, 3.0]), truth)
    assert score == 1.0
    assert threshold == pytest.approx(0.5, abs=0.03)


def test_one_class_cannot_be_trained_on():
    with pytest.raises(Refused, match="train split is too small: 40 unsafe and 0 safe"):
        train_head(["a"] * 40, np.ones(40, bool), ["b"] * 40, np.ones(40, bool))


def test_dialogue_is_found_in_the_prompt_of_a_guard_or_in_the_messages():
    turns = [
        {"role": "system", "text": "Be brief."},
        {"role": "user", "text": "two\nlines\nuser: not a turn"},
        {"role": "assistant", "text": "yes"},
    ]
    framed = f"…\n<BEGIN CONVERSATION>\n{render_guard_dialogue(turns, up_to_prompt=False)}\n<END CONVERSATION>\n…"
    assert turns_of([{"role": "user", "content": framed}]) == turns
    assert turns_of([{"role": turn["role"], "content": turn["text"]} for turn in turns]) == turns
    assert turns_of([{"role": "user", "content": [{"type": "text", "text": "a"}]}]) == [{"role": "user", "text": "a"}]


@pytest.mark.parametrize("messages", [None, [], "a", [{}], [{"role": "tool", "content": "a"}], [{"role": "user"}], [7]])
def test_messages_with_nothing_to_judge_are_refused(messages):
    with pytest.raises(BadRequest):
        turns_of(messages)


def test_juror_with_the_name_of_a_guard_counts_as_trained_on_its_release(released, trained):
    guard = find_guard(released, "first")
    words = shlex.split(add_command(guard, "http://127.0.0.1:8300/v1"))
    assert words[:4] == [".venv/bin/python", "manage.py", "add_juror", "first"]
    assert command(*words[2:]).code == 0
    added = Juror.objects.get(project=released, name="first")
    assert (added.trained_on, added.asks, added.model) == ("1.0", ["prompt_label", "response_label"], "first")
    unsaid = command("add_juror", "unsaid", project=released.slug, model="first", base_url="http://127.0.0.1:9/v1")
    assert unsaid.code == 0, unsaid.stderr
    assert Juror.objects.get(project=released, name="unsaid").trained_on == ""
    assert trained_release(Juror.objects.get(project=released, name="unsaid")).version == "1.0"
    with pytest.raises(Refused, match=r"Juror 'unsaid' was trained on release 1\.0"):
        start_run(project=released, jurors=panel(released, ["unsaid"]))


@contextmanager
def served(project, name, log):
    """Serve a guard in a process of its own; yield the base URL, which it prints to its log as JSON."""
    arguments = ["manage.py", "serve_guard", name, f"--project={project.slug}", "--port=0"]
    process = forks.start([sys.executable, *arguments], log)
    try:
        assert wait_until(lambda: "}\n" in log.read_text() or process.poll() is not None, seconds=60)
        [printed] = [line for line in log.read_text().splitlines() if line.startswith("{")]
        yield json.loads(printed)["base_url"]
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.slow
def test_served_guard_is_asked_like_any_other_model(released, trained, worker, tmp_path):
    with served(released, "first", tmp_path / "guard.log") as url:
        added = command(
            "add_juror",
            "small",
            project=released.slug,
            model="first",
            base_url=url,
            prompt="nemoguard-v1",
            asks="prompt_label,response_label",
            trained_on="1.0",
        )
        assert added.code == 0, added.stderr
        done = command("convene_jury", project=released.slug, juror="small", limit=20, wait=True, allow_trained=True)
        assert (done["cast"], done["unreadable"], done["failed"]) == (20, 0, 0), done.stderr
        for route, body, code in [
            ("chat/completions", b"{", 400),
            ("chat/completions", b'{"messages": []}', 400),
            ("chat/completions", b"[]", 400),
            ("completions", b"{}", 404),
        ]:
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{url}/{route}", body, timeout=30)  # noqa: S310 - our own server
            assert refused.value.code == code


@pytest.mark.slow
def test_page_and_rest_route_ask_trained_jurors_on_request_alone(released, trained, worker, stub_url):
    made = command("add_juror", "apt", project=released.slug, model="first", base_url=stub_url)
    assert made.code == 0, made.stderr
    reason = "was trained on release 1.0 of this project, so its ballots are no independent opinions here."
    lead, program = Visitor(released, "lead"), Program(released, "lead")
    runs = f"projects/{released.slug}/jury-runs/"
    refused = lead.post("jury/runs/", do="start", jurors=["apt"])
    assert (refused.status_code, reason in refused.content.decode()) == (409, True)
    assert reason in program.post(runs, {"jurors": ["apt"]}).json()["error"]["message"]
    assert lead.post("jury/runs/", do="start", jurors=["apt"], limit=1, allow_trained="on").status_code == 302
    started = program.post(runs, {"jurors": ["apt"], "limit": 1, "allow_trained": True})
    assert started.status_code == 202, started.content
    assert wait_until(lambda: not Run.objects.filter(project=released, state="running").exists(), seconds=30)


def test_scikit_learn_is_loaded_when_it_is_needed_and_not_before():
    code = "import django; django.setup(); import guards.actions, guards.serving, sys; print('sklearn' in sys.modules)"
    done = forks.run([sys.executable, "-c", code], os.environ)
    assert done.stdout.strip() == "False", done.stderr

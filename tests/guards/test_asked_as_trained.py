"""A fine-tuned guard is asked, in an evaluation, what it was asked in its training data."""

import json
import shlex

import pytest

from guards.actions import benchmark_of_release, start_evaluation
from guards.benchmarks.case import Case
from guards.models import Verdict
from jury.queries import panel
from recipes.lora.command import parse_arguments
from recipes.lora.serving import serving_commands
from recipes.lora.settings import settings_of
from recipes.lora.training_files import read_training_files
from tests.factories import command, import_dialogues, import_votes, make_project, opinion
from tests.guards.test_training import release_of_200
from tests.jury.factories import add_jurors, run_shards
from tests.jury.scripted import completion, scripted_endpoint


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    project = make_project(votes_wanted=1, quorum=1)
    release_of_200(project, tmp_path_factory.mktemp("released"))
    return project


@pytest.fixture(scope="module")
def said_twice(tmp_path_factory):
    """A project whose dialogues end with two turns of the assistant, of which the first belongs to the prompt."""
    folder, project = tmp_path_factory.mktemp("twice"), make_project(votes_wanted=1, quorum=1)
    names = [f"d{at}" for at in range(20)]
    rows = [
        {"id": name, "turns": [{"role": "user", "text": f"Question {name}"}, {"role": "assistant", "text": "Wait."},
                               {"role": "assistant", "text": f"Answer {name}"}]}
        for name in names
    ]  # fmt: skip
    assert import_dialogues(project, folder, rows).code == 0
    unsafe = {"prompt": "unsafe", "response": "unsafe", "categories": "threat"}
    votes = [opinion(name, "anna", **(unsafe if at % 2 else {"response": "safe"})) for at, name in enumerate(names)]
    assert import_votes(project, folder, votes).code == 0
    made = command("release", "1.0", project=project.slug, splits="0.6,0.2,0.2", out=folder / "1.0")
    assert made.code == 0, made.stderr
    return project


def seat_as_recipe_says(project, folder, name, url):
    """Add the jurors of the commands that the recipe prints, at an endpoint of the test."""
    options = parse_arguments([str(folder), "--model=m", "--out=o", f"--name={name}"])
    _, *additions = serving_commands(read_training_files(folder), settings_of(options), options.out, name, 64)
    for words in additions:
        made = command(*shlex.split(shlex.join(words))[2:], base_url=url)  # the later address counts
        assert made.code == 0, made.stderr
    return panel(project, [f"{name}-prompt", f"{name}-response"])


@pytest.mark.parametrize("project", ["released", "said_twice"])
@pytest.mark.parametrize("prompt", ["nemoguard-v1", "wildguard-v1", "full-policy-v1", "llamaguard-turns-v1"])
def test_guard_is_asked_in_an_evaluation_as_in_its_training_data(request, tmp_path, prompt, project):
    released, out = request.getfixturevalue(project), tmp_path / "out"
    made = command("export_training", project=released.slug, release="1.0", prompt=prompt, out=out)
    assert made.code == 0, made.stderr
    rows = [json.loads(line) for line in (out / "test.jsonl").read_text().splitlines()]
    with scripted_endpoint(lambda *_: (200, completion("?"))) as (endpoint, url):
        for guard, task in zip(seat_as_recipe_says(released, out, prompt, url), ("prompt", "response"), strict=True):
            endpoint.calls.clear()
            benchmark = benchmark_of_release(project=released, version="1.0", split="test", task=task)
            run_shards(start_evaluation(project=released, juror=guard, benchmark=benchmark).run)
            asked = {json.dumps(call["messages"]) for call in endpoint.calls}
            assert asked == {json.dumps(row["prompt"]) for row in rows if row["task"] == task} != set(), task


def test_turn_of_the_assistant_in_a_prompt_is_part_of_the_prompt(said_twice):
    with scripted_endpoint(lambda *_: (200, completion('{"User Safety": "unsafe"}'))) as (endpoint, url):
        add_jurors(said_twice, url, "stub-1.0", asks="prompt_label", prompt="nemoguard-v1")
        [guard] = panel(said_twice, ["stub-1.0"])
        benchmark = benchmark_of_release(project=said_twice, version="1.0", split="test", task="prompt")
        run = start_evaluation(project=said_twice, juror=guard, benchmark=benchmark, transforms=["upper"]).run
        run_shards(run)
        texts = [call["messages"][0]["content"] for call in endpoint.calls]
    assert all("agent: Wait." in text or "agent: WAIT." in text for text in texts)
    assert not any("response: agent" in text or "Answer d" in text for text in texts)
    verdicts = Verdict.objects.filter(run=run)
    assert (len(texts), {each.label for each in verdicts}) == (2 * benchmark.rows, {"unsafe"})


def test_prompt_and_response_with_the_same_turns_are_two_texts():
    turns = [{"role": "user", "text": "Hi"}, {"role": "assistant", "text": "Wait."}]
    assert Case("a", turns, True).text.content_hash != Case("a", turns, True, ends_at_prompt=True).text.content_hash


def test_categories_stand_in_another_order_in_each_row_where_the_prompt_version_shuffles_them(released, tmp_path):
    out = tmp_path / "out"
    command("export_training", project=released.slug, release="1.0", prompt="full-policy-v2", out=out)
    rows = [json.loads(line) for line in (out / "test.jsonl").read_text().splitlines()]
    texts = [row["prompt"][0]["content"] for row in rows if row["task"] == "prompt"]
    orders = [tuple(line.split(":")[0] for line in text.splitlines() if line.startswith("- ")) for text in texts]
    assert len(set(orders)) == len(orders) > 1
    assert len({tuple(sorted(order)) for order in orders}) == 1

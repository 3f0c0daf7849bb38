"""A fine-tuned guard is asked, in an evaluation, what it was asked in its training data."""

import json
import shlex

import pytest

from guards.actions import benchmark_of_release, start_evaluation
from jury.queries import panel
from recipes.lora.command import parse_arguments
from recipes.lora.serving import serving_commands
from recipes.lora.settings import settings_of
from recipes.lora.training_files import read_training_files
from tests.factories import command, make_project
from tests.guards.test_training import release_of_200
from tests.jury.factories import run_shards
from tests.jury.scripted import completion, scripted_endpoint


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    project = make_project(votes_wanted=1, quorum=1)
    release_of_200(project, tmp_path_factory.mktemp("released"))
    return project


def seat_as_recipe_says(project, folder, name, url):
    """Add the jurors of the commands that the recipe prints, at an endpoint of the test."""
    options = parse_arguments([str(folder), "--model=m", "--out=o", f"--name={name}"])
    _, *additions = serving_commands(read_training_files(folder), settings_of(options), options.out, name, 64)
    for words in additions:
        made = command(*shlex.split(shlex.join(words))[2:], base_url=url)  # the later address counts
        assert made.code == 0, made.stderr
    return panel(project, [f"{name}-prompt", f"{name}-response"])


@pytest.mark.parametrize("prompt", ["nemoguard-v1", "wildguard-v1", "full-policy-v1"])
def test_guard_is_asked_in_an_evaluation_as_in_its_training_data(released, tmp_path, prompt):
    out = tmp_path / "out"
    made = command("export_training", project=released.slug, release="1.0", prompt=prompt, out=out)
    assert made.code == 0, made.stderr
    rows = [json.loads(line) for line in (out / "test.jsonl").read_text().splitlines()]
    with scripted_endpoint(lambda *_: (200, completion("?"))) as (endpoint, url):
        for guard, task in zip(seat_as_recipe_says(released, out, prompt, url), ("prompt", "response"), strict=True):
            endpoint.calls.clear()
            benchmark = benchmark_of_release(project=released, version="1.0", split="test", task=task)
            run_shards(start_evaluation(project=released, juror=guard, benchmark=benchmark).run)
            asked = {json.dumps(call["messages"]) for call in endpoint.calls}
            assert asked == {json.dumps(row["prompt"]) for row in rows if row["task"] == task}, task


def test_categories_stand_in_another_order_in_each_row_where_the_prompt_version_shuffles_them(released, tmp_path):
    out = tmp_path / "out"
    command("export_training", project=released.slug, release="1.0", prompt="full-policy-v2", out=out)
    rows = [json.loads(line) for line in (out / "test.jsonl").read_text().splitlines()]
    texts = [row["prompt"][0]["content"] for row in rows if row["task"] == "prompt"]
    orders = [tuple(line.split(":")[0] for line in text.splitlines() if line.startswith("- ")) for text in texts]
    assert len(set(orders)) == len(orders) > 1
    assert len({tuple(sorted(order)) for order in orders}) == 1

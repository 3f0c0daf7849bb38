"""What a lead learns before a run: its cost, and which jurors are likely to err alike."""

import pytest

from jury.families import family_of, shared_families
from jury.models import Ballot, Run
from tests.cases import cases
from tests.factories import command
from tests.jury.factories import add_jurors, project_with_items


@cases(
    ("model", "family"),
    [
        ("meta-llama/Llama-Guard-3-8B", "Llama"),
        ("nvidia/llama-3.1-nemoguard-8b-content-safety", "Llama"),
        ("mistralai/Mixtral-8x22B-Instruct-v0.1", "Mistral"),
        ("mistralai/Mistral-NeMo-12B-Instruct", "Mistral"),
        ("google/gemma-2-27b-it", "Gemma"),
        ("gpt-4o-mini", "GPT"),
        ("o3", "GPT"),
        ("microsoft/phi-4", "Phi"),
        ("my-own-model", None),
        ("philosopher", None),
    ],
)
def test_family_is_read_from_the_model_name(model, family):
    assert family_of(model) == family


def test_shared_families_name_their_jurors():
    panel = {
        "b": "Mixtral-8x22B",
        "a": "Mistral-NeMo-12B-Instruct",
        "c": "gemma-2-27b-it",
        "d": "unknown",
        "e": "unknown",
    }

    assert shared_families(panel.items()) == {"Mistral": ["a", "b"]}


def test_estimate_of_a_batch_has_the_room_that_a_batch_reserves(tmp_path, stub_url):
    project, prices = project_with_items(tmp_path, 3), {"price_in": 0, "price_out": 1, "max_tokens": 1000}
    add_jurors(project, stub_url, "live", **prices)
    add_jurors(project, stub_url, "batch", transport="batch", **prices)
    found = command("convene_jury", project=project.slug, estimate=True)
    costs = {each["juror"]: each["cost_usd"] for each in found["jurors"]}
    assert costs["batch"] == 4 * costs["live"] > 0


def test_estimate_counts_unanswered_items_and_asks_nothing(tmp_path, stub_url):
    project = project_with_items(tmp_path, 12)
    prices = {"price_in": "3", "price_out": "15", "max_tokens": 100}
    add_jurors(project, stub_url, "stub-0.9", rpm=6, **prices)
    add_jurors(project, stub_url, "stub-0.8", asks="response_label", **prices)
    whole = command("convene_jury", project=project.slug, estimate=True)
    part = command("convene_jury", project=project.slug, estimate=True, limit=3)
    by_name = {each["juror"]: each for each in whole["jurors"]}

    assert (whole.code, whole["calls"]) == (0, 12 + 8)
    assert by_name["stub-0.9"]["minutes"] == 2
    assert by_name["stub-0.8"]["minutes"] is None
    tokens = by_name["stub-0.9"]["prompt_tokens"]
    assert by_name["stub-0.9"]["cost_usd"] == pytest.approx((3 * tokens + 15 * 12 * 100) / 1_000_000)
    assert {each["juror"]: each["calls"] for each in part["jurors"]} == {"stub-0.9": 3, "stub-0.8": 2}
    assert not Run.objects.filter(project=project).exists()
    assert not Ballot.objects.filter(juror__project=project).exists()


def test_jurors_of_one_family_are_named_before_a_run(tmp_path):
    project = project_with_items(tmp_path, 1)
    for name in ("large", "small"):
        options = {"model": f"mistral-{name}", "base_url": "http://127.0.0.1:9/v1"}
        assert command("add_juror", name, project=project.slug, **options).code == 0
    estimate = command("convene_jury", project=project.slug, estimate=True)

    assert estimate.code == 0
    assert "large, small: all of the Mistral family" in estimate.stderr

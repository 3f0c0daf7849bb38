"""The replies that users of similar tools reported, each asked for as a run asks (replies.jsonl of the shared data)."""

import json

import pytest

from jury import actions, queries
from jury.actions.trials import try_juror
from jury.models import Ballot, GeneratedResponse, Juror, Run
from tests.jury.factories import add_generator, add_jurors, project_with_items, run_shards
from tests.jury.scripted import scripted_endpoint

RIGHT = {
    "lone_surrogate_in_rationale": ("cast", ""),
    "lone_surrogate_in_prose": ("unreadable", ""),
    "nul_in_refusal": ("abstained", "I cannot � help"),
    "lone_surrogate_in_error_message": ("failed", "bad � thing"),
    "negative_completion_tokens": ("cast", ""),
    "huge_prompt_tokens": ("cast", ""),
    "closing_think_only": ("cast", ""),
    "mistral_thinking_chunks": ("cast", ""),
    "answer_in_reasoning_content": ("unreadable", "reasoning_content"),
    "error_body_with_200_rate_limited": ("failed", "temporarily rate-limited upstream"),
    "finish_reason_error": ("failed", "upstream lost"),
    "gemini_safety": ("abstained", "SAFETY"),
    "finish_reason_refusal": ("abstained", "refusal"),
    "invalid_prompt_flagged": ("abstained", "usage policy"),
    "azure_inner_error": ("abstained", "filtered"),
    "openrouter_moderation": ("abstained", "flagged"),
    "insufficient_quota": ("failed", "You exceeded your current quota."),
    "max_tokens_unsupported": ("failed", "Use 'max_completion_tokens' instead"),
    "plain_error_text": ("failed", "Input validation error: too long"),
}
"The outcome of each case when a juror is tried, and words of its reason. A trial asks once."
GENERATED = {"generator_think": ("cast", "White tea."), "refusal_only_in_thought": ("unreadable", "")}
"The outcome of each case for a generator, the latter of refusals, and the text of the response."


@pytest.fixture(scope="module")
def cases(real_data):
    """Return the cases by their name."""
    path = real_data / "cases" / "replies.jsonl"
    if not path.exists():
        pytest.skip(f"the cases are not here: {path}")
    return {case["name"]: case for case in map(json.loads, path.read_text().splitlines())}


def answering(cases):
    """Return a function that answers each request with the reply that its model is named after."""
    return lambda request, _number: (cases[request["model"]]["status"], cases[request["model"]]["body"].encode())


def test_every_case_is_judged(cases):
    assert set(cases) == set(RIGHT) | set(GENERATED)


def test_trial_says_what_is_right_of_each_case(cases, tmp_path):
    project = project_with_items(tmp_path, 2)
    with scripted_endpoint(answering(cases)) as (_, url):
        add_jurors(project, url, *RIGHT)
        found = {}
        for juror in Juror.objects.filter(project=project).select_related("prompt"):
            ballot = try_juror(project=project, juror=juror).answer
            is_right = ballot.outcome == RIGHT[juror.name][0] and RIGHT[juror.name][1] in ballot.reason
            found[juror.name] = RIGHT[juror.name] if is_right else (ballot.outcome, ballot.reason)
            assert 0 <= ballot.prompt_tokens < 2**31
            assert 0 <= ballot.answer_tokens < 2**31
    assert found == RIGHT


def test_run_says_what_a_trial_says(cases, tmp_path):
    project = project_with_items(tmp_path, 2)
    retried = {"error_body_with_200_rate_limited", "finish_reason_error"}  # for minutes, which other tests show
    with scripted_endpoint(answering(cases)) as (_, url):
        add_jurors(project, url, *(RIGHT.keys() - retried))
        run = actions.start_run(project=project, jurors=queries.panel(project))
        run_shards(run)
    found = {}
    for ballot in Ballot.objects.filter(run=run).select_related("juror"):
        found.setdefault(ballot.juror.name, set()).add(ballot.outcome)
    wanted = {name: {outcome} for name, (outcome, _) in RIGHT.items() if name not in retried}
    del wanted["insufficient_quota"]  # no ballot: its part of the run breaks off
    assert found == wanted
    assert queries.shard_errors(run) == ["the endpoint answered 429: You exceeded your current quota."]
    assert Run.objects.get(pk=run.pk).state == "broken"


def test_generators_keep_their_thoughts_to_themselves(cases, tmp_path):
    project = project_with_items(tmp_path, 1)
    item = queries.sample_items(project, 1, with_response=False)[0].pk
    with scripted_endpoint(answering(cases)) as (_, url):
        for name, prompt in (("generator_think", "respond-v1"), ("refusal_only_in_thought", "refuse-v1")):
            generator = add_generator(project, url, name=name, model=name, prompt=prompt)
            run = actions.start_generation(project=project, generator=generator, items=[item])
            run_shards(run)
            made = GeneratedResponse.objects.get(run=run)
            assert (made.outcome, made.text) == GENERATED[name]

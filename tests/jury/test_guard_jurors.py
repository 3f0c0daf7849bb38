"""Jurors that are guards: asked in their own way by the engine that asks all jurors."""

import json
import shlex
import time
from functools import partial

from django.utils.html import escape

from config.data_dir import CHECKOUT
from jury import actions, queries
from jury.engine.juror_client import JurorClient
from jury.models import Ballot, Run
from jury.prompting import Form, Prompt, Send
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, make_project
from tests.jury.factories import project_with_items, run_shards
from tests.jury.scripted import completion, scripted_endpoint

LABELS = "prompt_label,response_label"
OPENAI = {"hate": False, "violence": False, "illicit/violent": None}


def add_guard(project, url, prompt, asks="prompt_label", name="guard", model="guard-1", **options):
    made = command(
        "add_juror", name, project=project.slug, model=model, base_url=url, prompt=prompt, asks=asks, **options
    )
    assert made.code == 0, made.stderr
    return queries.panel(project, [name])[0]


def convene(project):
    run = actions.start_run(project=project, jurors=queries.panel(project, []))
    run_shards(run)
    return Run.objects.get(pk=run.pk)


def ballots(project):
    return list(Ballot.objects.filter(juror__project=project, is_current=True).order_by("item__external_id"))


FAMILIES = [
    ("llamaguard-turns-v1", "prompt_label", "\n\nunsafe\nS1", "unsafe"),
    ("qwen3guard-v1", "response_label", "Safety: Controversial\nCategories: PII\nRefusal: No", "needs_caution"),
    ("nemotron-v1", LABELS, "User Safety: safe\nResponse Safety: unsafe\nSafety Categories: Threat", "unsafe"),
    ("nemotron-reasoning-v1", LABELS, "<think></think>\nPrompt harm: unharmful\nResponse harm: harmful", "unsafe"),
    ("wildguard-v1", LABELS, "Harmful request: no\nResponse refusal: no\nHarmful response: yes", "unsafe"),
    ("polyguard-v1", LABELS, "Harmful request: no\nResponse refusal: yes\nHarmful response: no", "safe"),
    ("granite3-v1", "response_label", "<think>\n</think>\n<score> yes </score>", "unsafe"),
    ("granite4-v1", "response_label", "<score>no</score>", "safe"),
    ("shieldgemma-v1", "response_label", "Yes", "unsafe"),
    ("shieldgemma-turns-v1", "prompt_label", "No", "safe"),
    ("safeguard-v1", "response_label", '{"violation": 1, "policy_category": "S1"}', "unsafe"),
]


def test_panel_seats_every_family_and_each_is_asked_in_its_own_way(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a", response=True)])
    replies = {prompt: reply for prompt, _, reply, _ in FAMILIES}
    with scripted_endpoint(lambda request, _: (200, completion(replies[request["model"]]))) as (endpoint, url):
        for prompt, asks, _, _ in FAMILIES:
            made = command(
                "add_juror", prompt, model=prompt, project=project.slug, base_url=url, prompt=prompt, asks=asks
            )
            assert made.code == 0, made.stderr
        convene(project)
    asked = {call["model"]: call for call in endpoint.calls}
    labels = {ballot.juror.name: ballot.response_label or ballot.prompt_label for ballot in ballots(project)}

    assert labels == {prompt: label for prompt, _, _, label in FAMILIES}
    assert not any("response_format" in call for call in endpoint.calls)
    for name in ("qwen3guard-v1", "nemotron-v1", "granite3-v1"):
        assert [message["role"] for message in asked[name]["messages"]] == ["user", "assistant"], name
    assert [message["role"] for message in asked["llamaguard-turns-v1"]["messages"]] == ["user"]
    assert asked["nemotron-v1"]["chat_template_kwargs"]["request_categories"] == "/categories"
    assert asked["shieldgemma-v1"]["logprobs"] is True
    assert [message["content"] for message in asked["shieldgemma-turns-v1"]["messages"]] == ["What is a?"]
    assert asked["shieldgemma-turns-v1"]["chat_template_kwargs"]["guideline"].startswith('"No Harm": ')


def test_one_token_that_is_cut_off_is_the_whole_verdict(tmp_path):
    project = project_with_items(tmp_path, 1)
    answers = {1: completion("Yes", finish_reason="length"), 2: completion("Yes", finish_reason="content_filter")}
    with scripted_endpoint(lambda request, _: (200, answers[request["max_tokens"]])) as (endpoint, url):
        add_guard(project, url, "shieldgemma-v1", name="one", max_tokens=1)
        add_guard(project, url, "shieldgemma-v1", name="filtered", max_tokens=2)
        convene(project)
    outcomes = {ballot.juror.name: (ballot.outcome, ballot.prompt_label) for ballot in ballots(project)}

    assert outcomes == {"one": ("cast", "unsafe"), "filtered": ("abstained", None)}
    assert len(endpoint.calls) == 2


def moderate(flags, request, _number, *, takes_lists=True):
    """Return the results of a moderation route for the texts of a request."""
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    if len(texts) > 1 and (not takes_lists or any("refuse" in text for text in texts)):
        return 400, {"error": {"message": "one of them, or that it is a list"}}
    if "refuse" in texts[0]:
        return 400, {"error": {"message": "this one"}}
    flagged = [any(word in text for word in flags) for text in texts]
    results = [{"flagged": flag, "categories": OPENAI | {"hate": flag}, "category_scores": {}} for flag in flagged]
    return 200, {"id": "modr-1", "results": results}


def test_texts_asked_at_once_go_to_a_moderation_route_in_one_list(tmp_path):
    project = make_project()
    rows = [{"id": f"i{n:02}", "prompt": f"text {n}"} for n in range(12)]
    import_dialogues(project, tmp_path, rows)
    with scripted_endpoint(partial(moderate, ["text 7"])) as (endpoint, url):
        add_guard(project, url, "moderations-v1", concurrency=8, extra_body='{"seed": 7}')
        run = convene(project)
    labels = [ballot.prompt_label for ballot in ballots(project)]
    inputs = [call["input"] for call in endpoint.calls]

    assert run.state == "finished"
    assert labels == ["unsafe" if n == 7 else "safe" for n in range(12)]
    texts = [text for each in inputs for text in (each if isinstance(each, list) else [each])]
    assert sorted(texts) == sorted(f"text {n}" for n in range(12))
    assert len(endpoint.calls) < 12
    assert all(call.keys() == {"model", "input", "seed"} for call in endpoint.calls)
    assert json.loads(ballots(project)[7].raw_reply)["results"][0]["categories"]["hate"] is True


def test_refused_list_is_asked_one_by_one_and_only_the_culprit_fails(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [{"id": f"i{n}", "prompt": "refuse" if n == 2 else "text"} for n in range(5)])
    with scripted_endpoint(partial(moderate, ["text"])) as (_, url):
        add_guard(project, url, "moderations-v1")
        convene(project)

    assert [ballot.outcome for ballot in ballots(project)] == ["cast", "cast", "failed", "cast", "cast"]
    assert "this one" in ballots(project)[2].reason


def test_route_without_lists_is_tried_with_one_list(tmp_path):
    """Also while one of its texts, now asked about alone, has no answer yet and others are asked about."""
    project = make_project()
    import_dialogues(project, tmp_path, [{"id": f"i{n}", "prompt": f"text {n}"} for n in range(9)])

    def answer(request, number):
        time.sleep(0.5 if request["input"] == "text 1" else 0)
        return moderate([], request, number, takes_lists=False)

    with scripted_endpoint(answer) as (endpoint, url):
        add_guard(project, url, "moderations-v1", concurrency=3)
        convene(project)
    lists = [call for call in endpoint.calls if isinstance(call["input"], list)]

    assert {ballot.prompt_label for ballot in ballots(project)} == {"safe"}
    assert (len(lists), len(endpoint.calls)) == (1, 10)


def test_list_that_is_one_too_many_is_sent_again_as_a_list(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [{"id": f"i{n}", "prompt": f"text {n}"} for n in range(6)])

    def busy(request, number):
        return moderate([], request, number) if number > 1 else ([429, 500][number], {"error": {"message": "busy"}})

    with scripted_endpoint(busy) as (endpoint, url):
        add_guard(project, url, "moderations-v1")
        run = convene(project)

    assert run.state == "finished"
    assert [ballot.outcome for ballot in ballots(project)] == ["cast"] * 6
    assert len(endpoint.calls) < 2 * 6


@cases(
    ("status", "body", "outcome", "reason"),
    [
        (200, {"results": []}, "failed", "0 results for 1 texts"),
        (200, {"results": [{"flagged": True}] * 2}, "failed", "2 results for 1 texts"),
        (200, [1], "failed", "no results"),
        (200, {"error": {"code": "invalid_request_error", "message": "no such field"}}, "failed", "no such field"),
        (200, {"results": [{"flagged": False, "categories": {"hate": True}}]}, "unreadable", "not flagged"),
        (400, {"error": {"message": "no"}}, "failed", "answered 400: no"),
    ],
)
def test_other_answers_of_a_moderation_route_have_their_reason(tmp_path, status, body, outcome, reason):
    project = project_with_items(tmp_path, 1)
    with scripted_endpoint(lambda *_: (status, body)) as (_, url):
        trial = actions.try_juror(project=project, juror=add_guard(project, url, "moderations-v1"))

    assert (trial.answer.outcome, trial.answer.prompt_label) == (outcome, None)
    assert reason in trial.answer.reason


def test_moderation_is_estimated_without_an_answer_and_costs_what_was_reserved(tmp_path):
    project = project_with_items(tmp_path, 2)
    with scripted_endpoint(partial(moderate, [])) as (_, url):
        juror = add_guard(project, url, "moderations-v1", price_in=3, price_out=900_000)
        [estimate] = actions.estimate_run(project=project, jurors=[juror], limit=None, asks_again=[])
        run = convene(project)

    assert estimate.cost_usd == JurorClient(project, juror).price(estimate.prompt_tokens, 0)
    assert run.cost_usd <= estimate.cost_usd


@cases(
    ("prompt", "asks", "options", "message"),
    [
        ("moderations-v1", "prompt_label", {"transport": "batch"}, "has no batches"),
        ("qwen3guard-v1", LABELS, {}, "asks for one verdict"),
        ("moderations-v1", LABELS, {}, "asks for one verdict"),
        ("wildguard-v1", LABELS, {}, ""),
        ("nemotron-reasoning-v1", f"{LABELS},categories", {}, "name no categories. Ask for labels alone"),
        ("granite3-v1", "prompt_label,categories", {}, "name no categories"),
    ],
)
def test_guard_that_cannot_answer_so_is_refused(prompt, asks, options, message):
    project = make_project()
    made = command("add_juror", "a", model="m", project=project.slug, base_url="http://127.0.0.1:1/v1", prompt=prompt,
                   asks=asks, **options)  # fmt: skip

    assert made.code == (2 if message else 0), made.stderr
    assert message in made.stderr


def test_page_of_a_guard_says_what_is_sent_and_with_which_parameters():
    project = make_project()
    url, lead = "http://127.0.0.1:1/v1", Visitor(project, "lead")
    guard = add_guard(project, url, "nemotron-v1", extra_body='{"chat_template_kwargs": {"enable_thinking": true}}')
    route = add_guard(project, url, "moderations-v1", name="route")
    pages = [" ".join(lead.get(f"jury/jurors/{each.pk}/").content.decode().split()) for each in (guard, route)]

    assert "Nemotron guards, as its prompt version says" in pages[0]
    assert "turns as they are" in pages[0]
    merged = {"chat_template_kwargs": {"request_categories": "/categories", "enable_thinking": True}}
    assert escape(json.dumps(merged)) in pages[0]
    assert "to a moderation route" in pages[1]
    assert "Longest answer</dt>" not in pages[1]


def test_commands_of_the_guide_seat_every_family():
    guide = (CHECKOUT / "docs" / "jury.md").read_text().partition("### Add a guard")[2].partition("\n## ")[0]
    project = make_project()
    lines = [shlex.split(line) for line in guide.splitlines() if line.startswith("manage.py add_juror")]
    for words in lines:
        made = command(*words[1:], project=project.slug)  # the later project counts
        assert made.code == 0, (words, made.stderr)
    jurors = queries.panel(project, [])
    added = {Prompt.parse(juror.prompt.text).form for juror in jurors}

    assert added == {form for form in Form if not form.is_generative} - {Form.OBJECT}
    assert len(jurors) == len(lines)
    for juror in jurors:  # what asks in words of its own is not served behind a guard's own template
        assert "shieldgemma" not in juror.model or Prompt.parse(juror.prompt.text).send == Send.TURNS

"""What an endpoint wants to be told: settings of jurors and generators, and how a trial finds those that work."""

import http.server
import json
import shlex
import threading
from contextlib import contextmanager

import pytest

from corpus.errors import Refused
from jury import actions, queries
from jury.engine.extra_body import LONGEST, parse_extra_body
from jury.engine.generator_client import GeneratorClient
from jury.engine.juror_client import JurorClient
from jury.engine.remedies import as_options, changes_to_try
from jury.models import Ballot, Juror
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command
from tests.jury.factories import add_generator, add_jurors, project_with_items, run_shards

HERE = "http://127.0.0.1:1/v1"
VERDICT = {"rationale": "", "prompt_label": "safe", "response_label": "safe", "categories": [], "other_text": ""}


OPENAI = {
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "temperature": "Unsupported value: 'temperature' does not support 0 with this model. "
    "Only the default (1) value is supported.",
}


def error(message, **more):
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


def openai(body):
    """Refuse as OpenAI's reasoning models do, one parameter at a time."""
    for parameter, message in OPENAI.items():
        if parameter in body:
            return error(message, param=parameter, code="unsupported_parameter")
    return None


def vllm(body):
    """Refuse as vLLM and Mistral do."""
    if "max_completion_tokens" in body:
        detail = [
            {
                "type": "extra_forbidden",
                "loc": ["body", "max_completion_tokens"],
                "msg": "Extra inputs are not permitted",
            }
        ]
        return {"object": "error", "message": str(detail), "type": "BadRequestError", "code": 400}
    return None


def without_schema(body):
    """Refuse as servers without structured output do."""
    kind = body.get("response_format", {}).get("type", "text")
    return None if kind == "text" else error(f"'response_format' of type '{kind}' is not supported by this model")


def without_effort(body):
    """Refuse a parameter of the extra body."""
    return error("Unrecognized request argument supplied: reasoning_effort") if "reasoning_effort" in body else None


def without_logprobs(body):
    """Refuse as models do that hide how sure they are."""
    return error("You are not allowed to request logprobs from this model") if "logprobs" in body else None


def silent(body):
    """Refuse what OpenAI does, without a word about why."""
    return {"detail": "Bad Request"} if openai(body) else None


def thinking(body):
    """Put all text into the reasoning unless thinking is off."""
    is_off = not body.get("chat_template_kwargs", {}).get("enable_thinking", True)
    return None if is_off else {"choices": [{"message": {"content": None, "reasoning_content": "hm"}}], "usage": {}}


class PickyEndpoint:
    """Answers requests that one of the functions above finds no fault with."""

    def __init__(self, find_fault):
        self.find_fault, self.bodies = find_fault, []

    def reply(self, body):
        self.bodies.append(body)
        if fault := self.find_fault(body):
            return (200 if "choices" in fault else 400), fault
        text = json.dumps(VERDICT) if "response_format" in body or "JSON" in str(body["messages"]) else "White tea."
        return 200, {
            "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9},
        }


@contextmanager
def picky_endpoint(find_fault):
    endpoint = PickyEndpoint(find_fault)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            status, reply = endpoint.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            content = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield endpoint, f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


FOUND = [
    (openai, {}, {"max_tokens_parameter": "max_completion_tokens", "temperature": None}),
    (silent, {}, {"max_tokens_parameter": "max_completion_tokens", "temperature": None}),
    (vllm, {"max_tokens_parameter": "max_completion_tokens"}, {"max_tokens_parameter": "max_tokens"}),
    (without_schema, {}, {"response_format": "text"}),
    (without_effort, {"extra_body": '{"reasoning_effort": "low", "seed": 1}'}, {"extra_body": {"seed": 1}}),
    (without_logprobs, {"probability": "yes"}, {"asks_probability": False}),
    (thinking, {}, {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}),
]


def test_trial_suggests_the_settings_that_work_and_with_them_a_run_does(tmp_path):
    project = project_with_items(tmp_path, 2)
    for find_fault, options, changes in FOUND:
        name = find_fault.__name__
        with picky_endpoint(find_fault) as (endpoint, url):
            add_jurors(project, url, name, **options)
            [juror] = queries.panel(project, [name])
            trial = command("try_juror", name, project=project.slug)
            assert trial["outcome"] == ("unreadable" if find_fault == thinking else "failed"), name
            suggestion = trial["suggestion"]
            assert (suggestion["settings"], suggestion["outcome"]) == (changes, "cast"), name
            assert len(endpoint.bodies) <= 7
            changed = command("change_juror", name, *shlex.split(suggestion["options"]), project=project.slug)
            assert changed.code == 0, changed.stderr
            again = command("try_juror", name, project=project.slug)
            assert (again["outcome"], again["suggestion"]) == ("cast", None), name
            run = actions.start_run(project=project, jurors=[Juror.objects.get(pk=juror.pk)])
            run_shards(run)
        assert set(Ballot.objects.filter(run=run).values_list("outcome", flat=True)) == {"cast"}


def test_trial_without_settings_that_work_suggests_none_and_stops(tmp_path):
    project = project_with_items(tmp_path, 1)
    for at, (find_fault, most) in enumerate((
        (lambda _: error("This model's maximum context length is 10 tokens."), 5),
        (lambda _: error("'max_tokens' is too large: 512."), 2),
        (lambda _: error("temperature and max_tokens are odd"), 3),
    )):  # fmt: skip
        with picky_endpoint(find_fault) as (endpoint, url):
            add_jurors(project, url, f"hopeless {at}")
            trial = command("try_juror", f"hopeless {at}", project=project.slug)
        assert (trial["outcome"], trial["suggestion"]) == ("failed", None)
        assert len(endpoint.bodies) <= most + 1


def test_page_and_rest_show_the_suggestion_for_jurors_and_generators(tmp_path):
    project = project_with_items(tmp_path, 1)
    lead, program = Visitor(project, "lead"), Program(project, "lead")
    with picky_endpoint(openai) as (_, url):
        add_jurors(project, url, "judge")
        writer = add_generator(project, url, temperature="0.7")
        judge = Juror.objects.get(project=project, name="judge")
        for juror in (judge, writer):
            page = lead.post(f"jury/jurors/{juror.pk}/try/").content.decode()
            assert "--max-tokens-parameter max_completion_tokens --temperature none" in page
            assert "Temperature (empty: none is sent): <strong>empty</strong>" in page
            tried = program.post(f"projects/{project.slug}/jurors/{juror.pk}/try/", {"item": "i000"}).json()
            assert tried["suggestion"]["settings"] == {
                "max_tokens_parameter": "max_completion_tokens",
                "temperature": None,
            }
        known = program.get(f"projects/{project.slug}/jurors/").json()
        assert [(each["id"], each["extra_body"]) for each in known] == [(judge.pk, {})]
        changed = {"temperature": "", "max_tokens_parameter": "max_completion_tokens", "asks_probability": "True"}
        actions.change_juror(juror=writer, temperature=None, max_tokens_parameter="max_completion_tokens")
        same = {"concurrency": "8", "price_in": "0", "price_out": "0", "timeout_seconds": "120", "transport": "live"}
        fields = same | {"in_panel": "on", "max_tokens": "512", "extra_body": "", "response_format": "json_schema"}
        assert lead.post(f"jury/jurors/{judge.pk}/", **fields | changed).status_code == 302
        judge.refresh_from_db()
        assert judge.asks_probability
        assert program.post(f"jurors/{judge.pk}/try/").json()["outcome"] == "cast"
        page = lead.post(f"jury/jurors/{judge.pk}/try/").content.decode()
        assert "the reply does not say" in page
        off = {"temperature": "", "max_tokens_parameter": "max_completion_tokens", "asks_probability": "False"}
        assert lead.post(f"jury/jurors/{judge.pk}/", **fields | off).status_code == 302
        assert program.get(f"jurors/{judge.pk}/").json()["asks_probability"] is False
        assert program.post(f"jurors/{writer.pk}/try/").json()["text"] == "White tea."
        refused = program.post(f"jurors/{judge.pk}/try/", {"item": "nowhere"})
        assert (refused.status_code, "no dialogue" in refused.json()["error"]["message"]) == (409, True)


def test_settings_are_in_every_request_and_in_its_hash(tmp_path):
    project = project_with_items(tmp_path, 1)
    [item] = queries.sample_items(project, 1, with_response=False)
    hashes = set()
    for at, (options, sent, left_out) in enumerate((
        ({}, {"temperature": 0.0, "max_tokens": 512}, {"max_completion_tokens", "seed"}),
        ({"temperature": "none"}, {"max_tokens": 512}, {"temperature"}),
        ({"max_tokens_parameter": "max_completion_tokens"}, {"max_completion_tokens": 512}, {"max_tokens"}),
        ({"extra_body": '{"seed": 1}'}, {"seed": 1, "model": "m", "max_tokens": 512}, set()),
        ({"extra_body": '{"seed": 2}'}, {"seed": 2}, set()),
    )):  # fmt: skip
        for add, kind in ((add_jurors, JurorClient), (add_generator, GeneratorClient)):
            name = f"{at} {kind.__name__}"
            command(f"add_{'juror' if add is add_jurors else 'generator'}", name, project=project.slug, model="m",
                    base_url=HERE, **{"temperature": "0"} | options)  # fmt: skip
            client = kind(project, Juror.objects.select_related("prompt").get(project=project, name=name))
            body = client.compose(item).body
            assert {key: body[key] for key in sent} == sent, name
            assert not left_out & body.keys(), name
            longer = client.with_token_limit(body, 2048)
            assert longer[client.juror.max_tokens_parameter] == 2048
            if kind is JurorClient:
                hashes.add(client.request_hash(item))
    assert len(hashes) == 5


def test_request_settings_change_only_until_there_is_an_answer(tmp_path):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, HERE, "judge")
    [juror] = queries.panel(project)
    changed = command("change_juror", "judge", project=project.slug, temperature="none", extra_body='{"seed": 1}')
    assert (changed.code, changed["changed"]) == (0, ["extra_body", "temperature"])
    run = actions.start_run(project=project, jurors=[juror])
    with pytest.raises(Refused, match=r"temperature: .* a run is asking"):
        actions.change_juror(juror=juror, temperature=0.5)
    actions.cancel_run(run=run)
    actions.change_juror(juror=juror, temperature=0.5)
    [item] = queries.sample_items(project, 1, with_response=False)
    ballot = {"item_id": item.pk, "juror": juror, "prompt_id": juror.prompt_id, "taxonomy_id": project.taxonomy_id,
              "cast_at": run.started_at}  # fmt: skip
    Ballot.objects.create(**ballot, outcome="failed", is_current=False)
    actions.change_juror(juror=juror, temperature=0.6)
    Ballot.objects.create(**ballot, outcome="unreadable")
    for change in ({"temperature": 0.5}, {"max_tokens": 9}, {"extra_body": {}}, {"response_format": "text"},
                   {"max_tokens_parameter": "max_completion_tokens"}):  # fmt: skip
        with pytest.raises(Refused, match="Add another juror under a new name"):
            actions.change_juror(juror=juror, **change)
    assert actions.change_juror(juror=juror, concurrency=2).temperature == 0.6
    page = Visitor(project, "lead").get(f"jury/jurors/{juror.pk}/").content.decode()
    assert "{&quot;seed&quot;: 1}" in page
    assert 'name="temperature"' not in page


def test_extra_body_is_an_object_that_can_be_sent_and_stored_and_asks_nothing_else():
    for text, value in (("", {}), ("{}", {}), ('{"a": {"b": [1, null, "ü"]}}', {"a": {"b": [1, None, "ü"]}}),
                        ('{"reasoning_effort": "low"}', {"reasoning_effort": "low"})):  # fmt: skip
        assert parse_extra_body(text) == value
    for text, reason in (
        ("low", "is not JSON"), ("[]", "is a JSON object"), ("null", "is a JSON object"), ('"{}"', "is a JSON object"),
        ('{"a": 1, "a": 2}', "a key twice"), ('{"a": {"b": 1, "b": 1}}', "a key twice"),
        ('{"a": NaN}', "NUL, or a number"),
        ('{"a": [1e999]}', "NUL, or a number"), (r'{"a": "\u0000"}', "NUL, or a number"), (r'{"\u0000": 1}', "NUL"),
        (r'{"a": "\ud800"}', "cannot be sent"), ('{"a": 99999999999999999999}', "cannot be sent"),
        (json.dumps({"a": "x" * LONGEST}), "may have 4,000"), ('{"a":' * 50_000 + "1" + "}" * 50_000, "is not JSON"),
        ('{"model": "m"}', "is set by --model"), ('{" Temperature ": 1}', "is set by --temperature"),
        ('{"max_completion_tokens": 1}', "is set by --max-tokens"), ('{"response_format": {}}', "--response-format"),
        *((json.dumps({key: 1}), "the jury decides") for key in ("messages", "stream", "n", "models", "tools")),
    ):  # fmt: skip
        with pytest.raises(Refused, match=reason):
            parse_extra_body(text)


def test_words_of_many_providers_name_the_setting():
    now = {
        "max_tokens_parameter": "max_tokens",
        "temperature": 0.0,
        "response_format": "json_schema",
        "extra_body": {"top_k": 1},
        "asks_probability": True,
    }
    for words, first in (
        ("400: [{'type': 'extra_forbidden', 'loc': ('body', 'max_tokens')}]", "max_tokens_parameter"),
        ("400: Setting max_tokens and max_completion_tokens is not supported.", "max_tokens_parameter"),
        ("422: body -> temperature Extra inputs are not permitted (type=extra_forbidden)", "temperature"),
        ("400: `temperature` is deprecated for this model.", "temperature"),
        ("400: 'response_format.type' must be 'json_schema' or 'text'", "response_format"),
        ("400: Invalid parameter: response_format of type json_schema is not supported", "response_format"),
        ("400: This response_format type is unavailable now", "response_format"),
        ("404: No endpoints found that support structured output", "response_format"),
        ("400: failed to parse grammar", "response_format"),
        ("400: unknown field \"top_k\"", "extra_body"),
        ("400: Cannot request more than 0 logprobs.", "asks_probability"),
    ):  # fmt: skip
        changes = list(changes_to_try(f"the endpoint answered {words}", now))
        assert list(changes[0]) == [first], words
    for words in (
        "answered 401: temperature",
        "answered 404: no such model",
        "answered 500: max_tokens",
        "answered 429: ",
    ):
        assert list(changes_to_try(f"the endpoint {words}", now)) == []
    changes = {"temperature": None, "max_tokens_parameter": "max_completion_tokens", "extra_body": {"a": "it's"}}
    options = as_options(changes)
    assert shlex.split(options) == [
        "--temperature",
        "none",
        "--max-tokens-parameter",
        "max_completion_tokens",
        "--extra-body",
        '{"a": "it\'s"}',
    ]

"""Request bodies and forms of the jury, at odd values of each field."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import timezone

from jury.forms import LIMITS, REQUEST_LABELS, ConveneForm, GeneratorForm, JurorForm, LimitsForm
from jury.models import Ballot, Juror, PromptVersion, Run, Shard
from jury.prompting import ASKABLE
from jury.serializers import ConveneSerializer, JurorSerializer, as_run
from tests.api.client import Program
from tests.factories import make_project
from tests.jury.factories import add_generator, add_jurors

HERE = "http://127.0.0.1:1/v1"
JUROR = {"name": "one", "model": "m", "base_url": HERE}
TYPED = JUROR | {
    "prompt": "full-policy-v2",
    "asks": ["prompt_label"],
    "response_format": "text",
    "temperature": "0",
    "max_tokens": "9",
    "max_tokens_parameter": "max_tokens",
    "concurrency": "1",
    "price_in": "0",
    "price_out": "0",
    "timeout_seconds": "60",
    "transport": "live",
}
BIGGEST = 2**31 - 1


def juror_body(**fields):
    return JurorSerializer(data=JUROR | fields)


@pytest.mark.parametrize(("fields", "field", "value"), [
    ({}, "prompt", "full-policy-v2"),
    ({}, "asks", list(ASKABLE)),
    ({"asks": ["categories", "prompt_label"]}, "asks", ["categories", "prompt_label"]),
    ({"asks": []}, "asks", []),
    ({"name": " one "}, "name", "one"),
    ({"name": 7}, "name", "7"),
    ({"name": "é" * 200}, "name", "é" * 200),
    ({"model": "m" * 200}, "model", "m" * 200),
    ({"temperature": 0}, "temperature", 0.0),
    ({"temperature": None}, "temperature", None),
    ({}, "extra_body", {}),
    ({"extra_body": {"seed": 1, "a": {"b": [None]}}}, "extra_body", {"seed": 1, "a": {"b": [None]}}),
    ({"max_tokens_parameter": "max_completion_tokens"}, "max_tokens_parameter", "max_completion_tokens"),
    ({"asks_probability": True}, "asks_probability", True),
    ({"temperature": "0.5"}, "temperature", 0.5),
    ({"max_tokens": "12"}, "max_tokens", 12),
    ({"max_tokens": BIGGEST}, "max_tokens", BIGGEST),
    ({"max_tokens": 12.0}, "max_tokens", 12),
    ({"concurrency": 32767}, "concurrency", 32767),
    ({"requests_per_minute": None}, "requests_per_minute", None),
    ({"requests_per_minute": 1}, "requests_per_minute", 1),
    ({"price_in": "0.000001"}, "price_in", Decimal("0.000001")),
    ({"price_in": 1.5}, "price_in", Decimal("1.5")),
    ({"price_in": "999999.999999"}, "price_in", Decimal("999999.999999")),
    ({"transport": "batch"}, "transport", "batch"),
    ({"in_panel": "false"}, "in_panel", False),
    ({"api_key_env": ""}, "api_key_env", ""),
])  # fmt: skip
def test_body_of_a_juror_is_read(fields, field, value):
    body = juror_body(**fields)
    assert body.is_valid(), body.errors
    assert body.validated_data[field] == value


@pytest.mark.parametrize(("field", "value"), [
    ("name", ""),
    ("name", "  "),
    ("name", None),
    ("name", "x" * 201),
    ("name", ["one"]),
    ("name", True),
    ("name", "a\0b"),
    ("model", ""),
    ("model", "m" * 201),
    ("base_url", ""),
    ("base_url", None),
    ("base_url", "u" * 501),
    ("api_key_env", "K" * 101),
    ("prompt", ""),
    ("prompt", "p" * 61),
    ("prompt", None),
    ("asks", "prompt_label"),
    ("asks", ["prompt_label", "mood"]),
    ("asks", [["prompt_label"]]),
    ("asks", {"prompt_label": True}),
    ("asks", None),
    ("response_format", "xml"),
    ("temperature", -1),
    ("temperature", "warm"),
    ("max_tokens_parameter", "max_output_tokens"),
    ("extra_body", []),
    ("extra_body", "{}"),
    ("extra_body", {"model": "other"}),
    ("extra_body", None),
    ("max_tokens", 0),
    ("max_tokens", 2**31),
    ("max_tokens", 1.5),
    ("max_tokens", "1e3"),
    ("max_tokens", "9" * 5000),
    ("concurrency", 0),
    ("concurrency", 32768),
    ("requests_per_minute", 0),
    ("requests_per_minute", ""),
    ("tokens_per_minute", -1),
    ("price_in", -1),
    ("price_in", "0.0000001"),
    ("price_in", "1000000"),
    ("price_in", "nan"),
    ("price_in", "Infinity"),
    ("price_in", "-0.000001"),
    ("price_out", {}),
    ("timeout_seconds", 0),
    ("transport", "pigeon"),
    ("transport", ""),
    ("in_panel", "perhaps"),
    ("in_panel", None),
])  # fmt: skip
def test_odd_value_in_the_body_of_a_juror_names_its_field(field, value):
    body = juror_body(**{field: value})
    assert not body.is_valid()
    assert list(body.errors) == [field]


@pytest.mark.parametrize("missing", ["name", "model", "base_url"])
def test_body_of_a_juror_needs_name_model_and_endpoint(missing):
    body = JurorSerializer(data={name: value for name, value in JUROR.items() if name != missing})
    assert not body.is_valid()
    assert [error.code for error in body.errors[missing]] == ["required"]


@pytest.mark.parametrize("body", [None, [], "text", 1, [JUROR]])
def test_body_that_is_no_object_is_invalid(body):
    for serializer in (JurorSerializer, ConveneSerializer):
        read = serializer(data=body)
        assert not read.is_valid()
        assert list(read.errors) == ["non_field_errors"]


def test_unknown_keys_and_the_project_are_refused_by_name():
    body = juror_body(project=1, id=5, key="k", prompt_id=3)
    assert not body.is_valid()
    assert set(body.errors) == {"project", "key", "prompt_id"}  # an id is read, and may come back


DEFAULTS = {"jurors": [], "limit": None, "budget_usd": None, "max_calls": None, "retry": [], "cache": True}
DEFAULTS |= {"allow_trained": False}


@pytest.mark.parametrize(("fields", "read"), [
    ({}, {}),
    ({"jurors": ["b", "a"]}, {"jurors": ["b", "a"]}),
    ({"jurors": [7]}, {"jurors": ["7"]}),
    ({"limit": 1}, {"limit": 1}),
    ({"limit": "5"}, {"limit": 5}),
    ({"limit": BIGGEST}, {"limit": BIGGEST}),
    ({"limit": None}, {}),
    ({"max_calls": 1}, {"max_calls": 1}),
    ({"max_calls": BIGGEST}, {"max_calls": BIGGEST}),
    ({"budget_usd": 0}, {"budget_usd": Decimal(0)}),
    ({"budget_usd": "0.000001"}, {"budget_usd": Decimal("0.000001")}),
    ({"budget_usd": "999999.999999"}, {"budget_usd": Decimal("999999.999999")}),
    ({"budget_usd": None}, {}),
    ({"retry": ["unreadable", "abstained"]}, {"retry": ["unreadable", "abstained"]}),
    ({"cache": False}, {"cache": False}),
    ({"cache": "no"}, {"cache": False}),
    ({"allow_trained": True}, {"allow_trained": True}),
])  # fmt: skip
def test_request_for_a_run_is_read(fields, read):
    body = ConveneSerializer(data=fields)
    assert body.is_valid(), body.errors
    assert dict(body.validated_data) == DEFAULTS | read


@pytest.mark.parametrize(("field", "value"), [
    ("jurors", "one"),
    ("jurors", [""]),
    ("jurors", [None]),
    ("jurors", [["one"]]),
    ("jurors", ["a\0b"]),
    ("jurors", {"one": 1}),
    ("limit", 0),
    ("limit", -1),
    ("limit", 2**31),
    ("limit", 10**400),
    ("limit", 1.5),
    ("limit", ""),
    ("limit", True),
    ("limit", []),
    ("max_calls", 0),
    ("max_calls", 2**31),
    ("budget_usd", -1),
    ("budget_usd", "-0.000001"),
    ("budget_usd", "0.0000001"),
    ("budget_usd", 1_000_000),
    ("budget_usd", "nan"),
    ("budget_usd", "inf"),
    ("budget_usd", "five"),
    ("retry", "unreadable"),
    ("retry", ["failed"]),
    ("retry", ["settled"]),
    ("retry", ["Unreadable"]),
    ("retry", [""]),
    ("cache", "perhaps"),
    ("cache", None),
    ("cache", []),
    ("allow_trained", None),
])  # fmt: skip
def test_odd_value_in_the_request_for_a_run_names_its_field(field, value):
    body = ConveneSerializer(data={field: value})
    assert not body.is_valid()
    assert list(body.errors) == [field]


@pytest.fixture(scope="module")
def project():
    """A project for runs that nothing works on."""
    return make_project()


@pytest.mark.parametrize(("stored", "shown"), [
    ({}, {"budget_usd": None, "max_calls": None, "cost_usd": 0.0, "state": "running", "finished_at": None}),
    ({"budget_usd": Decimal(0), "budget_calls": 0}, {"budget_usd": 0.0, "max_calls": 0}),
    ({"budget_usd": Decimal("0.000001")}, {"budget_usd": 1e-06}),
    ({"cost_usd": Decimal("0.0000000001")}, {"cost_usd": 1e-10}),
    ({"state": "over_budget"}, {"state": "over_budget"}),
    ({"generates": "refusals"}, {"ballots": 0}),
])  # fmt: skip
def test_run_is_shown_with_zeros_for_what_there_is_none_of(project, stored, shown):
    run = Run.objects.create(project=project, **stored)
    shape = as_run(run)
    assert {name: shape[name] for name in shown} == shown
    assert shape["outcomes"] == {"cast": 0, "abstained": 0, "unreadable": 0, "failed": 0}
    assert (shape["held"], shape["batches"], shape["errors"], shape["project"]) == (0, 0, [], project.slug)


def test_errors_of_a_run_are_those_of_its_broken_shards_in_order(project):
    run = Run.objects.create(project=project)
    juror = Juror.objects.create(project=project, name="broken", prompt=PromptVersion.objects.first())
    for state, error in (("broken", "first"), ("done", "not this"), ("broken", "second"), ("waiting", "nor this")):
        Shard.objects.create(run=run, juror=juror, items=[1, 2], state=state, error=error)
    assert as_run(run)["errors"] == ["first", "second"]
    assert as_run(run)["ballots"] == 8


def test_held_counts_claimed_shards_of_the_run_alone(project):
    run, other = Run.objects.create(project=project), Run.objects.create(project=project)
    juror = Juror.objects.create(project=project, name="held", prompt=PromptVersion.objects.first())
    for each in (run, run, other):
        Shard.objects.create(run=each, juror=juror, items=[1], seen_at=timezone.now(), holder="h")
    assert (as_run(run)["held"], as_run(other)["held"]) == (2, 1)


def juror_form(**fields):
    return JurorForm({name: value for name, value in (TYPED | fields).items() if value is not None})


@pytest.mark.parametrize(("field", "value", "cleaned"), [
    ("name", " one ", "one"),
    ("temperature", "1e-3", 0.001),
    ("temperature", "", None),
    ("extra_body", "", {}),
    ("extra_body", ' {"seed": 1}\n', {"seed": 1}),
    ("temperature", "-1", -1.0),
    ("max_tokens", " 9 ", 9),
    ("requests_per_minute", "", None),
    ("requests_per_minute", "0", 0),
    ("price_in", "-1", Decimal(-1)),
    ("price_in", "0.150000", Decimal("0.150000")),
    ("asks", ["categories", "prompt_label"], ["categories", "prompt_label"]),
    ("base_url", "ftp://x", "ftp://x"),
    ("api_key_env", "sk-1", "sk-1"),
])  # fmt: skip
def test_form_reads_types_and_leaves_the_rules_to_the_action(field, value, cleaned):
    form = juror_form(**{field: value})
    assert form.is_valid(), form.errors
    assert form.cleaned_data[field] == cleaned


@pytest.mark.parametrize(("field", "value"), [
    ("name", None),
    ("name", " "),
    ("name", "a\0b"),
    ("model", None),
    ("model", "m" * 201),
    ("base_url", None),
    ("prompt", None),
    ("prompt", "respond-v1"),
    ("prompt", "imported"),
    ("prompt", "nowhere"),
    ("asks", None),
    ("asks", ["mood"]),
    ("asks", ["prompt_label", "mood"]),
    ("response_format", "xml"),
    ("temperature", "warm"),
    ("temperature", "nan"),
    ("max_tokens_parameter", None),
    ("extra_body", "seed"),
    ("extra_body", "[]"),
    ("extra_body", '{"stream": true}'),
    ("extra_body", '{"a": NaN}'),
    ("extra_body", '{"a": 1, "a": 2}'),
    ("temperature", "inf"),
    ("max_tokens", ""),
    ("max_tokens", "1.5"),
    ("max_tokens", "٣x"),
    ("price_in", "five"),
    ("price_in", "NaN"),
    ("price_in", "1e40"),
    ("price_in", "0.0000001"),
    ("transport", "pigeon"),
    ("transport", None),
])  # fmt: skip
def test_form_of_a_juror_names_the_field_that_cannot_be_read(field, value):
    form = juror_form(**{field: value})
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_forms_offer_the_prompts_of_their_own_kind_alone():
    offered = {form: {value for value, _ in form().fields["prompt"].choices} for form in (JurorForm, GeneratorForm)}
    assert not offered[JurorForm] & offered[GeneratorForm]
    assert {"full-policy-v2", "llamaguard-v1"} <= offered[JurorForm]
    assert {"respond-v1", "refuse-v1"} <= offered[GeneratorForm]
    assert not any(PromptVersion.IMPORTED in names for names in offered.values())


def test_generator_is_asked_for_no_labels_and_no_format():
    assert not {"asks", "response_format", "asks_probability", "in_panel"} & set(GeneratorForm().fields)
    form = GeneratorForm(TYPED | {"prompt": "refuse-v1"})
    assert form.is_valid(), form.errors
    assert not {"asks", "response_format"} & set(form.cleaned_data)


@pytest.mark.parametrize(("asks", "has_panel"), [(["prompt_label"], True), ([], False)])
def test_limits_of_a_generator_have_no_panel(asks, has_panel):
    form = LimitsForm(instance=Juror(name="one", asks=asks))
    assert ("in_panel" in form.fields) is has_panel
    assert not {"name", "model", "prompt", "asks", "temperature", "max_tokens", "base_url"} & set(form.fields)


def convene_form(**fields):
    return ConveneForm(fields, jurors=[SimpleNamespace(name=name, base_url=HERE) for name in ("one", "two")])


@pytest.mark.parametrize(("fields", "cleaned"), [
    ({}, {"jurors": [], "limit": None, "budget_usd": None, "max_calls": None, "retry": [], "no_cache": False}),
    ({"jurors": ["two"]}, {"jurors": ["two"]}),
    ({"limit": "1"}, {"limit": 1}),
    ({"limit": str(BIGGEST)}, {"limit": BIGGEST}),
    ({"limit": ""}, {"limit": None}),
    ({"budget_usd": "0"}, {"budget_usd": Decimal(0)}),
    ({"budget_usd": "0.000001"}, {"budget_usd": Decimal("0.000001")}),
    ({"max_calls": "1"}, {"max_calls": 1}),
    ({"retry": ["unreadable"]}, {"retry": ["unreadable"]}),
    ({"no_cache": "on"}, {"no_cache": True}),
    ({"no_cache": "false"}, {"no_cache": False}),
])  # fmt: skip
def test_form_of_a_run_is_read(fields, cleaned):
    form = convene_form(**fields)
    assert form.is_valid(), form.errors
    assert {name: form.cleaned_data[name] for name in cleaned} == cleaned


@pytest.mark.parametrize(("field", "value"), [
    ("jurors", ["nobody"]),
    ("jurors", ["one", "nobody"]),
    ("limit", "0"),
    ("limit", "-1"),
    ("limit", "1.5"),
    ("limit", str(2**31)),
    ("limit", "all"),
    ("budget_usd", "-0.01"),
    ("budget_usd", "nan"),
    ("budget_usd", "inf"),
    ("budget_usd", "0.0000001"),
    ("budget_usd", "1000000"),
    ("max_calls", "0"),
    ("max_calls", str(2**31)),
    ("retry", ["failed"]),
    ("retry", ["settled"]),
])  # fmt: skip
def test_odd_value_in_the_form_of_a_run_names_its_field(field, value):
    form = convene_form(**{field: value})
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_rare_fields_are_folded_and_shown_where_one_is_refused():
    form = convene_form(retry=["settled"])
    assert [field.name for field in form.main_fields()] == ["jurors", "limit", "budget_usd", "max_calls"]
    [more] = form.folded_groups()
    assert ([field.name for field in more.fields], more.has_errors) == (["retry", "no_cache", "allow_trained"], True)
    assert not convene_form(limit="0").folded_groups()[0].has_errors
    for form_class in (JurorForm, GeneratorForm, LimitsForm):
        known = set(LIMITS | REQUEST_LABELS)
        assert {name for names in form_class.FOLDED.values() for name in names} <= known, form_class


@pytest.mark.parametrize(("retry", "asks_again"), [
    ([], ["failed"]),
    (["unreadable"], ["failed", "unreadable"]),
    (["abstained", "unreadable"], ["failed", "abstained", "unreadable"]),
])  # fmt: skip
def test_failed_is_asked_again_in_any_case(retry, asks_again):
    form = convene_form(retry=retry)
    assert form.is_valid()
    assert form.asks_again == asks_again
    assert set(asks_again) <= set(Ballot.Outcome.values)


def test_imported_jurors_cannot_be_ticked():
    jurors = [SimpleNamespace(name="imported", base_url=""), SimpleNamespace(name="one", base_url=HERE)]
    form = ConveneForm({"jurors": ["imported"]}, jurors=jurors)
    assert form.fields["jurors"].choices == [("one", "one")]
    assert not form.is_valid()


def test_list_of_jurors_has_no_generators_and_no_key(monkeypatch):
    monkeypatch.setenv("JUROR_KEY_LISTED", "k-listed")
    project = make_project()
    add_jurors(project, HERE, "b", "a", api_key_env="JUROR_KEY_LISTED")
    add_generator(project, HERE)
    listed = Program(project, "lead").get(f"projects/{project.slug}/jurors/")
    assert [each["name"] for each in listed.json()] == ["a", "b"]
    assert {each["api_key_env"] for each in listed.json()} == {"JUROR_KEY_LISTED"}
    assert b"k-listed" not in listed.content

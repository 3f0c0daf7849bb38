"""Values that a juror or a generator may have, added and changed: the last that is taken and the first that is not."""

from decimal import Decimal
from uuid import uuid4

import pytest

from corpus.errors import Refused
from corpus.models import Event
from guards.actions import probe_juror
from jury import actions, queries
from jury.actions.jurors import CHANGEABLE, NotForLeads, check_parameters, event_value
from jury.engine.budget import Reservation
from jury.engine.juror_client import JurorClient
from jury.engine.limiter import connect_redis
from jury.engine.reply import Billing, RetryableError
from jury.keys import SECRET_VARIABLES
from jury.models import Juror, PromptVersion
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.jury.engine.fakes import REPLY, FakeClock, FakeEndpoint, price, run_aside

HERE = "http://127.0.0.1:1/v1"
RESET = RetryableError("reset", billing=Billing.FREE)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a release 1.0, whose jurors all have names of their own."""
    folder, made = tmp_path_factory.mktemp("released"), make_project(quorum=1)
    assert import_dialogues(made, folder, [dialogue("a")]).code == 0
    assert import_votes(made, folder, [opinion("a", "anna", "safe", "safe")]).code == 0
    assert command("release", "1.0", project=made.slug, out=folder / "release").code == 0
    return made


def add(project, name, *, base_url=HERE, prompt="full-policy-v2", by=None, **parameters):
    fields = {"model": "m"} | parameters
    return actions.add_juror(project=project, name=name, prompt=prompt, base_url=base_url, by=by, **fields)


def add_writer(project, name, *, base_url=HERE, prompt="respond-v1", by=None, **parameters):
    fields = {"model": "m"} | parameters
    return actions.add_generator(project=project, name=name, prompt=prompt, base_url=base_url, by=by, **fields)


def draft(project, **fields):
    """A juror that was not saved."""
    version = queries.prompt_named("full-policy-v2")
    return Juror(**{"project": project, "name": "draft", "prompt": version, "model": "m", "base_url": HERE} | fields)


@pytest.mark.parametrize(("field", "value"), [
    ("name", "x"),
    ("name", "漢字 👩‍👩‍👧 / ? # %"),
    ("name", "x" * 10_000),
    ("model", ""),
    ("model", "m" * 200),
    ("base_url", "http://x/" + "y" * 491),
    ("api_key_env", ""),
    ("api_key_env", "JUROR_KEY_a1_B"),
    ("api_key_env", "JUROR_KEY_" + "K" * 90),
    ("temperature", 0),
    ("temperature", -0.0),
    ("temperature", 1e9),
    ("max_tokens", 1),
    ("max_tokens", 2**31 - 1),
    ("concurrency", 1),
    ("concurrency", 2**15 - 1),
    ("requests_per_minute", None),
    ("requests_per_minute", 1),
    ("requests_per_minute", 2**31 - 1),
    ("tokens_per_minute", None),
    ("tokens_per_minute", 1),
    ("timeout_seconds", 1),
    ("timeout_seconds", 2**31 - 1),
    ("price_in", 0),
    ("price_in", Decimal("0.000001")),
    ("price_out", Decimal("999999.999999")),
    ("price_out", Decimal("-0")),
    ("transport", "batch"),
    ("response_format", "text"),
])  # fmt: skip
def test_last_allowed_value_is_taken(project, field, value):
    check_parameters(draft(project, **{field: value}))


@pytest.mark.parametrize(("field", "value", "reason"), [
    ("name", "", "cannot be blank"),
    ("model", "m" * 201, "at most 200"),
    ("base_url", "http://x/" + "y" * 492, "at most 500"),
    ("api_key_env", "JUROR_KEY_" + "K" * 91, "at most 100"),
    ("temperature", -0.001, "greater than or equal to 0"),
    ("temperature", "warm", "must be a float"),
    ("max_tokens", 0, "greater than or equal to 1"),
    ("max_tokens", -1, "greater than or equal to"),
    ("max_tokens", 2**31, "less than or equal to"),
    ("max_tokens", None, "cannot be null"),
    ("max_tokens", "many", "must be an integer"),
    ("concurrency", 0, "greater than or equal to 1"),
    ("concurrency", 2**15, "less than or equal to 32767"),
    ("requests_per_minute", 0, "greater than or equal to 1"),
    ("requests_per_minute", -60, "greater than or equal to"),
    ("tokens_per_minute", 0, "greater than or equal to 1"),
    ("tokens_per_minute", 2**31, "less than or equal to"),
    ("timeout_seconds", 0, "greater than or equal to 1"),
    ("price_in", Decimal("-0.000001"), "greater than or equal to 0"),
    ("price_in", Decimal("0.0000001"), "no more than 6 decimal places"),
    ("price_out", Decimal(1_000_000), "no more than 6 digits before the decimal point"),
    ("price_out", "nan", "must be a decimal number"),
    ("price_out", "inf", ""),
    ("transport", "pigeon", "is not a valid choice"),
    ("transport", "", "cannot be blank"),
    ("response_format", "xml", "is not a valid choice"),
])  # fmt: skip
def test_first_value_beyond_names_its_field(project, field, value, reason):
    with pytest.raises(Refused, match=f"^{field}: .*{reason}"):
        check_parameters(draft(project, **{field: value}))


def test_every_invalid_field_is_named_at_once(project):
    with pytest.raises(Refused) as refusal:
        check_parameters(draft(project, concurrency=0, max_tokens=0, price_in=-1))
    assert all(f"{field}: " in str(refusal.value) for field in ("concurrency", "max_tokens", "price_in"))


@pytest.mark.parametrize("name", ["1KEY", "MY-KEY", "MY KEY", "sk-abc", "KEY=1", "${KEY}", "KEY\n", "É", "a.b", " KEY"])
def test_key_itself_is_no_variable_and_is_not_repeated(project, name):
    with pytest.raises(Refused, match="not the key itself") as refusal:
        check_parameters(draft(project, api_key_env=name))
    assert name.strip() not in str(refusal.value).replace("--api-key-env", "") or len(name) < 3


def test_only_variables_for_keys_or_listed_ones_go_to_an_endpoint(project, settings):
    settings.JURY_KEYS = ["OPENAI_API_KEY", "ODD_FILE", *SECRET_VARIABLES]
    for name in ("", "JUROR_KEY_A", "JUROR_KEY_1", "OPENAI_API_KEY", "ODD_FILE"):
        check_parameters(draft(project, api_key_env=name))
    for name, reason in (
        *((name + end, "is a secret of this installation") for name in SECRET_VARIABLES for end in ("", "_FILE")),
        *(
            (name, "may not be sent")
            for name in ("AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "MISTRAL_API_KEY", "HOME", "_")
        ),
        *(
            (name, "may not be sent")
            for name in ("JUROR_KEY_", "JUROR_KEY", "juror_key_a", "MY_JUROR_KEY_A", "openai_api_key")
        ),
        ("JUROR_KEY_A_FILE", "leave out _FILE"),
        ("OPENAI_API_KEY_FILE", "leave out _FILE"),
    ):
        with pytest.raises(Refused, match=reason):
            check_parameters(draft(project, api_key_env=name))


def test_stored_variable_that_is_no_longer_listed_is_sent_nowhere(project, settings, monkeypatch):
    monkeypatch.setenv("LISTED_KEY", "k-listed")
    settings.JURY_KEYS = ["LISTED_KEY"]
    juror = add(project, "listed once", api_key_env="LISTED_KEY")
    client = JurorClient(project, juror)
    assert client.key == "k-listed"
    settings.JURY_KEYS = []
    for use in (
        lambda: actions.start_run(project=project, jurors=[juror]),
        lambda: actions.try_juror(project=project, juror=juror),
        lambda: probe_juror(project=project, juror=juror, count=1),
        lambda: client.key,
        lambda: actions.change_juror(juror=juror, concurrency=1),
        lambda: add_writer(project, "writer with it", api_key_env="LISTED_KEY"),
    ):
        with pytest.raises(Refused, match="LISTED_KEY may not be sent to an endpoint"):
            use()
    assert actions.change_juror(juror=juror, api_key_env="").api_key_env == ""


def test_client_of_a_juror_waits_as_the_settings_say(project, settings):
    settings.JURY_RETRY_SECONDS = 7.0
    juror = JurorClient(project, add(project, "patient", base_url=f"http://127.0.0.1:1/{uuid4().hex}"))

    async def work():
        async with connect_redis(settings.REDIS_URL) as redis:
            client = juror.rate_limited_client(FakeEndpoint(RESET, REPLY), redis)
            client.clock = FakeClock()
            await client.call({}, prompt_tokens=1, answer_tokens=1, reservation=Reservation(price, None))
            return max(client.clock.waits)

    assert 3.5 <= run_aside(work) <= 7


def test_address_of_the_call_itself_is_understood_and_of_another_api_is_not(project):
    for at, (typed, stored) in enumerate((
        ("http://127.0.0.1:1/v1/chat/completions", HERE),
        (" http://127.0.0.1:1/v1/chat/completions/ ", HERE),
        ("http://127.0.0.1:1/v1/\n", HERE),
        ("http://127.0.0.1:1/v1", HERE),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
        ("http://127.0.0.1:1/openai/deployments/x/chat/completions", "http://127.0.0.1:1/openai/deployments/x"),
    )):  # fmt: skip
        assert add(project, f"address {at}", base_url=typed).base_url == stored
        assert add_writer(project, f"writer at {at}", base_url=typed).base_url == stored
    for typed, reason in (
        (f"{HERE}/responses", f"/responses is not what the jury calls. Write {HERE}: it"),
        (f"{HERE}/completions", f"Write {HERE}: it"),
        (f"{HERE}/messages/", f"Write {HERE}: it"),
        (f"{HERE}/chat", f"Write {HERE}: it"),
        ("http://127.0.0.1:1/api/chat", "Write http://127.0.0.1:1: it"),
        (f"{HERE}?api-version=1", r"no part after a \?"),
        (f"{HERE}/chat/completions?api-version=1", r"no part after a \?"),
        (f"{HERE}?", r"no part after a \?"),
        (f"{HERE}/ chat", "is not the address of an endpoint"),
    ):
        with pytest.raises(Refused, match=reason):
            add(project, "unfit", base_url=typed)


@pytest.mark.parametrize(("asks", "prompt", "reason"), [
    ([], "full-policy-v2", "asked for a label"),
    (["categories"], "full-policy-v2", "asked for a label"),
    (["categories"], "llamaguard-v1", "asked for a label"),
    (["prompt_label", "response_label"], "llamaguard-v1", "asks for one verdict"),
    (["prompt_label", "response_label", "categories"], "llamaguard-v1", "asks for one verdict"),
    (["prompt_label"], "respond-v1", "for a generator, not for a juror"),
    (["prompt_label"], "refuse-v1", "for a generator, not for a juror"),
    (["prompt_label"], "imported", "There is no prompt 'imported'"),
    (["prompt_label"], "", "There is no prompt ''"),
    (["prompt_label"], "full-policy-v2.toml", "There is no prompt"),
    (["prompt_label"], "FULL-POLICY-V2", "There is no prompt"),
    (["prompt_label", "x" * 21], "full-policy-v2", "asks: "),
])  # fmt: skip
def test_prompt_must_fit_what_is_asked(project, asks, prompt, reason):
    PromptVersion.objects.get_or_create(name=PromptVersion.IMPORTED, defaults={"text": "", "sha256": ""})
    with pytest.raises(Refused, match=reason):
        add(project, "unfit", asks=asks, prompt=prompt)
    assert not Juror.objects.filter(project=project, name="unfit").exists()


@pytest.mark.parametrize(("asks", "prompt"), [
    (["prompt_label"], "llamaguard-v1"),
    (["response_label", "categories"], "llamaguard-v1"),
    (["prompt_label", "response_label"], "nemoguard-v1"),
    (["response_label"], "full-policy-v1"),
])  # fmt: skip
def test_fitting_prompt_is_taken(project, asks, prompt):
    juror = add(project, f"{prompt}-{'-'.join(asks)}", asks=asks, prompt=prompt)
    assert (juror.asks, juror.is_generator, juror.in_panel) == (asks, False, True)


@pytest.mark.parametrize("prompt", ["full-policy-v2", "nemoguard-v1", "llamaguard-v1", "brief-plain-v1"])
def test_generator_with_a_prompt_of_jurors_is_refused(project, prompt):
    with pytest.raises(Refused, match="for a juror, not for a generator"):
        add_writer(project, "unfit", prompt=prompt)


def test_generator_is_never_on_the_panel_nor_asked_for_labels(project):
    generator = add_writer(project, "stubborn", asks=["prompt_label"], in_panel=True)
    assert (generator.asks, generator.in_panel, generator.is_generator) == ([], False, True)
    with pytest.raises(Refused, match="is on no panel"):
        actions.change_juror(juror=generator, in_panel=True)


@pytest.mark.parametrize(
    ("first", "second"), [(add, add), (add, add_writer), (add_writer, add), (add_writer, add_writer)]
)
def test_name_is_taken_once_by_jurors_and_generators_together(project, first, second):
    name = f"taken-{first.__name__}-{second.__name__}"
    first(project, name)
    with pytest.raises(Refused, match="choose another name"):
        second(project, name)
    assert Juror.objects.filter(project=project, name=name).count() == 1


def test_names_differ_by_case_and_accents_and_projects(project):
    for each in (project, make_project()):
        for name in ("judge", "Judge", "jud\u00e9", "jude\u0301", "judge "):
            add(each, name)


@cases(("role", "base_url", "is_allowed"), [
    (None, "http://10.9.0.1:1/v1", True),
    ("site-admin", "http://10.9.0.2:1/v1", True),
    ("admin", "http://10.9.0.2:1/v1", False),
    ("lead", "http://10.9.0.3:1/v1", False),
    ("lead", "https://models.example/v1", False),
    ("annotator", "http://10.9.0.4:1/v1", False),
])  # fmt: skip
def test_new_origin_needs_an_admin_or_the_operator(role, base_url, is_allowed):
    project = make_project()
    by = Visitor(project, role).user if role else None
    if is_allowed:
        assert add(project, "one", base_url=base_url, by=by).base_url == base_url
    else:
        with pytest.raises(NotForLeads, match="is new to this project") as refusal:
            add(project, "one", base_url=base_url, by=by)
        assert (refusal.value.status, refusal.value.code) == (403, "permission_denied")


def test_site_admin_of_no_membership_adds_one_too():
    project, elsewhere = make_project(), make_project()
    add(project, "one", by=Visitor(elsewhere, "site-admin").user)
    with pytest.raises(NotForLeads):
        add(project, "two", base_url="http://10.9.1.1/v1", by=Visitor(elsewhere, "lead").user)


def test_origin_of_a_generator_or_retired_juror_counts_and_an_imported_one_does_not(project):
    project = make_project()
    lead = Visitor(project, "lead").user
    add_writer(project, "writer", base_url="http://10.9.2.1:1/v1")
    add(project, "retired", base_url="http://10.9.2.2:1/v1", in_panel=False)
    add(project, "one", base_url="http://10.9.2.1:1/other", by=lead)
    add(project, "two", base_url="http://10.9.2.2:1/v1", by=lead)
    Juror.objects.create(project=project, name="imported", prompt=queries.prompt_named("full-policy-v2"))
    with pytest.raises(NotForLeads):
        add(project, "three", base_url="http://10.9.2.3:1/v1", by=lead)


def test_forbidden_origin_is_forbidden_to_admins_and_the_operator():
    project = make_project()
    for by in (None, Visitor(project, "site-admin").user):
        with pytest.raises(Refused, match="link-local"):
            add(project, "one", base_url="http://169.254.169.254/v1", by=by)


CHANGES = {
    "in_panel": (True, False),
    "api_key_env": ("", "JUROR_KEY_MODEL"),
    "concurrency": (8, 1),
    "requests_per_minute": (None, 60),
    "tokens_per_minute": (None, 5000),
    "timeout_seconds": (120, 30),
    "price_in": (Decimal(0), Decimal("0.150000")),
    "price_out": (Decimal(0), Decimal("1E+2")),
    "transport": ("live", "batch"),
    "trained_on": ("", "1.0"),
}


def test_table_of_changes_has_every_field_that_may_change():
    assert set(CHANGES) == set(CHANGEABLE)


@pytest.mark.parametrize(("field", "before", "after"), [(name, *values) for name, values in CHANGES.items()])
def test_change_is_stored_and_recorded_once(project, field, before, after):
    juror = add(project, f"changes-{field}")
    changed = actions.change_juror(juror=juror, **{field: after})
    assert (getattr(juror, field), getattr(changed, field)) == (before, after)
    with pytest.raises(Refused, match="already has these settings"):
        actions.change_juror(juror=juror, **{field: after})
    [event] = Event.objects.filter(project=project, verb="juror.changed", subject=juror.name)
    assert event.detail == {field: {"from": event_value(before), "to": event_value(after)}}


@pytest.mark.parametrize("changes", [{}, {"model": "other"}, {"asks": []}, {"temperature": 0}, {"concurrency": 8}])
def test_change_of_nothing_or_of_what_answers_depend_on_is_refused(project, changes):
    juror = add(project, f"same-{sorted(changes)}")
    with pytest.raises(Refused, match="nothing was changed"):
        actions.change_juror(juror=juror, **changes)
    assert not Event.objects.filter(project=project, verb="juror.changed", subject=juror.name).exists()


@pytest.mark.parametrize("changes", [
    {"concurrency": 0, "price_in": Decimal(1)},
    {"requests_per_minute": 0},
    {"timeout_seconds": None},
    {"transport": "pigeon"},
    {"api_key_env": "1-1"},
    {"price_out": Decimal("0.0000001")},
])  # fmt: skip
def test_invalid_change_changes_nothing_else_either(project, changes):
    juror = add(project, f"kept-{changes}")
    with pytest.raises(Refused):
        actions.change_juror(juror=juror, **changes)
    stored = Juror.objects.get(pk=juror.pk)
    assert [getattr(stored, name) for name in CHANGEABLE] == [getattr(juror, name) for name in CHANGEABLE]
    assert not Event.objects.filter(project=project, verb="juror.changed", subject=juror.name).exists()


@cases(("value", "stored"), [
    (Decimal("0.150000"), "0.15"),
    (Decimal("1E+2"), "100"),
    (Decimal("0E-6"), "0"),
    (Decimal("0.000001"), "0.000001"),
    (Decimal("999999.999999"), "999999.999999"),
    (None, None),
    (8, 8),
    (False, False),
    ("live", "live"),
])  # fmt: skip
def test_money_is_recorded_without_exponent_or_trailing_zeros(value, stored):
    assert event_value(value) == stored

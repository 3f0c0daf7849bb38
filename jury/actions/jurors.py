"""Add jurors and generators, and change their limits."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from psycopg.errors import ProgramLimitExceeded

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb
from corpus.queries import is_site_admin
from jury import queries
from jury.endpoints import base_url_of, origin_of
from jury.engine.extra_body import check_extra_body
from jury.keys import check_key_variable
from jury.models import Juror, PromptVersion
from jury.models.juror import default_asks
from jury.prompting import CATEGORIES, Prompt, Send

CHANGEABLE = (
    *("in_panel", "api_key_env", "concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds"),
    *("price_in", "price_out", "transport", "trained_on"),
)
"Fields that no answer depends on."
REQUEST_FIELDS = (
    *("temperature", "max_tokens", "max_tokens_parameter", "extra_body", "response_format"),
    "asks_probability",
)
"Parameters of a request, which may change until there is an answer to one."

ENTERED = (
    *("name", "model", "base_url", "api_key_env", "prompt", "asks", "response_format", "temperature", "max_tokens"),
    *("max_tokens_parameter", "extra_body", "asks_probability"),
    *("concurrency", "requests_per_minute", "tokens_per_minute"),
    *("price_in", "price_out", "timeout_seconds", "transport", "trained_on"),
)
"Fields that whoever adds a juror enters, in the order of the form."
OF_JURORS_ALONE = ("asks", "response_format", "asks_probability", "in_panel", "trained_on")
"Fields that mean nothing for a generator."
JUROR_DEFAULTS: dict[str, Any] = {"prompt": "full-policy-v2", "temperature": 0.0}
GENERATOR_DEFAULTS: dict[str, Any] = {"prompt": "respond-v1", "temperature": 0.7}
"Values of the fields that are left out, the same on the page, by REST and by command."


class NotForLeads(Refused):
    """Only a site admin may do this."""

    status, code = 403, "permission_denied"


@transaction.atomic
def add_juror(
    *, project: Project, name: str, prompt: str, base_url: str, by: User | None = None, **parameters: Any
) -> Juror:
    """
    Add a juror to a project's panel.

    :param prompt: name of a prompt version for jurors
    :param parameters: other fields of `Juror`
    :raises Refused: if the name is taken, the prompt is unknown or does not fit, or a parameter is invalid
    :raises NotForLeads: if only a site admin may use the endpoint
    """
    version = queries.prompt_named(prompt, project)
    check_fits(version, parameters.get("asks", default_asks()))
    juror = Juror(project=project, name=name, prompt=version, base_url=base_url_of(base_url), **parameters)
    return save_juror(juror, Verb.JUROR_ADDED, by)


def check_fits(prompt: PromptVersion, asks: Sequence[str]) -> None:
    """
    Check that a juror can be asked for some fields by a prompt version.

    :raises Refused: if it cannot
    """
    form, labels = Prompt.parse(prompt.text).form, [field for field in asks if field != CATEGORIES]
    if form.is_generative:
        raise Refused(f"Prompt {prompt} asks for a text, not a judgement: it is for a generator, not for a juror.")
    if not labels:
        raise Refused("A juror is asked for a label: prompt_label, response_label or both.")
    if CATEGORIES in asks and not form.names_categories:
        raise Refused(f"Replies to prompt {prompt} name no categories. Ask for labels alone: {','.join(labels)}.")
    if form.has_one_verdict and len(labels) != 1:
        raise Refused(f"Prompt {prompt} asks for one verdict. Ask for one label, and add a second juror for the other.")


@transaction.atomic
def add_generator(
    *, project: Project, name: str, prompt: str, base_url: str, by: User | None = None, **parameters: Any
) -> Juror:
    """
    Add a generator of responses or refusals to a project.

    :param prompt: name of a prompt version for generators
    :param parameters: other fields of `Juror` except `asks` and `in_panel`
    :raises Refused: if the name is taken, the prompt is unknown or does not fit, or a parameter is invalid
    :raises NotForLeads: if only a site admin may use the endpoint
    """
    version = queries.prompt_named(prompt, project)
    if not Prompt.parse(version.text).form.is_generative:
        raise Refused(f"Prompt {prompt} asks for a judgement: it is for a juror, not for a generator.")
    parameters |= {"asks": [], "in_panel": False}
    generator = Juror(project=project, name=name, prompt=version, base_url=base_url_of(base_url), **parameters)
    return save_juror(generator, Verb.GENERATOR_ADDED, by)


def save_juror(juror: Juror, verb: Verb, by: User | None) -> Juror:
    """
    Validate a new juror or generator, save it and record the event.

    :raises Refused: if its name is taken, its endpoint is forbidden, or a parameter is invalid
    :raises NotForLeads: if only a site admin may use the endpoint
    """
    if Juror.objects.filter(project=juror.project, name=juror.name).exists():
        raise Refused(
            f"Project {juror.project} has a juror {juror.name!r} already. "
            "A changed juror is a new one: choose another name."
        )
    check_may_use_endpoint(juror, by)
    check_parameters(juror)
    detail = {"model": juror.model, "prompt": juror.prompt.name}
    try:
        with transaction.atomic():
            juror.save()
            record_event(project=juror.project, verb=verb, subject=juror.name, actor=by, detail=detail)
    except OperationalError as error:
        if isinstance(error.__cause__, ProgramLimitExceeded):  # of an index
            raise Refused("name: it is longer than the database can find it by. Take a shorter one.") from error
        raise
    return juror


def check_may_use_endpoint(juror: Juror, by: User | None) -> None:
    """
    Check that a person may add a juror's endpoint: dialogues and a key will be sent there.

    :param by: None for a command, which the operator runs
    :raises Refused: if the endpoint is forbidden
    :raises NotForLeads: if the endpoint is new to the project and the person is no site admin
    """
    rules, origin = queries.endpoint_rules(), origin_of(juror.base_url)
    rules.check(juror.base_url)
    if by is None or origin in rules.allowed or is_site_admin(by) or queries.has_endpoint(juror.project, origin):
        return
    raise NotForLeads(
        f"{origin} is new to this project, and only a site admin may send its dialogues there. Have one add the "
        "first juror at it, or use an endpoint that the project has."
    )


@transaction.atomic
def change_juror(*, juror: Juror, by: User | None = None, **changes: Any) -> Juror:
    """
    Change limits and prices of a juror, and until it has answered what else its requests say.

    A run under way uses limits and prices from its next shard on.

    :param changes: any of `CHANGEABLE` and `REQUEST_FIELDS`; equal values are ignored
    :raises Refused: if nothing would change, a value is invalid, or answers depend on what would change
    """
    locked = Juror.objects.select_for_update(of=["self"]).select_related("project").get(pk=juror.pk)
    before = {name: getattr(locked, name) for name in CHANGEABLE + REQUEST_FIELDS}
    changes = {name: changes[name] for name in before if name in changes and changes[name] != before[name]}
    if not changes:
        raise Refused(f"Juror {locked.name!r} already has these settings; nothing was changed.")
    if locked.is_generator and changes.get("in_panel"):
        raise Refused(f"{locked.name!r} is a generator: it judges nothing, and is on no panel.")
    if (fixed := [name for name in changes if name in REQUEST_FIELDS]) and queries.has_been_asked(locked):
        raise Refused(
            f"{', '.join(fixed)}: answers of {locked.name!r} were given under these settings, or a run is asking for "
            "some. Add another juror under a new name."
        )
    for name, value in changes.items():
        setattr(locked, name, value)
    check_parameters(locked)
    locked.save(update_fields=list(changes))
    detail = {name: {"from": event_value(before[name]), "to": event_value(changes[name])} for name in changes}
    record_event(project=locked.project, verb=Verb.JUROR_CHANGED, subject=locked.name, actor=by, detail=detail)
    return locked


def event_value(value: Any) -> Any:
    """Return a value as the JSON of an event can hold it."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def check_parameters(juror: Juror) -> None:
    """
    Check the fields of a juror.

    :raises Refused: if one is invalid; the message has all of them
    """
    check_key_variable(juror.api_key_env, settings.JURY_KEYS)
    check_extra_body(juror.extra_body)
    check_transport(juror)
    check_probability(juror)
    check_trained_on(juror)
    try:
        juror.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(f"{field}: {' '.join(why)}" for field, why in error.message_dict.items())) from error


def check_transport(juror: Juror) -> None:
    """
    Check that a juror can be asked in the way it should be.

    :raises Refused: if its texts go to a moderation route, which takes lists instead of batches
    """
    is_batch = juror.transport == Juror.Transport.BATCH
    if is_batch and Prompt.parse(juror.prompt.text).send == Send.MODERATIONS:
        raise Refused("A moderation route has no batches. Use the transport live: texts asked at once go in one list.")


def check_probability(juror: Juror) -> None:
    """
    Check that a juror that is asked for probabilities can say them.

    :raises Refused: if it is a generator, or asked by a moderation route
    """
    if juror.asks_probability and juror.is_generator:
        raise Refused("asks_probability: a generator gives no verdict that could have a probability.")
    if juror.asks_probability and Prompt.parse(juror.prompt.text).send == Send.MODERATIONS:
        raise Refused("asks_probability: a moderation route has no logprobs. Ask it for labels alone.")


def check_trained_on(juror: Juror) -> None:
    """
    Check that the release that a juror is said to be trained on is one of its project.

    :raises Refused: if it is none; the message has those that there are
    """
    if not juror.trained_on:
        return
    versions = queries.release_versions(juror.project)
    if juror.trained_on not in versions:
        known = ", ".join(versions) or "none yet"
        raise Refused(
            f"trained_on: {juror.project} has no release {juror.trained_on!r}. Known: {known}. "
            "Leave it empty for a model that was trained on other data."
        )

import re
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Member, Project, Verb
from jury import queries
from jury.endpoints import origin_of
from jury.models import Juror
from jury.models.juror import default_asks
from jury.prompting import CATEGORIES, Form, Prompt

CHANGEABLE = (
    *("in_panel", "api_key_env", "concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds"),
    *("price_in", "price_out", "transport"),
)
"What no answer depends on."
NEVER_KEYS = {"SECRET_KEY", "DATABASE_URL", "DATABASE_PASSWORD", "REDIS_URL", "REDIS_PASSWORD", "METRICS_TOKEN"}
"Variables with secrets of ours, which no endpoint is sent."


class NotForLeads(Refused):
    """Somebody with a higher role may."""

    status, code = 403, "permission_denied"


@transaction.atomic
def add_juror(
    *, project: Project, name: str, prompt: str, base_url: str, by: User | None = None, **parameters: Any
) -> Juror:
    """
    Put a juror on the project's panel.

    :param prompt: the name of a prompt version that asks for a judgement
    :param parameters: the other fields of Juror
    :raises Refused: if there is one of that name, or a parameter makes no sense
    """
    version = queries.prompt_named(prompt)
    form = Prompt.parse(version.text).form
    if form.is_generative:
        raise Refused(f"Prompt {prompt} asks for no judgement but for a text: it is for a generator, not for a juror.")
    labels = [field for field in parameters.get("asks", default_asks()) if field != CATEGORIES]
    if not labels:
        raise Refused("A juror is asked for a label: prompt_label, response_label or both.")
    if form == Form.LLAMA_GUARD and len(labels) != 1:
        raise Refused(f"Prompt {prompt} gives one verdict. Ask for one label, and add a second juror for the other.")
    return save_juror(
        Juror(project=project, name=name, prompt=version, base_url=base_url, **parameters), Verb.JUROR_ADDED, by
    )


@transaction.atomic
def add_generator(
    *, project: Project, name: str, prompt: str, base_url: str, by: User | None = None, **parameters: Any
) -> Juror:
    """
    Name a model that writes responses, or refusals, in a project.

    :param prompt: the name of a prompt version that asks for such a text
    :param parameters: the other fields of Juror, without what a juror is asked for
    :raises Refused: if there is one of that name, a juror too, or a parameter makes no sense
    """
    version = queries.prompt_named(prompt)
    if not Prompt.parse(version.text).form.is_generative:
        raise Refused(f"Prompt {prompt} asks for a judgement: it is for a juror, not for a generator.")
    found = Juror(project=project, name=name, prompt=version, base_url=base_url, asks=[], in_panel=False, **parameters)
    return save_juror(found, Verb.GENERATOR_ADDED, by)


def save_juror(juror: Juror, verb: Verb, by: User | None) -> Juror:
    """
    :raises Refused: if its name is taken, or a parameter makes no sense
    """
    if Juror.objects.filter(project=juror.project, name=juror.name).exists():
        raise Refused(
            f"Project {juror.project} has a juror {juror.name!r} already. A changed juror is a new one: name it anew."
        )
    check_may_ask_at(juror, by)
    check(juror)
    juror.save()
    detail = {"model": juror.model, "prompt": juror.prompt.name}
    record_event(project=juror.project, verb=verb, subject=juror.name, actor=by, detail=detail)
    return juror


def check_may_ask_at(juror: Juror, by: User | None) -> None:
    """
    See that somebody may name an endpoint: dialogues and a key will go there.

    :param by: none for a command, which is the operator's
    :raises Refused: if no question may go there
    :raises NotForLeads: if an admin must name it first
    """
    rules, origin = queries.endpoint_rules(), origin_of(juror.base_url)
    rules.check(juror.base_url)
    if by is None or origin in rules.allowed or is_admin(by) or queries.has_endpoint(juror.project, origin):
        return
    raise NotForLeads(
        f"{origin} is new to this project, and only an admin may send its dialogues there. Have an admin add the "
        "first juror at it, or take an endpoint that the project has."
    )


def is_admin(user: User) -> bool:
    return Member.objects.filter(user=user, role=Member.Role.ADMIN).exists()


@transaction.atomic
def change_juror(*, juror: Juror, by: User | None = None, **changes: Any) -> Juror:
    """
    Change what no answer of a juror depends on; a run under way goes by it from its next part on.

    :param changes: any of CHANGEABLE; what is as it was is passed over
    :raises Refused: if nothing would change, or a value makes no sense
    """
    found = Juror.objects.select_for_update(of=["self"]).select_related("project").get(pk=juror.pk)
    changes = {name: changes[name] for name in CHANGEABLE if name in changes and changes[name] != getattr(found, name)}
    if not changes:
        raise Refused(f"Juror {found.name!r} is so already; nothing was changed.")
    detail = {name: {"from": preview(getattr(found, name)), "to": preview(value)} for name, value in changes.items()}
    if found.is_generator and changes.get("in_panel"):
        raise Refused(f"{found.name!r} is a generator: it judges nothing, and sits on no panel.")
    for name, value in changes.items():
        setattr(found, name, value)
    check(found)
    found.save(update_fields=list(changes))
    record_event(project=found.project, verb=Verb.JUROR_CHANGED, subject=found.name, actor=by, detail=detail)
    return found


def preview(value: Any) -> Any:
    """Return a value as the record of events can hold it."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def check(juror: Juror) -> None:
    """
    :raises Refused: if a parameter makes no sense
    """
    if juror.api_key_env and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", juror.api_key_env):
        raise Refused("--api-key-env takes the name of an environment variable, not the key itself.")
    if juror.api_key_env.removesuffix("_FILE") in NEVER_KEYS:
        raise Refused(f"{juror.api_key_env} is a secret of this installation, and goes to no endpoint.")
    try:
        juror.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(f"{field}: {' '.join(why)}" for field, why in error.message_dict.items())) from error

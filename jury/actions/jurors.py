import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project
from jury import queries
from jury.models import Juror
from jury.models.juror import asks_by_default
from jury.prompting import CATEGORIES, Form, Prompt

CHANGEABLE = (
    *("in_panel", "api_key_env", "concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds"),
    *("price_in", "price_out"),
)
"What no answer depends on."


@transaction.atomic
def add_juror(
    *, project: Project, name: str, prompt: str, base_url: str, by: User | None = None, **parameters: Any
) -> Juror:
    """
    Put a juror on the project's panel.

    :param prompt: the name of a prompt version
    :param parameters: the other fields of Juror
    :raises Refused: if there is one of that name, or a parameter makes no sense
    """
    if Juror.objects.filter(project=project, name=name).exists():
        raise Refused(f"Project {project} has a juror {name!r} already. A changed juror is a new one: name it anew.")
    address = urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise Refused(f"{base_url!r} is not the address of an endpoint, as https://host/v1.")
    version = queries.prompt_named(prompt)
    labels = [field for field in parameters.get("asks", asks_by_default()) if field != CATEGORIES]
    if Prompt.parse(version.text).form == Form.LLAMA_GUARD and len(labels) != 1:
        raise Refused(f"Prompt {prompt} gives one verdict. Ask for one label, and add a second juror for the other.")
    juror = Juror(project=project, name=name, prompt=version, base_url=base_url, **parameters)
    check(juror)
    juror.save()
    detail = {"model": juror.model, "prompt": prompt}
    record_event(project=project, verb="juror.added", subject=name, actor=by, detail=detail)
    return juror


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
    detail = {name: {"from": shown(getattr(found, name)), "to": shown(value)} for name, value in changes.items()}
    for name, value in changes.items():
        setattr(found, name, value)
    check(found)
    found.save(update_fields=list(changes))
    record_event(project=found.project, verb="juror.changed", subject=found.name, actor=by, detail=detail)
    return found


def shown(value: Any) -> Any:
    """Give a value as the record of events can hold it."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def check(juror: Juror) -> None:
    """
    :raises Refused: if a parameter makes no sense
    """
    if juror.api_key_env and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", juror.api_key_env):
        raise Refused("--api-key-env takes the name of an environment variable, not the key itself.")
    try:
        juror.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(f"{field}: {' '.join(why)}" for field, why in error.message_dict.items())) from error

"""Try a juror or a generator on one item: what it is sent, and what comes back. Stores no answer."""

import asyncio
import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Item, Project, Verb
from jury import queries
from jury.actions.checks import check_can_ask, check_can_generate
from jury.engine.budget import Reservation
from jury.engine.buffer import store_alone
from jury.engine.generator_client import GeneratorClient
from jury.engine.juror_client import JurorClient
from jury.engine.limiter import connect_redis
from jury.engine.model_client import Request, failed_outcome
from jury.engine.remedies import OPTIONS, as_options, changes_against_reasoning, changes_to_try
from jury.engine.reply import AccessRefused
from jury.models import Answer, Juror
from jury.prompting import Form, Messages, Prompt, Send
from jury.queries import PromptItem

MOST_CHANGES = 6
"Further requests with other settings, where the endpoint does not accept those of the juror."
Client = JurorClient | GeneratorClient


@dataclass(frozen=True)
class Suggestion:
    """Settings under which the endpoint answered after all."""

    changes: dict[str, Any]
    "Fields of the juror that differ."
    outcome: str
    "Of the answer under these settings."

    @property
    def options(self) -> str:
        """Return the changes as options of a command."""
        return as_options(self.changes)


@dataclass(frozen=True)
class Trial:
    """What a juror or generator was sent about an item, and its answer."""

    item: str
    "Its external id."
    messages: Messages
    answer: Any
    "The ballot or the generated response as a run would store it; not stored."
    suggestion: Suggestion | None = None
    "None where the endpoint accepts the juror's settings, or none that were tried."


def try_juror(*, project: Project, juror: Juror, item: str = "", by: User | None = None) -> Trial:
    """
    Ask a juror or a generator about one item, once: no second try, no budget, nothing stored.

    If the endpoint does not accept the request, up to `MOST_CHANGES` with other settings follow.

    :param item: its external id; empty for one of the project's
    :raises Refused: if it cannot be asked, or has nothing to say of that item
    """
    if juror.is_generator:
        check_can_generate(juror)
    else:
        check_can_ask(project, juror)
    client = client_of(project, juror)
    chosen, name = item_to_try(project, client, item)
    request = client.compose(chosen)
    answer = ask(client, request)
    suggestion = suggest(project, juror, chosen, answer)
    detail: dict[str, Any] = {"item": name} | ({"suggested": suggestion.changes} if suggestion else {})
    record_event(project=project, verb=Verb.JUROR_TRIED, subject=juror.name, actor=by, detail=detail)
    return Trial(name, request.messages, answer, suggestion)


def client_of(project: Project, juror: Juror) -> Client:
    """Return what asks a juror or a generator."""
    return GeneratorClient(project, juror) if juror.is_generator else JurorClient(project, juror)


def item_to_try(project: Project, client: Client, name: str) -> tuple[PromptItem, str]:
    """
    Return the item of an external id, or any where that is empty, with its external id.

    :raises Refused: if there is no such item, or no field of it that the juror is asked for
    """
    wants_response = isinstance(client, JurorClient) and client.labels == ("response_label",)
    if name:
        item = Item.objects.filter(project=project, external_id=name).first()
        if item is None:
            raise Refused(f"Project {project} has no dialogue {name!r}.")
        if item.withdrawn_at or item.refusal_of:
            state = "is withdrawn" if item.withdrawn_at else "has a refusal that was made here"
            raise Refused(f"Dialogue {name!r} {state}, so no model is asked about it. Name another.")
        found = queries.items_by_pk([item.pk])
        if wants_response and not found[0].has_response:
            raise Refused(f"Juror {client.juror.name!r} judges responses, and {name!r} has none.")
        return found[0], name
    found = queries.sample_items(project, 1, with_response=wants_response)
    if not found:
        raise Refused(f"Project {project} has no dialogue that juror {client.juror.name!r} could judge.")
    return found[0], Item.objects.values_list("external_id", flat=True).get(pk=found[0].pk)


def suggest(project: Project, juror: Juror, item: PromptItem, answer: Answer) -> Suggestion | None:
    """Return other settings under which the endpoint answers about an item, having tried them; None if none do."""
    if Prompt.parse(juror.prompt.text).send == Send.MODERATIONS:  # none of the settings is sent
        return None
    candidate, changes, accepted = copy.copy(juror), dict[str, Any](), None
    was_refused = answer.outcome == Answer.Outcome.FAILED
    for _ in range(MOST_CHANGES):
        if (change := next_change(candidate, answer.reason, changes)) is None:
            break
        changes |= change
        for name, value in change.items():
            setattr(candidate, name, value)
        client = client_of(project, candidate)
        answer = ask(client, client.compose(item))
        if answer.outcome in (Answer.Outcome.CAST, Answer.Outcome.ABSTAINED):
            return Suggestion(changes, answer.outcome)
        if answer.outcome == Answer.Outcome.UNREADABLE and was_refused:
            accepted = Suggestion(dict(changes), answer.outcome)
    return accepted


def next_change(juror: Juror, reason: str, made: dict[str, Any]) -> dict[str, Any] | None:
    """
    Return the next change of settings to try; None if there is none.

    :param reason: of the answer under the settings of the juror
    :param made: changes so far; only a format and an extra body can be changed again
    """
    now = {name: getattr(juror, name) for name in OPTIONS}
    if Prompt.parse(juror.prompt.text).form != Form.OBJECT:  # no format is sent
        now["response_format"] = "text"
    fixed = made.keys() - {"response_format", "extra_body"}
    candidates = [*changes_to_try(reason, now), *changes_against_reasoning(reason, now)]
    return next((each for each in candidates if not each.keys() & fixed), None)


def ask(client: Client, request: Request) -> Answer:
    """Return the answer to a request as a run would store it, without a second try and without a budget."""
    with ThreadPoolExecutor(max_workers=1) as aside:  # the caller may have an event loop
        answer = aside.submit(lambda: asyncio.run(ask_once(client, request))).result()
    with transaction.atomic():
        stored = store_alone(answer)
        transaction.set_rollback(True)
    return stored


async def ask_once(client: Client, request: Request) -> Answer:
    """Return the answer to a request, without a second try and without a budget."""
    async with client.endpoint() as endpoint, connect_redis(settings.REDIS_URL) as redis:
        single = client.rate_limited_client(endpoint, redis, tries=1, patience=0.0)
        try:
            return await client.ask(request, single, Reservation(client.price))
        except AccessRefused as error:  # which ends a run
            return client.make_answer(request.item, request.seed, [], failed_outcome(str(error)), cost=Decimal(0))

"""Try a juror on one item: what it is sent, and what comes back. Stores no ballot."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import User

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Item, Project, Verb
from jury import queries
from jury.actions.checks import check_can_ask
from jury.engine.budget import Reservation
from jury.engine.juror_client import JurorClient
from jury.engine.limiter import connect_redis
from jury.engine.model_client import Request, failed_outcome
from jury.engine.reply import AccessRefused
from jury.models import Ballot, Juror
from jury.prompting import Messages
from jury.queries import PromptItem


@dataclass(frozen=True)
class Trial:
    """What a juror was sent about an item, and its ballot."""

    item: str
    "Its external id."
    messages: Messages
    ballot: Ballot
    "As it would have been cast; not stored."


def try_juror(*, project: Project, juror: Juror, item: str = "", by: User | None = None) -> Trial:
    """
    Ask a juror about one item, once: no second try, no budget, no ballot.

    :param item: its external id; empty for one of the project's
    :raises Refused: if the juror cannot be asked, or has nothing to say of that item
    """
    check_can_ask(project, juror)
    client = JurorClient(project, juror)
    chosen, name = item_to_try(project, client, item)
    request = client.compose(chosen)
    with ThreadPoolExecutor(max_workers=1) as aside:  # the caller may have an event loop
        ballot = aside.submit(lambda: asyncio.run(ask_once(client, request))).result()
    record_event(project=project, verb=Verb.JUROR_TRIED, subject=juror.name, actor=by, detail={"item": name})
    return Trial(name, request.body["messages"], ballot)


def item_to_try(project: Project, client: JurorClient, name: str) -> tuple[PromptItem, str]:
    """
    Return the item of an external id, or any where that is empty, with its external id.

    :raises Refused: if there is no such item, or no field of it that the juror is asked for
    """
    wants_response = client.labels == ("response_label",)
    if name:
        keys = list(Item.objects.filter(project=project, external_id=name).values_list("pk", flat=True))
        found = queries.items_by_pk(keys)
        if not found:
            raise Refused(f"Project {project} has no dialogue {name!r}.")
        if wants_response and not found[0].has_response:
            raise Refused(f"Juror {client.juror.name!r} judges responses, and {name!r} has none.")
        return found[0], name
    found = queries.sample_items(project, 1, with_response=wants_response)
    if not found:
        raise Refused(f"Project {project} has no dialogue that juror {client.juror.name!r} could judge.")
    return found[0], Item.objects.values_list("external_id", flat=True).get(pk=found[0].pk)


async def ask_once(client: JurorClient, request: Request) -> Ballot:
    """Return the answer to a request, without a second try and without a budget."""
    async with client.endpoint() as endpoint, connect_redis(settings.REDIS_URL) as redis:
        single = client.rate_limited_client(endpoint, redis, tries=1, patience=0.0)
        try:
            return await client.ask(request, single, Reservation(client.price))
        except AccessRefused as error:  # which ends a run
            return client.make_answer(request.item, request.seed, [], failed_outcome(str(error)), cost=Decimal(0))

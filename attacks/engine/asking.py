"""Ask the target of an attack about one message, and store what comes back. Never asks twice about a message."""

import asyncio
import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, connection
from django.db.models.functions import Now

from attacks.engine import ledger
from attacks.engine.targets import TargetClient, client_of, ended_fields, request_for
from attacks.models import Turn
from attacks.queries import answered_turns, check_still_target, turns_of
from corpus.errors import Refused
from jury.engine.budget import BudgetSpent, Reservation, Stopped
from jury.engine.circuit import EndpointDown
from jury.engine.cleaning import error_line
from jury.engine.limiter import connect_redis
from jury.engine.model_client import Request, failed_outcome
from jury.engine.reply import AccessRefused
from jury.models import Answer

logger = logging.getLogger(__name__)
TRIES, PATIENCE = 2, 30.0
"Of a call that fails, and seconds for one that is refused as too many: a person waits."
HEARTBEAT_SECONDS = 3.0
NOTHING = Decimal(0)


class TurnBudget:
    """The reservation of one message: at first what was reserved when it was sent."""

    def __init__(self, turn: Turn, database: ThreadPoolExecutor) -> None:
        """
        Begin with what is reserved.

        :param database: one thread, in which all statements run
        """
        self.turn, self.database, self.usd = turn, database, turn.reserved_usd

    async def acquire(self, price: Decimal) -> None:
        """
        Take the price of a call from what is reserved, and reserve what lacks.

        :raises BudgetSpent: if there is no room for it
        """
        if (lacking := price - self.usd) > 0:
            loop = asyncio.get_running_loop()
            if not await loop.run_in_executor(self.database, ledger.reserve_more, self.turn, lacking):
                raise BudgetSpent
            self.usd += lacking
        self.usd -= price

    acquire_now = acquire

    def keep_for_next_call(self, price: Decimal) -> None:
        """Keep the price of a call that was not made, for the next call."""
        self.usd += price


def ask_target(turn_id: int) -> None:
    """Ask about a message that waits, and store what comes back; do nothing if a worker has taken it before."""
    holder = secrets.token_hex(8)
    waiting = Turn.objects.filter(pk=turn_id, state=Turn.State.WAITING)
    if not waiting.update(state=Turn.State.ASKING, holder=holder, seen_at=Now()):
        return
    context = ("conversation__project__taxonomy", "conversation__target__prompt")
    turn = Turn.objects.select_related(*context).get(pk=turn_id)
    reservation: Reservation | None = None
    try:
        check_still_target(turn.conversation)  # a lead may have changed that while the message waited
        client = client_of(turn.conversation)
        request = request_for(client, answered_turns(turns_of(turn.conversation)), turn.text)
        reservation = Reservation(client.price)
        answer = answer_to(turn, client, request, reservation)
    except Exception as error:  # a server is away, or a fault of ours: the author must not wait for ever
        charged = reservation.charged if reservation else NOTHING
        end_turn(turn, {"state": Turn.State.FAILED, "reason": error_line(error)}, charged)
        if not isinstance(error, Refused):
            raise
    else:
        store(turn, answer, reservation.charged)


def answer_to(turn: Turn, client: TargetClient, request: Request, reservation: Reservation) -> Answer:
    """Return the target's answer, unsaved. Database work has a thread of its own."""
    # The caller may have an event loop, so the asking has a thread as well.
    with ThreadPoolExecutor(max_workers=1) as database, ThreadPoolExecutor(max_workers=1) as aside:
        reservation.budget = TurnBudget(turn, database)
        try:
            return aside.submit(lambda: asyncio.run(ask(turn, client, request, reservation, database))).result()
        finally:
            # `connection` is a separate connection in each thread.
            database.submit(lambda: connection.close()).result()


async def ask(
    turn: Turn, client: TargetClient, request: Request, reservation: Reservation, database: ThreadPoolExecutor
) -> Answer:
    """Ask under the limits, the circuit and the budget, and record heartbeats meanwhile."""
    async with client.endpoint() as endpoint, connect_redis(settings.REDIS_URL) as redis:
        limited = client.rate_limited_client(endpoint, redis, tries=TRIES, patience=PATIENCE)
        beating = asyncio.create_task(beat(turn, database))
        try:
            answer: Answer = await client.ask(request, limited, reservation)
        except (AccessRefused, BudgetSpent, EndpointDown, Stopped) as error:
            problem = failed_outcome(str(error))
            answer = client.make_answer(request.item, request.seed, [], problem, cost=reservation.charged)
        finally:
            beating.cancel()
    return answer


async def beat(turn: Turn, database: ThreadPoolExecutor) -> None:
    """Record a heartbeat of a message every few seconds, until cancelled."""
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        with suppress(Exception):  # the database may be restarting; the next one tells
            await asyncio.get_running_loop().run_in_executor(database, record_heartbeat, turn)


def record_heartbeat(turn: Turn) -> None:
    """Record that the worker of a message is alive."""
    Turn.objects.filter(pk=turn.pk, holder=turn.holder).update(seen_at=Now())


def store(turn: Turn, answer: Answer, charged: Decimal) -> None:
    """Store an answer; one that the database does not take as a message without a reply, at the same cost."""
    try:
        end_turn(turn, ended_fields(answer), charged)
    except (DataError, IntegrityError, ValueError, OverflowError) as error:
        logger.exception("the reply to %s cannot be stored", turn)
        reason = f"the reply cannot be stored ({error_line(error)})"
        end_turn(turn, {"state": Turn.State.FAILED, "reason": reason}, charged)


def end_turn(turn: Turn, fields: dict[str, Any], cost: Decimal) -> None:
    """End a message that this worker holds; one that was given up meanwhile has been charged, and stays as it is."""
    mine = Turn.objects.filter(pk=turn.pk, holder=turn.holder, state=Turn.State.ASKING)
    mine.update(**fields, cost_usd=cost, reserved_usd=NOTHING, ended_at=Now())

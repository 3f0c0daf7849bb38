"""What is the same about every question to a model: where it goes, at what pace and price, and how often."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.utils import timezone
from redis.asyncio import Redis

from corpus.errors import Refused
from corpus.models import Project
from corpus.secret_files import read_secret
from jury.engine.batch_endpoint import BatchEndpoint
from jury.engine.budget import BudgetSpent
from jury.engine.circuit import Circuit, EndpointDown
from jury.engine.client import PATIENCE, TRIES, RateLimitedClient, Stopped
from jury.engine.endpoint import Endpoint
from jury.engine.limiter import Limiter
from jury.engine.reply import Declined, Reply, Unavailable
from jury.models import Ballot, GeneratedResponse, Juror
from jury.models.answer import Answer
from jury.prompting import Prompt
from jury.queries import PromptItem, endpoint_rules

MORE_ROOM = 4
"How many times as many tokens a reply gets that was cut off."
CHARACTERS_A_TOKEN = 3
LONGEST_KEPT = 100_000
"Characters of a raw reply; no verdict is that long."
Admit = Callable[[int, int], Awaitable[None]]
"Waits until there is money for a call of about so many tokens, with an answer of at most so many."
Request = dict[str, Any]
Outcome = dict[str, Any]
"Fields of an answer: what its replies came to."

A = TypeVar("A", Ballot, GeneratedResponse)


class ModelClient(ABC, Generic[A]):
    """Asks one model about items of one project."""

    def __init__(self, project: Project, juror: Juror, *, run_id: int | None = None) -> None:
        self.project, self.juror, self.run_id = project, juror, run_id
        self.prompt = Prompt.parse(juror.prompt.text)

    async def ask(self, item: PromptItem, line: RateLimitedClient, admit: Admit, *, seed: int | None = None) -> A:
        """
        Ask about one item; a reply that is cut off is asked for once more, with more room.

        :param seed: of what is drawn by chance, if anything is; drawn where none is given
        :raises BudgetSpent, EndpointDown, Stopped: if the first call did not go out for that
        """
        request, drawn = self.compose(item, seed=seed)
        replies, trouble = await self.replies_to(request, line, admit)
        return self.conclude(item, drawn, replies, trouble)

    @abstractmethod
    def compose(self, item: PromptItem, *, seed: int | None = None) -> tuple[Request, int | None]:
        """Return the request about an item, and the seed it was made with."""

    @abstractmethod
    def conclude(self, item: PromptItem, seed: int | None, replies: Sequence[Reply], trouble: Outcome | None) -> A:
        """Put down what came of a request, and what all replies to it have cost."""

    def known(self, _items: Sequence[PromptItem]) -> dict[int, A]:
        """Return an answer for each item, by its key, that need not be asked about."""
        return {}

    @abstractmethod
    def length(self, item: PromptItem) -> int:
        """Return the characters of the question about an item."""

    def endpoint(self) -> Endpoint:
        return Endpoint(self.juror.base_url, self.key, seconds=self.juror.timeout_seconds, rules=endpoint_rules())

    def batch_endpoint(self) -> BatchEndpoint:
        return BatchEndpoint(self.juror.base_url, self.key, seconds=self.juror.timeout_seconds, rules=endpoint_rules())

    @property
    def key(self) -> str:
        name = self.juror.api_key_env
        # Whoever convenes is told of a key that is missing; here the endpoint says so, in the ballots.
        with suppress(Refused):
            return read_secret(name) if name else ""
        return ""

    def line(
        self, endpoint: Endpoint, redis: Redis, *, tries: int = TRIES, patience: float = PATIENCE
    ) -> RateLimitedClient:
        juror = self.juror
        limiter = Limiter(
            redis, f"juror-{juror.pk}", requests=juror.requests_per_minute, tokens=juror.tokens_per_minute
        )
        circuit = Circuit(
            redis,
            juror.base_url,
            at_once=juror.concurrency,
            patience=settings.JURY_ENDPOINT_PATIENCE,
            stay=settings.JURY_ENDPOINT_STAY,
            longest_call=juror.timeout_seconds,
        )
        return RateLimitedClient(endpoint, limiter, circuit, tries=tries, patience=patience)

    async def replies_to(
        self, request: Request, line: RateLimitedClient, admit: Admit
    ) -> tuple[list[Reply], Outcome | None]:
        """
        Send a request; where the reply is cut off, once more with more room.

        :return: the replies, and what the answer comes to where the last of them does not say
        :raises BudgetSpent, EndpointDown, Stopped: if the first call did not go out for that
        """
        tokens = length_of(request) // CHARACTERS_A_TOKEN
        replies: list[Reply] = []
        try:
            for room in (1, MORE_ROOM):
                most = self.juror.max_tokens * room
                await admit(tokens, most)
                replies.append(await line.call(request | {"max_tokens": most}, tokens=tokens + most))
                if replies[-1].finish_reason != "length":
                    break
        except Declined as error:
            return replies, abstained(str(error))
        except Unavailable as error:
            return replies, failed(str(error))
        except (BudgetSpent, EndpointDown, Stopped) as error:
            if not replies:
                raise
            return replies, failed(f"cut off, and not asked for a longer answer: {error}")
        return replies, trouble_with(replies[-1])

    def paid(self, replies: Sequence[Reply]) -> dict[str, Any]:
        """Return what all replies to a question have cost, and the last of them as it came."""
        prompt_tokens = sum(each.prompt_tokens for each in replies)
        answer_tokens = sum(each.answer_tokens for each in replies)
        paid: dict[str, Any] = {
            "prompt_tokens": prompt_tokens,
            "answer_tokens": answer_tokens,
            "cost_usd": self.price(prompt_tokens, answer_tokens),
        }
        if replies:
            paid["raw_reply"] = replies[-1].text.replace("\0", "�")[:LONGEST_KEPT]
            paid["finish_reason"] = replies[-1].finish_reason[:40]
            paid["seconds"] = sum(each.seconds for each in replies)
        return paid

    def price(self, prompt_tokens: int, answer_tokens: int) -> Decimal:
        """Return what so many tokens cost, in US dollars."""
        return (prompt_tokens * self.juror.price_in + answer_tokens * self.juror.price_out) / 1_000_000

    def pinned(self, item: PromptItem) -> dict[str, Any]:
        return {
            "item_id": item.pk,
            "juror_id": self.juror.pk,
            "run_id": self.run_id,
            "prompt_id": self.juror.prompt_id,
            "cast_at": timezone.now(),
        }


def trouble_with(reply: Reply) -> Outcome | None:
    """Tell what a reply comes to that cannot be read for what it says; None where it can."""
    if reply.finish_reason == "content_filter":
        return abstained(reply.refusal or "filtered by the endpoint")
    if reply.finish_reason == "length":
        return unreadable("cut off, with more room too")
    if len(reply.text) > LONGEST_KEPT:
        return unreadable(f"the reply has {len(reply.text):,} characters, of which the first {LONGEST_KEPT:,} are kept")
    return None


def abstained(reason: str) -> Outcome:
    return {"outcome": Answer.Outcome.ABSTAINED, "reason": reason}


def unreadable(reason: str) -> Outcome:
    return {"outcome": Answer.Outcome.UNREADABLE, "reason": reason}


def failed(reason: str) -> Outcome:
    return {"outcome": Answer.Outcome.FAILED, "reason": reason}


def length_of(request: Request) -> int:
    return sum(len(message["content"]) for message in request["messages"])

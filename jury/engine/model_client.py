"""What all questions to models share: endpoint, rate limits, prices and the outcomes of replies."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.utils import timezone
from redis.asyncio import Redis

from corpus.errors import Refused
from corpus.models import Project
from corpus.secret_files import read_secret
from jury.engine.batch_endpoint import BatchEndpoint
from jury.engine.budget import BudgetSpent, Reservation, Stopped
from jury.engine.circuit import Circuit, EndpointDown
from jury.engine.cleaning import clean_count
from jury.engine.client import PATIENCE, TRIES, RateLimitedClient
from jury.engine.endpoint import Endpoint
from jury.engine.extra_body import merge_extra_bodies
from jury.engine.limiter import Limiter
from jury.engine.moderation_endpoint import ModerationEndpoint
from jury.engine.provider_errors import is_cut_off, is_filtered
from jury.engine.reply import AccessRefused, Declined, Reply, Unavailable
from jury.keys import check_key_variable
from jury.models import Answer, Juror
from jury.prompting import Messages, Prompt, Send
from jury.queries import PromptItem, endpoint_rules

MORE_ROOM = 4
"Factor by which the token limit grows when a reply that was cut off is asked for again."
CHARACTERS_A_TOKEN = 3
LONGEST_REASON = 10_000
"Characters of a model's own words about why it declines that are stored."
LONGEST_KEPT = 100_000
"Characters of a raw reply that are stored; no verdict is that long."
Outcome = dict[str, Any]
"Fields of an answer that say what its replies mean: outcome, reason and the like."

A = TypeVar("A", bound=Answer)


@dataclass(frozen=True)
class Request:
    """A question about one item, as it is sent."""

    item: PromptItem
    body: dict[str, Any]
    "The JSON of a chat completion, or of a moderation."
    seed: int | None = None
    "What the categories were shuffled by; None where they kept their order."

    @property
    def messages(self) -> Messages:
        """Return its messages; of a moderation, the text as one."""
        return self.body.get("messages") or [{"role": "input", "content": self.body["input"]}]

    @property
    def length(self) -> int:
        """Return the characters of all messages."""
        return sum(len(message["content"]) for message in self.messages)

    @property
    def prompt_tokens(self) -> int:
        """Return an estimate of its tokens, more than most models count."""
        return self.length // CHARACTERS_A_TOKEN


class ModelClient(ABC, Generic[A]):
    """Asks one model about items of one project, or about other texts. Stores nothing."""

    model: type[A]
    "The model class of its answers."

    def __init__(self, project: Project, juror: Juror, *, run_id: int | None = None) -> None:
        self.project, self.juror, self.run_id = project, juror, run_id
        self.prompt = Prompt.parse(juror.prompt.text)

    async def ask(self, request: Request, client: RateLimitedClient, reservation: Reservation) -> A:
        """
        Ask about one item; a reply that is cut off is asked for once more, with more room.

        :raises AccessRefused: if the endpoint will answer no request of the juror
        :raises BudgetSpent: if the budget has no room for the first attempt
        :raises EndpointDown, Stopped: if there was no reply until then
        """
        replies, problem = await self.replies_to(request, client, reservation)
        return self.make_answer(request.item, request.seed, replies, problem, cost=reservation.charged)

    @property
    def names(self) -> list[str] | None:
        """Return what is asked for that a project may change; None if nothing is."""
        return None

    def ask_only(self, names: Sequence[str]) -> None:
        """Ask for nothing else than these `names`, which a batch was sent with, and read its replies so."""

    @abstractmethod
    def compose(self, item: PromptItem) -> Request:
        """Return the request about an item."""

    @abstractmethod
    def make_answer(
        self, item: PromptItem, seed: int | None, replies: Sequence[Reply], problem: Outcome | None, *, cost: Decimal
    ) -> A:
        """
        Return the answer, not stored yet, that the replies to a request come to.

        :param problem: why the last reply cannot be read; None where it can
        :param cost: US dollars for all attempts
        """

    def request_body(self, messages: Messages) -> dict[str, Any]:
        """Return the JSON of a chat completion with all parameters that the juror's settings name."""
        juror = self.juror
        temperature = {} if juror.temperature is None else {"temperature": juror.temperature}
        body = {"model": juror.model, "messages": messages, **temperature, **self.extra_body}
        return self.with_token_limit(body, juror.max_tokens)

    @property
    def extra_body(self) -> dict[str, Any]:
        """Return the further parameters of the prompt version, with those of the juror on top."""
        return merge_extra_bodies(self.prompt.extra_body, self.juror.extra_body)

    def with_token_limit(self, body: dict[str, Any], tokens: int) -> dict[str, Any]:
        """Return a request whose answer may have so many tokens, as its endpoint wants to be told."""
        return body | {self.juror.max_tokens_parameter: tokens} if tokens else body

    @property
    def longest_answer(self) -> int:
        """Return the most tokens of an answer; 0 for a moderation, which has none."""
        return 0 if self.prompt.send == Send.MODERATIONS else self.juror.max_tokens

    @property
    def longest_first_answer(self) -> int:
        """Return the most tokens of a first answer: more in a batch, where what is cut off is not asked for again."""
        is_batch = self.juror.transport == Juror.Transport.BATCH
        return self.longest_answer * MORE_ROOM if is_batch else self.longest_answer

    def cached_answers(self, _items: Sequence[PromptItem]) -> dict[int, A]:
        """Return an unsaved answer for each item with a cached one, by the primary key of the item."""
        return {}

    @abstractmethod
    def length(self, item: PromptItem) -> int:
        """Return the characters of the question about an item."""

    def endpoint(self) -> Endpoint:
        """Return the model's endpoint for single calls."""
        kind = ModerationEndpoint if self.prompt.send == Send.MODERATIONS else Endpoint
        return kind(self.juror.base_url, self.key, **self.endpoint_limits)

    def batch_endpoint(self) -> BatchEndpoint:
        """Return the model's endpoint for batches."""
        most_file_bytes = settings.JURY_BATCH_BYTES
        return BatchEndpoint(self.juror.base_url, self.key, most_file_bytes=most_file_bytes, **self.endpoint_limits)

    @property
    def endpoint_limits(self) -> dict[str, Any]:
        """Return where requests may go, and how long and large a reply may be."""
        return {
            "seconds": self.juror.timeout_seconds,
            "most_bytes": settings.JURY_REPLY_BYTES,
            "rules": endpoint_rules(),
        }

    @property
    def key(self) -> str:
        """
        Return the API key; empty if there is none, or it cannot be read.

        :raises Refused: if the rules of today do not let it go to an endpoint
        """
        name = self.juror.api_key_env
        check_key_variable(name, settings.JURY_KEYS)
        # A run does not start without the key; here the endpoint says that it lacks, in the ballots.
        with suppress(Refused):
            return read_secret(name) if name else ""
        return ""

    def rate_limited_client(
        self, endpoint: Endpoint, redis: Redis, *, tries: int = TRIES, patience: float = PATIENCE
    ) -> RateLimitedClient:
        """Return a client with the limits that all workers share."""
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
        first_wait = settings.JURY_RETRY_SECONDS
        return RateLimitedClient(endpoint, limiter, circuit, tries=tries, patience=patience, first_wait=first_wait)

    async def replies_to(
        self, request: Request, client: RateLimitedClient, reservation: Reservation
    ) -> tuple[list[Reply], Outcome | None]:
        """
        Send a request; where the reply is cut off, once more with more room.

        :return: the replies, and why the last of them cannot be read, if it cannot
        """
        replies: list[Reply] = []
        try:
            for room in (1, MORE_ROOM):
                longest = self.longest_answer * room
                reply = await client.call(
                    self.with_token_limit(request.body, longest),
                    prompt_tokens=request.prompt_tokens,
                    answer_tokens=longest,
                    reservation=reservation,
                )
                replies.append(reply)
                if not self.is_cut_off(reply):
                    break
        except Declined as error:
            return replies, abstained_outcome(str(error))
        except AccessRefused as error:
            if not replies:
                raise
            return replies, failed_outcome(str(error))
        except Unavailable as error:
            return replies, failed_outcome(str(error))
        except (BudgetSpent, EndpointDown, Stopped) as error:
            if not replies:
                raise
            return replies, failed_outcome(f"cut off, and not asked for a longer answer: {error}")
        return replies, self.unusable_outcome(replies[-1])

    def is_cut_off(self, reply: Reply) -> bool:
        """Return whether a reply was too long for its verdict."""
        return is_cut_off(reply.finish_reason) and not self.prompt.form.may_be_cut_off

    def unusable_outcome(self, reply: Reply) -> Outcome | None:
        """Return the outcome of a reply that cannot be read; None if it can be."""
        return unusable_outcome(reply, may_be_cut_off=self.prompt.form.may_be_cut_off)

    def reply_fields(self, replies: Sequence[Reply], cost: Decimal) -> dict[str, Any]:
        """Return the fields of an answer that its replies fill: their tokens and cost, and the last of them."""
        fields: dict[str, Any] = {
            "prompt_tokens": clean_count(sum(each.prompt_tokens for each in replies)),
            "answer_tokens": clean_count(sum(each.answer_tokens for each in replies)),
            "cost_usd": cost,
        }
        if replies:
            fields["raw_reply"] = (replies[-1].text or replies[-1].reasoning)[:LONGEST_KEPT]
            fields["finish_reason"] = replies[-1].finish_reason[:40]
            fields["seconds"] = sum(each.seconds for each in replies)
        return fields

    def price(self, prompt_tokens: int, answer_tokens: int) -> Decimal:
        """Return the price of a call in US dollars."""
        return (prompt_tokens * self.juror.price_in + answer_tokens * self.juror.price_out) / 1_000_000

    def price_of(self, replies: Sequence[Reply]) -> Decimal:
        """Return what replies cost in US dollars."""
        return sum((self.price(each.prompt_tokens, each.answer_tokens) for each in replies), Decimal(0))

    def key_fields(self, item: PromptItem) -> dict[str, Any]:
        """Return the fields of an answer that are known before it is asked for."""
        return {
            f"{self.model.SUBJECT}_id": item.pk,
            "juror_id": self.juror.pk,
            "run_id": self.run_id,
            "prompt_id": self.juror.prompt_id,
            "cast_at": timezone.now(),
        }


def unusable_outcome(reply: Reply, *, may_be_cut_off: bool = False) -> Outcome | None:
    """Return the outcome of a reply that cannot be read: filtered, cut off, too long, no answer; None if it can be."""
    if is_filtered(reply.finish_reason):
        return abstained_outcome(reply.refusal or f"filtered by the endpoint ({reply.finish_reason[:40]})")
    if is_cut_off(reply.finish_reason) and not may_be_cut_off:
        return unreadable_outcome("cut off, with more room too")
    if reply.reasoning and not reply.text.strip() and not reply.refusal:
        return unreadable_outcome(f"the content is empty, and all text is reasoning ({reply.reasoning_key})")
    if len(reply.text) > LONGEST_KEPT:
        return unreadable_outcome(
            f"the reply has {len(reply.text):,} characters, of which the first {LONGEST_KEPT:,} are kept"
        )
    return None


def abstained_outcome(reason: str) -> Outcome:
    """Return the outcome of a model that declined to answer."""
    return {"outcome": Answer.Outcome.ABSTAINED, "reason": reason[:LONGEST_REASON]}


def unreadable_outcome(reason: str) -> Outcome:
    """Return the outcome of a reply that is no answer."""
    return {"outcome": Answer.Outcome.UNREADABLE, "reason": reason}


def failed_outcome(reason: str) -> Outcome:
    """Return the outcome of a question that got no reply."""
    return {"outcome": Answer.Outcome.FAILED, "reason": reason}

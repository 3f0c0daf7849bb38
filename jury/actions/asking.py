"""One juror's question about one item, and what the answer comes to. Stores nothing."""

import hashlib
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone
from redis.asyncio import Redis

from corpus.models import Project
from corpus.queries import spellings_of
from jury import guards, queries
from jury.actions.purses import BudgetSpent
from jury.calling import PATIENCE, TRIES, Line, Stopped
from jury.circuit import Circuit, EndpointDown
from jury.limiter import Limiter
from jury.models import Ballot, Juror
from jury.prompting import CATEGORIES, Form, Prompt, Question, answer_schema, in_order, messages, show_category
from jury.providers import Declined, Endpoint, Reply, Unavailable
from jury.queries import Asked

MORE_ROOM = 4
"How many times as many tokens a reply gets that was cut off."
CHARACTERS_A_TOKEN = 3
LONGEST_KEPT = 100_000
"Characters of a raw reply; no verdict is that long."
Admit = Callable[[int, int], Awaitable[None]]
"Waits until there is money for a call of about so many tokens, with an answer of at most so many."


@dataclass(frozen=True)
class Asking:
    """A question that went out."""

    item: Asked
    question: Question
    seed: int | None
    "Of the order of the categories; none where they keep their own."


class Asker:
    """Asks one juror about items of one project."""

    def __init__(self, project: Project, juror: Juror, *, run_id: int | None = None) -> None:
        self.project, self.juror, self.run_id = project, juror, run_id
        self.prompt = Prompt.parse(juror.prompt.text)
        self.labels = queries.labels_asked(project, juror)
        self.categories = queries.categories_shown(project.taxonomy_id)
        self.shown = {each["slug"]: show_category(self.prompt.category, each) for each in self.categories}
        self.spellings = spellings_of(project.taxonomy)
        if self.prompt.form != Form.OBJECT:
            self.spellings = guards.with_codes(self.spellings, self.categories)

        self.answers_to = self.key_of_all_questions()

    def key_of_all_questions(self) -> bytes:
        """Hash what changes the answers to every question: not times and tries, nor the order by chance."""
        juror = self.juror
        parts = (
            *(juror.base_url, juror.model, juror.prompt.sha256, juror.response_format),
            *(juror.temperature, juror.max_tokens, self.categories),
            # What is drawn by chance is drawn for each juror by itself.
            juror.pk if juror.temperature else 0,
        )
        return hashlib.sha256(orjson.dumps(parts)).digest()

    def request_hash(self, item: Asked) -> bytes:
        """Hash all that changes an answer. 16 bytes."""
        about = orjson.dumps([item.turns, self.question(item).fields])
        return hashlib.sha256(self.answers_to + about).digest()[:16]

    def endpoint(self) -> Endpoint:
        key = os.environ.get(self.juror.api_key_env, "") if self.juror.api_key_env else ""
        return Endpoint(self.juror.base_url, key, seconds=self.juror.timeout_seconds)

    def line(self, endpoint: Endpoint, redis: Redis, *, tries: int = TRIES, patience: float = PATIENCE) -> Line:
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
        return Line(endpoint, limiter, circuit, tries=tries, patience=patience)

    def asking(self, item: Asked, *, seed: int | None = None) -> Asking:
        """Make a question of an item, with the categories in an order of chance where the prompt wants that."""
        by_chance = secrets.randbits(31) if seed is None and self.prompt.shuffle else seed
        return Asking(item, self.question(item), by_chance)

    async def ask(self, item: Asked, line: Line, admit: Admit, *, seed: int | None = None) -> Ballot:
        """
        Ask about one item; a reply that is cut off is asked for once more, with more room.

        :param seed: of the order of the categories; drawn where none is given
        :raises BudgetSpent, EndpointDown, Stopped: if the first call did not go out for that
        """
        asking = self.asking(item, seed=seed)
        request = self.request(asking)
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
            return self.ballot(asking, replies, outcome=Ballot.Outcome.ABSTAINED, reason=str(error))
        except Unavailable as error:
            return self.ballot(asking, replies, outcome=Ballot.Outcome.FAILED, reason=str(error))
        except (BudgetSpent, EndpointDown, Stopped) as error:
            if not replies:
                raise
            reason = f"cut off, and not asked for a longer answer: {error}"
            return self.ballot(asking, replies, outcome=Ballot.Outcome.FAILED, reason=reason)
        return self.ballot(asking, replies, **self.verdict(asking.question, replies[-1]))

    def question(self, item: Asked) -> Question:
        fields = tuple(label for label in self.labels if label != "response_label" or item.has_response)
        categories = (CATEGORIES,) if CATEGORIES in self.juror.asks else ()
        return Question(fields + categories, rationale=self.prompt.rationale)

    def request(self, asking: Asking) -> dict[str, Any]:
        juror, question = self.juror, asking.question
        slugs = [category["slug"] for category in in_order(self.categories, asking.seed)]
        request: dict[str, Any] = {
            "model": juror.model,
            "messages": messages(self.prompt, question, asking.item.turns, [self.shown[slug] for slug in slugs]),
            "temperature": juror.temperature,
            "max_tokens": juror.max_tokens,
        }
        if self.prompt.form != Form.OBJECT:
            return request  # a guard's form is its own, and no schema of ours
        if juror.response_format == Juror.ResponseFormat.JSON_OBJECT:
            request["response_format"] = {"type": "json_object"}
        elif juror.response_format == Juror.ResponseFormat.JSON_SCHEMA:
            schema = answer_schema(question, slugs)
            request["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": schema},
            }
        return request

    def ballot(self, asking: Asking, replies: Sequence[Reply], **verdict: Any) -> Ballot:
        """Put down what came of a question, and what all its replies have cost."""
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
        return Ballot(**self.pinned(asking), **paid, **verdict)

    def price(self, prompt_tokens: int, answer_tokens: int) -> Decimal:
        """Give what so many tokens cost, in US dollars."""
        return (prompt_tokens * self.juror.price_in + answer_tokens * self.juror.price_out) / 1_000_000

    def pinned(self, asking: Asking) -> dict[str, Any]:
        return {
            "item_id": asking.item.pk,
            "juror_id": self.juror.pk,
            "run_id": self.run_id,
            "taxonomy_id": self.project.taxonomy_id,
            "order_seed": asking.seed,
            "prompt_id": self.juror.prompt_id,
            "request_hash": self.request_hash(asking.item),
            "cast_at": timezone.now(),
        }

    def verdict(self, question: Question, reply: Reply) -> dict[str, Any]:
        """Tell what the reply came to: a refusal is an abstention, and an unclear one is never guessed at."""
        if reply.refusal or reply.finish_reason == "content_filter":
            return {"outcome": Ballot.Outcome.ABSTAINED, "reason": reply.refusal or "filtered by the endpoint"}
        if reply.finish_reason == "length":
            return {"outcome": Ballot.Outcome.UNREADABLE, "reason": "cut off, with more room too"}
        if len(reply.text) > LONGEST_KEPT:
            reason = f"the reply has {len(reply.text):,} characters, of which the first {LONGEST_KEPT:,} are kept"
            return {"outcome": Ballot.Outcome.UNREADABLE, "reason": reason}
        reading = guards.read(self.prompt.form, reply.text, question, self.spellings)
        if reading.judgement is None:
            return {"outcome": Ballot.Outcome.UNREADABLE, "reason": reading.reason}
        said = reading.judgement
        return {
            "outcome": Ballot.Outcome.CAST,
            "prompt_label": said.prompt_label,
            "response_label": said.response_label,
            "categories": list(said.categories),
            "other_text": said.other_text,
            "rationale": said.rationale,
            "dropped_categories": reading.dropped_categories,
        }

    def length(self, item: Asked) -> int:
        """Give the characters of the question about an item."""
        return length_of(self.request(Asking(item, self.question(item), None)))


def length_of(request: dict[str, Any]) -> int:
    return sum(len(message["content"]) for message in request["messages"])

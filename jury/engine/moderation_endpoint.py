"""Send texts to a moderation route, those that are asked about at the same time in one list."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import orjson

from jury.engine.cleaning import clean_text, read_json
from jury.engine.endpoint import Endpoint
from jury.engine.provider_errors import error_in
from jury.engine.reply import AccessRefused, Declined, Reply, RetryableError, Unavailable, read_usage

MOST_AT_ONCE = 32
"Texts in one list."
SECONDS_TO_GATHER = 0.01


@dataclass(frozen=True)
class Asked:
    """A text to moderate, and what waits for its result."""

    request: dict[str, Any]
    result: "asyncio.Future[Reply]"


class ModerationEndpoint(Endpoint):
    """A client of one moderation route; use it in an `async with` block. All requests differ in their text alone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Prepare to call, as `Endpoint` does."""
        super().__init__(*arguments, **options)
        self.gathered: list[Asked] = []
        self.calls: set[asyncio.Task[None]] = set()
        self.takes_lists = True
        self.in_doubt = 0
        "Lists that were refused, and whose texts are asked about alone."

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for call in self.calls:
            call.cancel()
        await asyncio.gather(*self.calls, return_exceptions=True)
        await super().__aexit__(kind, error, trace)

    async def ask(self, **request: Any) -> Reply:
        """
        Moderate one text, together with those of other tasks.

        :return: its text is a body with one result
        :raises Declined, RetryableError, Unavailable: as `Endpoint.ask` says
        """
        asked = Asked(request, asyncio.get_running_loop().create_future())
        self.gathered.append(asked)
        if len(self.gathered) == 1:
            self.begin(self.send_gathered())
        return await asked.result

    def begin(self, call: Any) -> None:
        """Run a call beside the tasks that wait for it."""
        task = asyncio.create_task(call)
        self.calls.add(task)
        task.add_done_callback(self.calls.discard)

    async def send_gathered(self) -> None:
        """Wait a moment for more texts, and send all there are."""
        await asyncio.sleep(SECONDS_TO_GATHER)
        gathered, self.gathered = self.gathered, []
        most = MOST_AT_ONCE if self.takes_lists and not self.in_doubt else 1
        for at in range(0, len(gathered), most):
            self.begin(self.send(gathered[at : at + most]))

    async def send(self, texts: Sequence[Asked]) -> None:
        """Moderate texts in one call; where it is refused as it is, each alone, for one of them may be the reason."""
        try:
            replies = await self.moderate(texts)
        except asyncio.CancelledError:
            for asked in texts:
                asked.result.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - handed to those that wait
            if len(texts) > 1 and is_about_the_request(error):
                await self.send_alone(texts)
                return
            for asked in texts:
                if not asked.result.done():
                    asked.result.set_exception(error)
            return
        for asked, reply in zip(texts, replies, strict=True):
            if not asked.result.done():
                asked.result.set_result(reply)

    async def send_alone(self, texts: Sequence[Asked]) -> None:
        """
        Moderate each text in a call of its own; if all of them pass, the route takes no lists.

        Until that is known no other list is sent: texts that are asked about meanwhile would be refused in vain.
        """
        self.in_doubt += 1
        await asyncio.gather(*(self.send([asked]) for asked in texts))
        self.in_doubt -= 1
        if not any(asked.result.cancelled() or asked.result.exception() for asked in texts):
            self.takes_lists = False

    async def moderate(self, texts: Sequence[Asked]) -> list[Reply]:
        """
        Return a reply for each text.

        :raises Declined, RetryableError, Unavailable: as `Endpoint.ask` says
        """
        began = time.monotonic()
        inputs = [asked.request["input"] for asked in texts]
        request = texts[0].request | {"input": inputs if len(inputs) > 1 else inputs[0]}
        async with self.call():
            response = await self.client.post("/moderations", content=orjson.dumps(request), cast_to=self.sdk.Response)
            body = read_json(response.content)
        if error := error_in(body, response.headers):
            raise error
        return read_moderations(body, len(texts), time.monotonic() - began)


def is_about_the_request(error: Exception) -> bool:
    """Return whether an error may be due to one text of several, or to their being several."""
    return isinstance(error, Declined | Unavailable) and not isinstance(error, RetryableError | AccessRefused)


def read_moderations(body: Any, count: int, seconds: float) -> list[Reply]:
    """
    Return a reply for each result in a body, with a body of that result alone as its text.

    :param count: how many there must be
    :raises Unavailable: if there are more or fewer, or it is no body of results
    """
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list) or len(results) != count:
        found = f"{len(results)} results" if isinstance(results, list) else "no results"
        raise Unavailable(f"the endpoint's answer has {found} for {count} texts")
    usage = read_usage(body.get("usage")) if count == 1 else {}
    return [
        Reply(
            text=clean_text(orjson.dumps({**body, "results": [result]}).decode()), finish_reason="stop",
            seconds=round(seconds, 3), **usage,
        )
        for result in results
    ]  # fmt: skip

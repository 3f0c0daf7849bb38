"""
Send many questions in one file, answered within a day and mostly at half the price.

Source: the Batch API of OpenAI-compatible endpoints (`/files`, `/batches`): one JSON object a line, in both directions.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jury.engine.cleaning import read_json
from jury.engine.endpoint import Endpoint
from jury.engine.provider_errors import read_reply, status_error, status_in
from jury.engine.reply import Declined, Reply, Unavailable, brief

logger = logging.getLogger(__name__)
KEY = "assize"
"The metadata key that holds the key of a batch."
ENDED = {"completed", "failed", "expired", "cancelled"}
MOST_LISTED = 1_000
SECONDS_A_FILE = 600.0
Result = Reply | Declined | Unavailable


@dataclass(frozen=True)
class SentBatch:
    """A batch, as its endpoint describes it."""

    id: str
    status: str
    asked: int = 0
    answered: int = 0
    files: tuple[str, ...] = ()
    "The results and the errors, once it has ended."
    problem: str = ""
    "Why it was refused as a whole."

    @property
    def has_ended(self) -> bool:
        """Whether no further answers will come."""
        return self.status in ENDED


class BatchEndpoint(Endpoint):
    """
    A client of an endpoint's batches. Every call may raise the same errors.

    :raises RetryableError: if the same call may be answered later
    :raises Unavailable: if the endpoint has no batches, or would not take this one
    """

    async def send(self, requests: Iterable[tuple[str, Mapping[str, Any]]], *, key: str) -> SentBatch:
        """
        Upload questions as one batch.

        :param requests: a name for each, and what `ask` would send
        :param key: finds the batch again if its id was lost
        """
        lines = b"".join(
            orjson.dumps(
                {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for name, body in requests
        )
        async with self.call(SECONDS_A_FILE):
            file = await self.client.files.create(file=(f"{key}.jsonl", lines), purpose="batch", timeout=SECONDS_A_FILE)
            created = await self.client.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={KEY: key},
            )
        return sent_batch(created)

    async def find(self, key: str) -> SentBatch | None:
        """Return the batch that was sent with a key, from the endpoint's latest; None if there is none."""
        async with self.call():
            seen = 0
            async for batch in self.client.batches.list(limit=100):
                if (batch.metadata or {}).get(KEY) == key:
                    return sent_batch(batch)
                seen += 1
                if seen == MOST_LISTED:
                    break
        return None

    async def status(self, name: str) -> SentBatch:
        """Return how far a batch is."""
        async with self.call():
            return sent_batch(await self.client.batches.retrieve(name))

    async def cancel(self, name: str) -> SentBatch:
        """Cancel a batch; what has been answered is kept."""
        async with self.call():
            return sent_batch(await self.client.batches.cancel(name))

    async def results(self, sent: SentBatch) -> AsyncIterator[tuple[str, Result]]:
        """Yield the name of each answered question with its result, in no order; broken lines are skipped."""
        for file in sent.files:
            async with self.call(SECONDS_A_FILE):
                content = await self.client.files.content(file, timeout=SECONDS_A_FILE)
                text = content.content
            for line in text.splitlines():
                if (read := read_result(line)) is not None:
                    yield read
                elif line.strip():
                    logger.warning("a line of the results of batch %s is not one", sent.id)


def sent_batch(batch: Any) -> SentBatch:
    """Return what the SDK's batch object says."""
    counts, errors = batch.request_counts, (batch.errors.data if batch.errors else None) or []
    return SentBatch(
        id=batch.id,
        status=batch.status,
        asked=counts.total if counts else 0,
        answered=counts.completed + counts.failed if counts else 0,
        files=tuple(file for file in (batch.output_file_id, batch.error_file_id) if file),
        problem=brief("; ".join(error.message or error.code or "" for error in errors)),
    )


def read_result(line: bytes) -> tuple[str, Result] | None:
    """Read one line of a batch's results; None if it does not even name its question."""
    try:
        parsed = read_json(line)
        name, answer = str(parsed["custom_id"]), parsed.get("response") or {}
        status, body = answer.get("status_code"), answer.get("body")
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    try:
        return name, read_reply(body, 0.0) if status == 200 else line_error(status, body, parsed.get("error"))
    except (Declined, Unavailable) as error:
        return name, error


def line_error(status: Any, body: Any, error: Any) -> Declined | Unavailable:
    """
    Return what a line without an answer means.

    :param error: why the question was not even asked, where it was not
    """
    number = status if isinstance(status, int) and 400 <= status < 600 else status_in(error or body) or 502
    said = f"the endpoint answered {status or 'nothing'} in a batch"
    return status_error(number, error or body, said=said)

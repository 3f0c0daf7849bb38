"""
Many questions in one file, answered within a day and mostly at half the price.

Source: the Batch API of OpenAI-compatible endpoints (`/files`, `/batches`): one JSON object a line, in both directions.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jury.engine.endpoint import Endpoint
from jury.engine.reply import (
    FILTER_CODES,
    TOO_MANY,
    Declined,
    Reply,
    RetryableError,
    Unavailable,
    brief,
    read_completion,
)

logger = logging.getLogger(__name__)
KEY = "assize"
"Of the metadata, under which a batch remembers what it was sent as."
ENDED = {"completed", "failed", "expired", "cancelled"}
MOST_LISTED = 1_000
SECONDS_A_FILE = 600.0
Result = Reply | Declined | Unavailable


@dataclass(frozen=True)
class Sent:
    """A batch, as its endpoint tells of it."""

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
        return self.status in ENDED


class BatchEndpoint(Endpoint):
    """
    A client of an endpoint's batches. Every call may raise as told.

    :raises RetryableError: if the same call may be answered later
    :raises Unavailable: if the endpoint has no batches, or would not take this one
    """

    async def send(self, requests: Iterable[tuple[str, Mapping[str, Any]]], *, key: str) -> Sent:
        """
        Upload questions and have them answered.

        :param requests: a name for each, and what `ask` would send
        :param key: to find the batch by, should nobody hear of its beginning
        """
        lines = b"".join(
            orjson.dumps(
                {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for name, body in requests
        )
        with self.classify_error(SECONDS_A_FILE):
            file = await self.client.files.create(file=(f"{key}.jsonl", lines), purpose="batch", timeout=SECONDS_A_FILE)
            made = await self.client.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={KEY: key},
            )
        return as_sent(made)

    async def find(self, key: str) -> Sent | None:
        """Look for a batch among the endpoint's latest by what it was sent as."""
        with self.classify_error():
            seen = 0
            async for batch in self.client.batches.list(limit=100):
                if (batch.metadata or {}).get(KEY) == key:
                    return as_sent(batch)
                seen += 1
                if seen == MOST_LISTED:
                    break
        return None

    async def look(self, name: str) -> Sent:
        with self.classify_error():
            return as_sent(await self.client.batches.retrieve(name))

    async def cancel(self, name: str) -> Sent:
        """Have no further question answered; what has been answered is kept."""
        with self.classify_error():
            return as_sent(await self.client.batches.cancel(name))

    async def results(self, sent: Sent) -> AsyncIterator[tuple[str, Result]]:
        """Return the name of each answered question with what came, in no order; what is no line is passed over."""
        for file in sent.files:
            with self.classify_error(SECONDS_A_FILE):
                got = await self.client.files.content(file, timeout=SECONDS_A_FILE)
                text = got.content
            for line in text.splitlines():
                if (read := read_result(line)) is not None:
                    yield read
                elif line.strip():
                    logger.warning("a line of the results of batch %s is not one", sent.id)


def as_sent(batch: Any) -> Sent:
    counts, errors = batch.request_counts, (batch.errors.data if batch.errors else None) or []
    return Sent(
        id=batch.id,
        status=batch.status,
        asked=counts.total if counts else 0,
        answered=counts.completed + counts.failed if counts else 0,
        files=tuple(file for file in (batch.output_file_id, batch.error_file_id) if file),
        problem=brief("; ".join(error.message or error.code or "" for error in errors)),
    )


def read_result(line: bytes) -> tuple[str, Result] | None:
    """Read one line of a batch's results; None if not even its question can be told from it."""
    try:
        told = orjson.loads(line)
        name, answer, error = str(told["custom_id"]), told.get("response") or {}, told.get("error") or {}
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    body = answer.get("body")
    if answer.get("status_code") == 200:
        try:
            return name, read_completion(body, 0.0)
        except Unavailable as broken:
            return name, broken
    error = error or (body.get("error") if isinstance(body, dict) else None) or {}
    code, message = (str(error.get(key) or "") for key in ("code", "message")) if isinstance(error, dict) else ("", "")
    if code in FILTER_CODES:
        return name, Declined(f"filtered by the endpoint ({code})")
    status = answer.get("status_code")
    reason = f"the endpoint answered {status or code or 'nothing'} in a batch: {brief(message)}"
    return name, RetryableError(reason, is_refusal=status in TOO_MANY)

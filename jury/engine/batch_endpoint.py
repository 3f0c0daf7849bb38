"""
Send many questions in one file, answered within a day and mostly at half the price.

Source: the Batch API of OpenAI-compatible endpoints (`/files`, `/batches`): one JSON object a line, in both directions.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any

import orjson

from jury.engine.cleaning import clean_count, clean_text, read_json
from jury.engine.endpoint import Endpoint
from jury.engine.provider_errors import read_reply, status_error, status_in, words_of
from jury.engine.reply import Billing, Declined, Reply, Unavailable, brief

logger = logging.getLogger(__name__)
KEY = "assize"
"The metadata key that holds the key of a batch."
ENDED = {"completed", "failed", "expired", "cancelled"}
MOST_PAGES = 10
"Pages of a hundred batches each, the latest first, in which a batch is looked for."
SECONDS_A_FILE = 600.0
BYTES_A_FILE = 512 * 2**20
LONGEST_ID = 200
GZIP = b"\x1f\x8b"
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
    :raises AccessRefused: if no call of the juror will be answered
    :raises Unavailable: if the endpoint has no batches, or would not take this one
    """

    def __init__(self, *arguments: Any, most_file_bytes: int = BYTES_A_FILE, **options: Any) -> None:
        """
        Prepare to call, as `Endpoint` does.

        :param most_file_bytes: the largest file that is sent or read
        """
        super().__init__(*arguments, **options)
        self.most_file_bytes = most_file_bytes

    async def send(self, requests: Iterable[tuple[str, Mapping[str, Any]]], *, key: str) -> SentBatch:
        """
        Upload questions as one batch.

        :param requests: a name for each, and what `ask` would send
        :param key: finds the batch again if its id was lost
        """
        with TemporaryFile() as file:
            self.write_requests(file, requests)
            async with self.call(SECONDS_A_FILE):
                stored = await self.client.files.with_raw_response.create(
                    file=(f"{key}.jsonl", file), purpose="batch", timeout=SECONDS_A_FILE
                )
        async with self.call():
            created = await self.client.batches.with_raw_response.create(
                input_file_id=sent_file(stored.content),
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={KEY: key},
            )
            return sent_batch(read_json(created.content))

    def write_requests(self, file: IO[bytes], requests: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """
        Write the file of a batch.

        :raises Unavailable: if it is too large
        """
        for name, body in requests:
            line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            if file.tell() > self.most_file_bytes:
                raise Unavailable(
                    f"a batch has more than {self.most_file_bytes:,} bytes (JURY_BATCH_BYTES): lower JURY_BATCH_ITEMS",
                    billing=Billing.NOT_A_CALL,
                )
        file.seek(0)

    async def find(self, key: str) -> SentBatch | None:
        """Return the batch that was sent with a key, from the endpoint's latest; None if there is none."""
        after: dict[str, str] = {}
        async with self.call():
            for _ in range(MOST_PAGES):
                page = await self.client.batches.with_raw_response.list(limit=100, extra_query=after)
                listed = list_in(page_in(read_json(page.content)))
                for batch in listed:
                    if isinstance(metadata := batch.get("metadata"), dict) and metadata.get(KEY) == key:
                        return sent_batch(batch)
                if not listed:
                    break
                after = {"after": str(listed[-1].get("id"))}
        return None

    async def status(self, name: str) -> SentBatch:
        """Return how far a batch is."""
        async with self.call():
            found = await self.client.batches.with_raw_response.retrieve(name)
            return sent_batch(read_json(found.content))

    async def cancel(self, name: str) -> SentBatch:
        """Cancel a batch; what has been answered is kept."""
        async with self.call():
            cancelled = await self.client.batches.with_raw_response.cancel(name)
            return sent_batch(read_json(cancelled.content))

    async def download(self, sent: SentBatch, into: IO[bytes]) -> None:
        """Write the results of a batch into a file, one after the other, and rewind it."""
        rules = self.rules
        client = self.sdk.guarded_client(
            self.base_url, self.client.api_key, seconds=self.seconds, most_bytes=self.most_file_bytes, rules=rules
        )
        async with client:
            for file in sent.files:
                async with (
                    self.call(SECONDS_A_FILE),
                    client.files.with_streaming_response.content(file, timeout=SECONDS_A_FILE) as response,
                ):
                    async for chunk in response.iter_bytes():
                        into.write(chunk)
                into.write(b"\n")
        into.seek(0)


def sent_file(content: bytes) -> str:
    """
    Return the id of an uploaded file.

    :raises Unavailable: if the endpoint did not say it
    """
    try:
        return clean_text(read_json(content)["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("the endpoint's answer to an upload is not a file") from error


def page_in(page: Any) -> Any:
    """
    Return a page of batches.

    :raises ValueError: if it is none: that says nothing of a batch that may have been sent
    """
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        raise ValueError(f"it is not a list of batches: {brief(str(page))[:100]}")
    return page


def list_in(page: Any) -> list[dict[str, Any]]:
    """Return the objects in a page of a list; none if it is no such page."""
    listed = page.get("data") if isinstance(page, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def sent_batch(batch: Any) -> SentBatch:
    """
    Return what the JSON of a batch says.

    :raises ValueError: if it is not that of a batch
    """
    if not isinstance(batch, dict) or not isinstance(name := batch.get("id"), str) or not 0 < len(name) <= LONGEST_ID:
        raise ValueError(f"it is not a batch: {brief(str(batch))[:100]}")
    counts = batch["request_counts"] if isinstance(batch.get("request_counts"), dict) else {}
    answered = clean_count(counts.get("completed")) + clean_count(counts.get("failed"))
    files = (batch.get("output_file_id"), batch.get("error_file_id"))
    return SentBatch(
        id=name,
        status=str(batch.get("status")),
        asked=clean_count(counts.get("total")),
        answered=clean_count(answered),
        files=tuple(file for file in files if isinstance(file, str) and file),
        problem=brief(words_of(list_in(batch.get("errors")) or batch.get("errors"))),
    )


def read_results(file: IO[bytes], most_bytes: int) -> Iterator[tuple[str, Result]]:
    """
    Yield the name of each answered question with its result, in no order; broken lines are skipped.

    :param most_bytes: the longest line that is read
    :raises Unavailable: if the file is compressed
    """
    if file.read(2) == GZIP:
        raise Unavailable("the file of results is compressed, which was not asked for")
    file.seek(0)
    while line := file.readline(most_bytes + 1):
        is_whole = len(line) <= most_bytes or line.endswith(b"\n")
        if is_whole and (read := read_result(line)) is not None:
            yield read
        elif line.strip():
            logger.warning("a line of the results of a batch is %s", "not one" if is_whole else "too long")
        while not line.endswith(b"\n") and (line := file.readline(most_bytes + 1)):
            pass  # the rest of a line that is too long


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

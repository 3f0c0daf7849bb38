"""
Serve a small guard as an OpenAI-compatible endpoint, so that it is asked like any other model.

It answers chat completions in the form of NemoGuard, whatever prompt asks: it judges the dialogue between the markers
of that prompt or, where there are none, the messages themselves as turns.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from waitress.server import create_server

from corpus.labels import Field
from corpus.shapes import TurnShape
from corpus.turns import ROLES
from guards.training.small_guard import SmallGuard
from jury.engine.forms.nemoguard import KEYS

MOST_BYTES = 8 * 2**20
DIALOGUE = re.compile(r"<BEGIN CONVERSATION>\n(.*?)\n<END CONVERSATION>", re.DOTALL)
TURN = re.compile(r"^(?:response: )?(user|agent|system|tool): ", re.MULTILINE)
StartResponse = Callable[[str, list[tuple[str, str]]], object]


HOST = "127.0.0.1"
SECONDS_TO_STOP = 10


class BadRequest(ValueError):
    """The request is no chat completion with something to judge."""


class GuardApplication:
    """A WSGI application that answers `POST /v1/chat/completions`, `GET /v1/models` and `GET /health`."""

    def __init__(self, guard: SmallGuard, name: str) -> None:
        self.guard, self.name = guard, name

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        status, body = self.answer(environ)
        content = orjson.dumps(body)
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [content]

    def answer(self, environ: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the status line and the body of the answer to a request."""
        route = (environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if route == ("GET", "/health"):
            return "200 OK", {"status": "ok"}
        if route == ("GET", "/v1/models"):
            return "200 OK", {"object": "list", "data": [{"id": self.name, "object": "model"}]}
        if route != ("POST", "/v1/chat/completions"):
            return "404 Not Found", error("There is POST /v1/chat/completions and GET /v1/models.")
        try:
            return "200 OK", self.completion(read_body(environ))
        except BadRequest as problem:
            return "400 Bad Request", error(str(problem))

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        """
        Return the chat completion that a request is answered with.

        :raises BadRequest: if there is nothing to judge
        """
        turns = turns_of(body.get("messages"))
        said = self.guard.judge(turns)
        if not said:
            raise BadRequest(f"{self.name} judges responses alone, and the last message is not the assistant's.")
        words = sum(len(turn["text"].split()) for turn in turns)
        reply = orjson.dumps({KEYS[field]: label for field, (label, _) in said.items()}).decode()
        message = {"role": "assistant", "content": reply}
        return {
            "id": f"guard-{time.time_ns()}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self.name,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": words, "completion_tokens": 4, "total_tokens": words + 4},
            "probabilities": {Field(field).part: round(chance, 6) for field, (_, chance) in said.items()},
        }


def server_of(guard: SmallGuard, name: str, port: int) -> Any:
    """
    Return a server of a guard on the loopback address, which is listening and not yet running.

    :param port: 0 for any that is free
    :raises OSError: if it cannot be used
    """
    # Calls that wait for one of the threads are what limits are for, and no fault.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return create_server(GuardApplication(guard, name), host=HOST, port=port, threads=2)


def base_url_of(server: Any) -> str:
    """Return the base URL at which a server of `server_of` is asked."""
    return f"http://{HOST}:{server.effective_port}/v1"


@contextmanager
def served(guard: SmallGuard, name: str) -> Iterator[str]:
    """Serve a guard within this process while the block runs; yield its base URL."""
    server = server_of(guard, name, port=0)
    thread = threading.Thread(target=server.run, name=f"guard {name}", daemon=True)
    thread.start()
    try:
        yield base_url_of(server)
    finally:
        server.close()
        thread.join(SECONDS_TO_STOP)


def error(message: str) -> dict[str, Any]:
    """Return a body that says what is wrong, as OpenAI's does."""
    return {"error": {"message": message, "type": "invalid_request_error"}}


def read_body(environ: dict[str, Any]) -> dict[str, Any]:
    """
    Return the JSON object that a request carries.

    :raises BadRequest: if it carries none, or more than MOST_BYTES
    """
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MOST_BYTES:
        raise BadRequest(f"The request is longer than {MOST_BYTES:,} bytes.")
    try:
        body = orjson.loads(environ["wsgi.input"].read(length))
    except orjson.JSONDecodeError as problem:
        raise BadRequest(f"The request is not JSON: {problem}.") from problem
    if not isinstance(body, dict):
        raise BadRequest("The request is not a JSON object.")
    return body


def turns_of(messages: Any) -> list[TurnShape]:
    """
    Return the dialogue to judge: the one that a prompt frames, or the messages themselves.

    :raises BadRequest: if there is none
    """
    if not isinstance(messages, list) or not messages:
        raise BadRequest("There are no messages.")
    turns = [turn_of(message) for message in messages]
    if all(turn["role"] in ("system", "tool") for turn in turns):
        raise BadRequest("Neither the user nor the assistant says anything in the messages.")
    framed = DIALOGUE.search(turns[-1]["text"]) if turns[-1]["role"] == "user" else None
    return framed_turns(framed[1]) if framed else turns


def turn_of(message: Any) -> TurnShape:
    """
    Return the turn of a message.

    :raises BadRequest: if it has no role and text
    """
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise BadRequest(f"A message has no role that is one of {', '.join(ROLES)}.")
    text = message.get("content")
    if isinstance(text, list):
        text = "".join(part.get("text") or "" for part in text if isinstance(part, dict))
    if not isinstance(text, str):
        raise BadRequest("A message has no text.")
    return {"role": message["role"], "text": text}


def framed_turns(dialogue: str) -> list[TurnShape]:
    """Return the turns of a dialogue as guards are shown it: a line each, further lines indented."""
    found = list(TURN.finditer(dialogue))
    ends: Sequence[int] = [*(each.start() for each in found[1:]), len(dialogue)]
    roles = {"user": "user", "agent": "assistant", "system": "system", "tool": "tool"}
    turns: list[TurnShape] = [
        {"role": roles[each[1]], "text": dialogue[each.end() : end].rstrip("\n").replace("\n  ", "\n")}
        for each, end in zip(found, ends, strict=True)
    ]
    if not turns:
        raise BadRequest("There is no dialogue between the markers.")
    return turns

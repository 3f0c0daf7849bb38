"""
Serve a deterministic stub of an OpenAI-compatible endpoint, for tests and benchmarks.

    python -m bench.stub_server [--host ADDRESS] [--port N] [--delay SECONDS] [--rpm N]

The true label of a dialogue is a hash of its text, and each model errs on its own share of the dialogues,
so that jurors disagree reproducibly. The name of the model selects the behaviour:

    stub-0.9            errs on one dialogue in ten
    stub-0.9:prose      fails on every SHARE-th dialogue in that way, which is one of
                        prose, badjson, unknown, refusal, filter, length, huge, error, teapot
    stub-0.9:busy       answers every dialogue with 429 and a Retry-After the first time
    stub-0.9:cut        cuts the connection the first time
    stub-0.9:hang       does not answer for a minute the first time
    stub-0.9:mixed      fails in any of these ways or not at all, by the model and the first line of the dialogue
    stub-0.9:metered    counts a quarter of the characters of a prompt as its tokens, not always 200
    stub-0.9:steady     judges by the first line of the dialogue alone
    stub-0.9:gullible   the same, but says safe if the dialogue claims to be approved
    stub-1.0:even       says unsafe of dialogues whose first line ends with a question mark, and of no others
    stub-0.9:sure       gives logprobs where it is asked for them, by which it is sure of its verdicts to some degree
    stub-1.0:biased     the same, but also of those whose first line names Sikhs

A model with any other name writes the next turn of the dialogue; if the prompt asks it to decline, it does, unless
its name is comply. A batch completes after it is retrieved once, with the same replies as single calls. The batch of
a model that ends in :invalid is refused, in :expire half of it expires, in :never it never completes, in :garbled one
reply is no JSON and another has an unknown id. Prompts in the form of NemoGuard or Llama Guard get replies in that
form. With --rpm the server accepts at most that many calls in any minute and a tenth of them in any six seconds, and
refuses the others with 429. GET /calls returns the number of `calls` that were answered, how many of them an endpoint
would have `charged`, and how many were `refused`.
"""

import argparse
import asyncio
import hashlib
import json
import math
import re
import time
from collections import deque
from typing import Any

from aiohttp import web

SHARE = 4
FIRST_TIME = ("busy", "cut", "hang")
EVERY_TIME = ("prose", "badjson", "unknown", "refusal", "filter", "length", "huge", "error", "teapot")
MIXED_SHARE = 0.6
"Share of the dialogues on which `mixed` fails."
WELL_BEHAVED = (
    *("metered", "steady", "gullible", "even", "biased", "sure", "invalid", "expire", "never", "garbled"),
    *FIRST_TIME,
)
HUGE = 2 * 2**20
TOKENS = {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220}


def chance(*parts: str) -> float:
    """Return a number from 0 to 1, a hash of the parts."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56


def verdict(model: str, dialogue: str, keys: list[str]) -> dict[str, Any]:
    """Return a value for each key of the response schema."""
    accuracy = float(model.split(":")[0].removeprefix("stub-"))
    answer: dict[str, Any] = {}
    for key in keys:
        is_unsafe = chance("truth", key, dialogue) < 0.45
        if chance(model, key, dialogue) >= accuracy:
            is_unsafe = not is_unsafe
        if key.endswith("label"):
            answer[key] = "unsafe" if is_unsafe else "safe"
    if "categories" in keys:
        answer["categories"] = ["violence"] if "unsafe" in answer.values() else []
        answer["other_text"] = ""
    return answer


def next_turn(model: str, messages: list[dict[str, str]]) -> str:
    """Return the text of a generator."""
    if "Decline" in messages[0]["content"] and model != "comply":
        return "I will not help with that, but I can tell you something else."
    return f"That is all there is to say about: {messages[-1]['content'][:60]}"


def metered_usage(messages: list[dict[str, str]]) -> dict[str, int]:
    """Return the usage of a call whose prompt has a token for every four characters."""
    prompt = sum(len(message["content"]) for message in messages) // 4
    return {"prompt_tokens": prompt, "completion_tokens": 20, "total_tokens": prompt + 20}


def first_line(prompt: str) -> str:
    """Return the first line of the dialogue in a prompt."""
    lines = [line for line in prompt.splitlines() if not line.startswith("---")]
    if "<BEGIN CONVERSATION>" in lines:
        return lines[lines.index("<BEGIN CONVERSATION>") + 1]
    return lines[0]


def mixed_failure(model: str, dialogue: str) -> str:
    """Return how `mixed` fails on a dialogue, by its first line; empty if it does not."""
    drawn = chance("mixed", model, dialogue) / MIXED_SHARE
    ways = FIRST_TIME + EVERY_TIME
    return ways[int(drawn * len(ways))] if drawn < 1 else ""


def reply_text(prompt: str, model: str, dialogue: str, schema: dict[str, Any]) -> str:
    """Return the text of a reply in the form that the prompt asks for."""
    if '"User Safety"' in prompt:
        labels = verdict(model, dialogue, ["prompt_label", "response_label"])
        answer = {"User Safety": labels["prompt_label"], "Response Safety ": labels["response_label"]}
        return json.dumps(answer | ({"Safety Categories": "Violence"} if "unsafe" in answer.values() else {}))
    if "'safe' or 'unsafe'" in prompt:
        return "\n".join(["unsafe", "S1"] if "unsafe" in verdict(model, dialogue, ["label"]).values() else ["safe"])
    return json.dumps(verdict(model, dialogue, list(schema.get("properties", {"prompt_label": {}}))))


def judged_alike(text: str, label: str) -> str:
    """Return a reply in JSON with one label for all that it labels, and a category if that is unsafe."""
    answer = json.loads(text)
    answer = {key: label for key in answer if key.casefold().strip().endswith(("safety", "label"))}
    return json.dumps(answer | ({"Safety Categories": "Violence"} if label == "unsafe" else {}))


def logprobs_of(text: str, model: str) -> dict[str, Any]:
    """Return the tokens of a reply, where each verdict has its opposite as the second candidate."""
    content = []
    for at, token in enumerate(re.findall(r"\w+|\W", text)):
        opposite = {"safe": "unsafe", "unsafe": "safe"}.get(token)
        share = 0.5 + chance("sure", model, text, str(at)) / 2.001 if opposite else 1.0
        candidates = [(token, share), (opposite, 1 - share)] if opposite else [(token, share)]
        top = [{"token": each, "logprob": math.log(chance_of), "bytes": None} for each, chance_of in candidates]
        content.append({**top[0], "top_logprobs": top})
    return {"content": content}


def failed_choice(way: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the message and finish reason of a reply that fails in the given way."""
    texts = {
        "prose": "I think that this is safe.",
        "badjson": json.dumps(answer)[:-3],
        "unknown": json.dumps(dict.fromkeys(answer, "harmless")),
        "length": json.dumps(answer)[:10],
        "filter": "",
        "huge": "I think. " * (HUGE // 9),
    }
    finish = {"length": "length", "filter": "content_filter"}.get(way, "stop")
    if way == "refusal":
        return {
            "message": {"role": "assistant", "content": None, "refusal": "I will not judge this."},
            "finish_reason": "stop",
        }
    return {"message": {"role": "assistant", "content": texts[way]}, "finish_reason": finish}


class ChatEndpoint:
    """Chat completions, with a rate limit and counts of the calls."""

    def __init__(self, delay: float, rpm: int = 0) -> None:
        self.delay, self.rpm = delay, rpm
        self.calls = self.charged = self.refused = 0
        self.seen: set[tuple[str, str]] = set()
        self.answered_at: deque[float] = deque()

    def exceeds_rate(self) -> bool:
        """Return whether another call exceeds the rate, if there is one; record the call if it does not."""
        if not self.rpm:
            return False
        now = time.monotonic()
        while self.answered_at and self.answered_at[0] <= now - 60:
            self.answered_at.popleft()
        recent = sum(1 for at in self.answered_at if at > now - 6)
        if len(self.answered_at) >= self.rpm or recent >= self.rpm / 10:
            return True
        self.answered_at.append(now)
        return False

    def refuse(self, after: str) -> web.Response:
        """Return a 429 response that allows the next try after so many seconds."""
        self.refused += 1
        return web.json_response({"error": {"message": "too much!"}}, status=429, headers={"Retry-After": after})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer a call for a chat completion."""
        body = await request.json()
        model, prompt = body["model"], body["messages"][-1]["content"]
        way = model.partition(":")[2]
        call = (model, prompt)
        is_always = way == "mixed"
        if is_always:
            way = mixed_failure(model, first_line(prompt))
        if self.exceeds_rate():
            return self.refuse("1")
        if way in FIRST_TIME and call not in self.seen:
            self.seen.add(call)
            if way == "busy":
                return self.refuse("0.2")
            if way == "hang":
                await asyncio.sleep(60)
            if request.transport:  # None if the client has closed the connection
                request.transport.abort()
            raise web.HTTPServiceUnavailable
        await asyncio.sleep(self.delay)
        status, reply = self.reply(body, way, is_always=is_always)
        return web.json_response(reply, status=status)

    def reply(self, body: dict[str, Any], way: str, *, is_always: bool) -> tuple[int, dict[str, Any]]:
        """Return the status and the body of the response to a call."""
        model, prompt = body["model"], body["messages"][-1]["content"]
        self.calls += 1
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        dialogue = first_line(prompt) if way in ("steady", "gullible") else prompt
        if model.startswith("stub-"):
            text = reply_text(prompt, model, dialogue, schema)
        else:
            text = next_turn(model, body["messages"])
        if way in ("even", "biased"):
            line = first_line(prompt)
            is_unsafe = line.endswith("?") or (way == "biased" and "Sikh" in line)
            text = judged_alike(text, "unsafe" if is_unsafe else "safe")
        if way == "gullible" and "is approved" in prompt:
            text = text.replace("unsafe", "safe").replace('["violence"]', "[]")
        if way and way not in WELL_BEHAVED and (is_always or chance("way", dialogue) < 1 / SHARE):
            if way in ("error", "teapot"):
                return 418 if way == "teapot" else 500, {"error": {"message": f"{way}!"}}
            choice = failed_choice(way, json.loads(text))
        else:
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        if way == "sure" and body.get("logprobs"):
            choice["logprobs"] = logprobs_of(choice["message"]["content"], model)
        self.charged += 1
        return 200, {
            "id": "stub",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [{"index": 0, **choice}],
            "usage": metered_usage(body["messages"]) if way == "metered" else TOKENS,
        }

    async def count(self, _request: web.Request) -> web.Response:
        """Return the counts of calls."""
        return web.json_response({"calls": self.calls, "charged": self.charged, "refused": self.refused})


class Batches:
    """The batch API: files of requests and their results."""

    def __init__(self, chat: ChatEndpoint) -> None:
        self.chat = chat
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}

    def store(self, content: bytes) -> str:
        """Store a file; return its id."""
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    async def upload(self, request: web.Request) -> web.Response:
        """Store an uploaded file."""
        form = await request.post()
        content: Any = form["file"]
        name = self.store(content.file.read())
        stored = {"id": name, "object": "file", "bytes": 0, "created_at": 0, "filename": name, "purpose": "batch"}
        return web.json_response(stored | {"status": "processed"})

    async def create(self, request: web.Request) -> web.Response:
        """Create a batch from an uploaded file."""
        body = await request.json()
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {
            "id": name, "object": "batch", "endpoint": body["endpoint"], "input_file_id": body["input_file_id"],
            "completion_window": "24h", "status": "in_progress", "created_at": 0, "metadata": body.get("metadata"),
            "request_counts": {"total": len(self.lines_of(body["input_file_id"])), "completed": 0, "failed": 0},
        }  # fmt: skip
        return web.json_response(self.batches[name])

    def lines_of(self, file: str) -> list[dict[str, Any]]:
        """Return the parsed lines of a file."""
        return [json.loads(line) for line in self.files[file].splitlines()]

    async def retrieve(self, request: web.Request) -> web.Response:
        """Return a batch as it was, then complete it."""
        batch = self.batches.get(request.match_info["name"])
        if batch is None:
            return web.json_response({"error": {"message": "no such batch"}}, status=404)
        response = web.json_response(batch)
        lines = self.lines_of(batch["input_file_id"])
        if batch["status"] == "in_progress" and not lines[0]["body"]["model"].endswith(":never"):
            self.finish(batch, lines)
        return response

    def finish(self, batch: dict[str, Any], lines: list[dict[str, Any]]) -> None:
        """Answer the requests of a batch in the way that its model selects."""
        way = lines[0]["body"]["model"].partition(":")[2]
        if way == "invalid":
            batch |= {"status": "failed", "errors": {"object": "list", "data": [{"message": "no such model"}]}}
            return
        good, bad = [], []
        for line in lines[: len(lines) // 2] if way == "expire" else lines:
            status, body = self.chat.reply(line["body"], way, is_always=False)
            result = {"id": "x", "custom_id": line["custom_id"], "error": None}
            (good if status == 200 else bad).append(result | {"response": {"status_code": status, "body": body}})
        if way == "expire":
            expired = {"response": None, "error": {"code": "batch_expired", "message": "ran out of time"}}
            bad += [{"id": "x", "custom_id": line["custom_id"], **expired} for line in lines[len(lines) // 2 + 1 :]]
        output = [json.dumps(each).encode() for each in reversed(good)]
        if way == "garbled":
            output[:2] = [b'{"custom_id": ', output[1].replace(b'"custom_id": "', b'"custom_id": "x')]
        batch |= {
            "status": "expired" if way == "expire" else "completed",
            "output_file_id": self.store(b"\n".join(output)),
            "error_file_id": self.store(b"\n".join(json.dumps(each).encode() for each in bad)) if bad else None,
            "request_counts": {"total": len(lines), "completed": len(good), "failed": len(bad)},
        }

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel a batch."""
        batch = self.batches[request.match_info["name"]]
        batch["status"] = "cancelled"
        return web.json_response(batch)

    async def list_batches(self, _request: web.Request) -> web.Response:
        """Return all batches, newest first."""
        batches = list(reversed(self.batches.values()))
        return web.json_response({"object": "list", "data": batches, "has_more": False})

    async def content(self, request: web.Request) -> web.Response:
        """Return the content of a file."""
        return web.Response(body=self.files[request.match_info["name"]])

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the batch API."""
        return [
            web.post("/v1/files", self.upload), web.get("/v1/files/{name}/content", self.content),
            web.post("/v1/batches", self.create), web.get("/v1/batches", self.list_batches),
            web.get("/v1/batches/{name}", self.retrieve), web.post("/v1/batches/{name}/cancel", self.cancel),
        ]  # fmt: skip


async def serve(host: str, port: int, delay: float, rpm: int) -> None:
    """Serve until killed; print the port once it is open."""
    chat = ChatEndpoint(delay, rpm)
    app = web.Application(client_max_size=64 * 2**20)
    app.add_routes([web.post("/v1/chat/completions", chat.complete), web.get("/calls", chat.count)])
    app.add_routes(Batches(chat).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--delay", type=float, default=0.0)
    arguments.add_argument("--rpm", type=int, default=0)
    chosen = arguments.parse_args()
    asyncio.run(serve(chosen.host, chosen.port, chosen.delay, chosen.rpm))

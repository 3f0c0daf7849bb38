"""
An OpenAI-compatible server that answers at once and always the same, for tests and benches.

    python -m bench.stub_server [--port N] [--delay SECONDS] [--rpm N]

The label of a dialogue comes from a hash of its text, and each model errs on its own share
of them, so that jurors disagree in a way that repeats. The name of the model asks for more:

    stub-0.9            errs on one dialogue in ten
    stub-0.9:prose      answers every SHARE-th dialogue in that way instead, where the way is one of
                        prose, badjson, unknown, refusal, filter, length, huge, error, teapot
    stub-0.9:busy       answers every dialogue with 429 and a Retry-After the first time
    stub-0.9:cut        cuts the connection the first time
    stub-0.9:hang       says nothing for a minute the first time
    stub-0.9:mixed      does one of all this, or the right thing, by the model and the first line of the dialogue
    stub-0.9:metered    counts the tokens of a question as a quarter of its characters, not as 200
    stub-0.9:steady     judges by the first line of the dialogue alone, whatever is added to it
    stub-0.9:gullible   the same, but calls safe whatever says that it is approved

A model of any other name writes the next turn of the dialogue; asked to decline it does, unless it is called comply.
Batches are answered at the second look, each question as it would be by itself; a model called so that it ends
in :invalid has its batch refused, in :expire half of it runs out of time, in :never it never ends, in :garbled
one answer comes as no JSON and another under a name that nobody gave.
Questions in the form of NemoGuard or of Llama Guard are answered in that form. With --rpm no more than
so many questions are answered in any minute, and no more than a tenth of a minute's in any six seconds;
the others are refused with 429. GET /calls tells how many questions were
answered, how many of them with what an endpoint would charge for, and how many were refused.
"""

import argparse
import asyncio
import hashlib
import json
import time
from collections import deque
from typing import Any

from aiohttp import web

SHARE = 4
FIRST_TIME = ("busy", "cut", "hang")
EVERY_TIME = ("prose", "badjson", "unknown", "refusal", "filter", "length", "huge", "error", "teapot")
MIXED_SHARE = 0.6
"Of the dialogues that `mixed` does something wrong with."
WELL_BEHAVED = ("metered", "steady", "gullible", "invalid", "expire", "never", "garbled", *FIRST_TIME)
HUGE = 2 * 2**20
TOKENS = {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220}


def chance(*parts: str) -> float:
    """Return a number from 0 to 1 that depends on the parts alone."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56


def verdict(model: str, dialogue: str, keys: list[str]) -> dict[str, Any]:
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
    """Write what a generator would."""
    if "Decline" in messages[0]["content"] and model != "comply":
        return "I will not help with that, but I can tell you something else."
    return f"That is all there is to say about: {messages[-1]['content'][:60]}"


def metered(messages: list[dict[str, str]]) -> dict[str, int]:
    asked = sum(len(message["content"]) for message in messages) // 4
    return {"prompt_tokens": asked, "completion_tokens": 20, "total_tokens": asked + 20}


def first_line(question: str) -> str:
    lines = [line for line in question.splitlines() if not line.startswith("---")]
    if "<BEGIN CONVERSATION>" in lines:
        return lines[lines.index("<BEGIN CONVERSATION>") + 1]
    return lines[0]


def way_with(model: str, dialogue: str) -> str:
    """Return what `mixed` does with a dialogue, by its first line; empty where that is the right thing."""
    drawn = chance("mixed", model, dialogue) / MIXED_SHARE
    ways = FIRST_TIME + EVERY_TIME
    return ways[int(drawn * len(ways))] if drawn < 1 else ""


def in_its_form(question: str, model: str, dialogue: str, schema: dict[str, Any]) -> str:
    """Return the text of an answer in the form that the question asks for."""
    if '"User Safety"' in question:
        said = verdict(model, dialogue, ["prompt_label", "response_label"])
        answer = {"User Safety": said["prompt_label"], "Response Safety ": said["response_label"]}
        return json.dumps(answer | ({"Safety Categories": "Violence"} if "unsafe" in answer.values() else {}))
    if "'safe' or 'unsafe'" in question:
        return "\n".join(["unsafe", "S1"] if "unsafe" in verdict(model, dialogue, ["label"]).values() else ["safe"])
    return json.dumps(verdict(model, dialogue, list(schema.get("properties", {"prompt_label": {}}))))


def misbehave(way: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the message and finish reason of an answer that is wrong in one way."""
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


class Stub:
    def __init__(self, delay: float, rpm: int = 0) -> None:
        self.delay, self.rpm = delay, rpm
        self.calls = self.charged = self.refused = 0
        self.seen: set[tuple[str, str]] = set()
        self.answered_at: deque[float] = deque()

    def is_too_much(self) -> bool:
        now = time.monotonic()
        while self.answered_at and self.answered_at[0] <= now - 60:
            self.answered_at.popleft()
        lately = sum(1 for at in self.answered_at if at > now - 6)
        if self.rpm and (len(self.answered_at) >= self.rpm or lately >= self.rpm / 10):
            return True
        self.answered_at.append(now)
        return False

    def refuse(self, after: str) -> web.Response:
        self.refused += 1
        return web.json_response({"error": {"message": "too much!"}}, status=429, headers={"Retry-After": after})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        model, question = asked["model"], asked["messages"][-1]["content"]
        way = model.partition(":")[2]
        this = (model, question)
        is_always = way == "mixed"
        if is_always:
            way = way_with(model, first_line(question))
        if self.is_too_much():
            return self.refuse("1")
        if way in FIRST_TIME and this not in self.seen:
            self.seen.add(this)
            if way == "busy":
                return self.refuse("0.2")
            if way == "hang":
                await asyncio.sleep(60)
            if request.transport:  # else the client has gone by itself
                request.transport.abort()
            raise web.HTTPServiceUnavailable
        await asyncio.sleep(self.delay)
        status, body = self.answer(asked, way, is_always=is_always)
        return web.json_response(body, status=status)

    def answer(self, asked: dict[str, Any], way: str, *, is_always: bool) -> tuple[int, dict[str, Any]]:
        """Return the status and the body of an answer to a question."""
        model, question = asked["model"], asked["messages"][-1]["content"]
        self.calls += 1
        schema = asked.get("response_format", {}).get("json_schema", {}).get("schema", {})
        dialogue = first_line(question) if way in ("steady", "gullible") else question
        if model.startswith("stub-"):
            text = in_its_form(question, model, dialogue, schema)
        else:
            text = next_turn(model, asked["messages"])
        if way == "gullible" and "is approved" in question:
            text = text.replace("unsafe", "safe").replace('["violence"]', "[]")
        if way and way not in WELL_BEHAVED and (is_always or chance("way", dialogue) < 1 / SHARE):
            if way in ("error", "teapot"):
                return 418 if way == "teapot" else 500, {"error": {"message": f"{way}!"}}
            choice = misbehave(way, json.loads(text))
        else:
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        self.charged += 1
        return 200, {
            "id": "stub",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [{"index": 0, **choice}],
            "usage": metered(asked["messages"]) if way == "metered" else TOKENS,
        }

    async def count(self, _request: web.Request) -> web.Response:
        return web.json_response({"calls": self.calls, "charged": self.charged, "refused": self.refused})


class Batches:
    """Files of questions, and what became of them."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}

    def keep(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        content: Any = form["file"]
        name = self.keep(content.file.read())
        told = {"id": name, "object": "file", "bytes": 0, "created_at": 0, "filename": name, "purpose": "batch"}
        return web.json_response(told | {"status": "processed"})

    async def create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {
            "id": name, "object": "batch", "endpoint": asked["endpoint"], "input_file_id": asked["input_file_id"],
            "completion_window": "24h", "status": "in_progress", "created_at": 0, "metadata": asked.get("metadata"),
            "request_counts": {"total": len(self.lines_of(asked["input_file_id"])), "completed": 0, "failed": 0},
        }  # fmt: skip
        return web.json_response(self.batches[name])

    def lines_of(self, file: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[file].splitlines()]

    async def look(self, request: web.Request) -> web.Response:
        batch = self.batches.get(request.match_info["name"])
        if batch is None:
            return web.json_response({"error": {"message": "no such batch"}}, status=404)
        answer = web.json_response(batch)
        lines = self.lines_of(batch["input_file_id"])
        if batch["status"] == "in_progress" and not lines[0]["body"]["model"].endswith(":never"):
            self.finish(batch, lines)
        return answer

    def finish(self, batch: dict[str, Any], lines: list[dict[str, Any]]) -> None:
        way = lines[0]["body"]["model"].partition(":")[2]
        if way == "invalid":
            batch |= {"status": "failed", "errors": {"object": "list", "data": [{"message": "no such model"}]}}
            return
        good, bad = [], []
        for line in lines[: len(lines) // 2] if way == "expire" else lines:
            status, body = self.stub.answer(line["body"], way, is_always=False)
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
            "output_file_id": self.keep(b"\n".join(output)),
            "error_file_id": self.keep(b"\n".join(json.dumps(each).encode() for each in bad)) if bad else None,
            "request_counts": {"total": len(lines), "completed": len(good), "failed": len(bad)},
        }

    async def cancel(self, request: web.Request) -> web.Response:
        batch = self.batches[request.match_info["name"]]
        batch["status"] = "cancelled"
        return web.json_response(batch)

    async def every(self, _request: web.Request) -> web.Response:
        found = list(reversed(self.batches.values()))
        return web.json_response({"object": "list", "data": found, "has_more": False})

    async def content(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["name"]])

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/files", self.upload), web.get("/v1/files/{name}/content", self.content),
            web.post("/v1/batches", self.create), web.get("/v1/batches", self.every),
            web.get("/v1/batches/{name}", self.look), web.post("/v1/batches/{name}/cancel", self.cancel),
        ]  # fmt: skip


async def serve(port: int, delay: float, rpm: int) -> None:
    stub = Stub(delay, rpm)
    app = web.Application(client_max_size=64 * 2**20)
    app.add_routes([web.post("/v1/chat/completions", stub.complete), web.get("/calls", stub.count)])
    app.add_routes(Batches(stub).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--delay", type=float, default=0.0)
    arguments.add_argument("--rpm", type=int, default=0)
    chosen = arguments.parse_args()
    asyncio.run(serve(chosen.port, chosen.delay, chosen.rpm))

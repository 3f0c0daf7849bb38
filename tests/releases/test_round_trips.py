"""Dialogues leave in the messages form as they came in, whatever form they came in and wherever they lay meanwhile."""

import json
import random

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.consumers.inspect_ai import sample_of
from releases.consumers.messages import lines
from releases.consumers.nemo_guardrails import input_of
from releases.consumers.source import whole_turns
from releases.consumers.target import Target
from releases.parquet import dataset_schema, parquet_blocks
from tests.corpus.test_forms import read
from tests.corpus.test_tool_turns import CONVERSATIONS, WORDS
from tests.factories import command, import_dialogues, import_votes, make_project, opinion

ROW = {
    "id": "a", "item": "a", "prompt": "x", "response": None, "prompt_label": "safe", "response_label": None,
    "violated_categories": "",
}  # fmt: skip
SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}
TRACES = 1_000


def said(role, text):
    return {"role": role, "content": text}


PLAIN = st.lists(WORDS, min_size=1, max_size=6).map(
    lambda texts: [said(("user", "assistant")[at % 2], text.strip()) for at, text in enumerate(texts)]
)
"Texts of user and assistant in turn, as the forms of chats have them."
ANSWERED = PLAIN.filter(lambda messages: len(messages) % 2 == 0)


def transcript(messages):
    names = {"user": "Human", "assistant": "Assistant"}
    return "".join(f"\n\n{names[each['role']]}: {each['content']}" for each in messages)


def in_sharegpt(messages):
    return {"id": "a", "conversations": [{"from": SPEAKERS[m["role"]], "value": m["content"]} for m in messages]}


def in_phoenix(messages):
    *asked, answer = ({f"message.{key}": value for key, value in each.items()} for each in messages)
    attributes = {"llm.input_messages": asked, "llm.output_messages": [answer]}
    return {"id": "a", "span_kind": "LLM", "context": {"trace_id": "t", "span_id": "s"}, "attributes": attributes}


IN_FORMS = {
    "sharegpt": in_sharegpt,
    "anthropic-hh": lambda messages: {"id": "a", "chosen": transcript(messages), "rejected": transcript(messages)},
    "wildchat": lambda messages: {"conversation_hash": "a", "toxic": False, "conversation": messages},
    "lmsys": lambda messages: {"conversation_id": "a", "conversation": messages},
}
"A conversation of texts in the forms of chats."
ANNOTATED = {
    "label-studio": lambda messages: {"id": 1, "data": {"messages": messages}, "annotations": []},
    "label-studio-min": lambda messages: {
        "id": 1, "messages": messages, "annotator": 1, "annotation_id": 2, "lead_time": 3.5,
    },
    "argilla": lambda messages: {"id": "a", "fields": {"chat": messages}, "responses": {}},
}  # fmt: skip
"A conversation of any kind in the exports of annotation tools, which hold OpenAI's messages."
TEXTS = {
    "doccano": lambda text: {"id": 1, "text": text, "label": ["safe"]},
    "aegis1": lambda text: {"id": "a", "text": text, "text_type": "user_message", "labels_0": "Safe"},
}
"A text in the forms that know no turns."


def exported(turns):
    """Return the messages that leave, of turns as the database has them; directly, and from a release's Parquet."""
    stored = json.loads(json.dumps(turns, sort_keys=True))
    row = ROW | {"turns": stored}
    schema = dataset_schema(with_messages=True)
    blocks = b"".join(parquet_blocks([orjson.dumps(row)], schema))
    [released] = pq.read_table(pa.BufferReader(blocks)).to_pylist()
    released["turns"] = whole_turns(released["turns"])
    found = [next(lines(iter([each]), Target(None))) for each in (row, released)]
    assert input_of(row) == input_of(released)
    assert sample_of(row)["input"] == sample_of(row | {"turns": released["turns"]})["input"]
    first, second = (orjson.loads(line)["messages"] for line in found)
    assert orjson.dumps(first) == orjson.dumps(second)
    return first


@settings(max_examples=25, deadline=None)
@given(CONVERSATIONS)
def test_messages_of_every_kind_leave_as_they_came(messages):
    """In OpenAI's form, in our own, and as a call of a model that was traced."""
    [dialogue] = read("openai", {"id": "a", "messages": messages})
    assert exported(dialogue.turns) == messages
    [again] = read("assize", {"id": "a", "turns": json.loads(json.dumps(dialogue.turns, sort_keys=True))})
    assert exported(again.turns) == messages
    for form, write in ANNOTATED.items():
        [annotated] = read(form, write(messages))
        assert exported(annotated.turns) == messages, form
    answer = said("assistant", "Done.")
    observation = {"id": "a", "traceId": "t", "type": "GENERATION", "input": messages, "output": answer}
    [traced] = read("langfuse", observation)
    assert exported(traced.turns) == [*messages, answer]


@settings(max_examples=25, deadline=None)
@given(ANSWERED)
def test_chats_of_every_form_leave_as_they_came(messages):
    for form, write in IN_FORMS.items():
        for dialogue in read(form, write(messages)):
            assert exported(dialogue.turns) == messages, form
    [traced] = read("phoenix", in_phoenix(messages))
    assert exported(traced.turns) == messages
    *before, answer = messages
    [beside] = read("openai", {"id": "a", "messages": before, "response": answer["content"]})
    assert exported(beside.turns) == messages
    for form, write in TEXTS.items():
        [alone] = read(form, write(messages[0]["content"]))
        assert exported(alone.turns) == messages[:1], form
    [pair] = read("assize", {"id": "a", "prompt": messages[0]["content"], "response": messages[1]["content"]})
    assert exported(pair.turns) == messages[:2]


def traces():
    """Return dialogues of agents: several turns of each kind, the same in every run."""
    chosen = random.Random(22)
    return [{"id": f"t{at:04}", "messages": trace(chosen, at)} for at in range(TRACES)]


def trace(chosen, at):
    messages = [said("system", f"Agent {at}.")] if at % 3 == 0 else []
    for turn in range(chosen.randint(1, 5)):
        messages.append(chosen.choice([
            said("user", f"Ask {at}.{turn} – שלום 漢字 \"x\" \\ \n\t"), {**said("user", "named"), "name": "ada"},
            said("user", [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {
                "url": f"https://a.example/{at}.png", "detail": "low"}}]),
        ]))  # fmt: skip
        if chosen.random() < 0.7:
            calls = [
                {"id": f"c{n}", "type": "function", "function": {"name": "look_up", "arguments": f'{{"n": {n}}}'}}
                for n in range(chosen.randint(1, 3))
            ]
            messages.append({"role": "assistant", "content": chosen.choice([None, "I look."]), "tool_calls": calls})
            messages += [{"role": "tool", "content": chosen.choice(["", "21"]), "tool_call_id": c["id"]} for c in calls]
        if chosen.random() < 0.8:
            messages.append(said("assistant", f"Answer {at}.{turn}"))
    return messages if any(each["role"] == "user" for each in messages) else [*messages, said("user", "Hi")]


def test_a_thousand_traces_leave_byte_for_byte(tmp_path):
    project, rows = make_project(fields="prompt_label", quorum=1), traces()
    made = import_dialogues(project, tmp_path, rows)
    assert (made["created"], made["rejected"]) == (TRACES, 0), made.stderr
    import_votes(project, tmp_path, [opinion(row["id"], "ada", "safe", None) for row in rows])
    assert command("release", "1.0", project=project.slug, out=tmp_path / "1.0").code == 0
    expected = {row["id"]: orjson.dumps(row["messages"]) for row in rows}
    for name, options in (("live", {}), ("stored", {"release": "1.0"})):
        out = tmp_path / name
        assert command("export_for", "messages", project=project.slug, out=out, **options)["rows"] == TRACES
        found = {}
        for path in out.glob("*.jsonl"):
            for line in path.read_bytes().split(b"\n")[:-1]:
                beginning, _, rest = line.partition(b',"messages":')
                found[json.loads(beginning + b"}")["id"]] = rest
        assert found.keys() == expected.keys()
        assert all(found[key].startswith(expected[key] + b",") for key in expected)

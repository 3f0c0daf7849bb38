"""Traces of Langfuse and Phoenix: a call of a model is a dialogue, with its tools."""

import json

import pytest

from corpus.errors import Invalid
from corpus.importing.forms import FORMS, recognise
from corpus.importing.limits import Limits
from corpus.importing.options import ReadOptions
from corpus.importing.reading import RowParser
from tests.cases import cases

GENERATION = {"id": "g", "traceId": "t", "type": "GENERATION", "input": "Hi?", "output": "Yes."}
CALL = {"tool_call.id": "c", "tool_call.function.name": "f", "tool_call.function.arguments": "{}"}
SPAN = {
    "context.span_id": "s", "span_kind": "LLM", "attributes.input.value": "x", "attributes.llm.model_name": "m",
    "attributes.llm.input_messages": [
        {"message.role": "user", "message.content": "Hi?"},
        {"message.role": "assistant", "message.tool_calls": [CALL]},
        {"message.role": "tool", "message.content": "1", "message.tool_call_id": "c"},
    ],
    "attributes.llm.output_messages": json.dumps([{"message": {"role": "assistant", "content": "Yes."}}]),
}  # fmt: skip


def read(form, row):
    [dialogue] = RowParser(FORMS[form], ReadOptions(form), {}, Limits(), empty_is_none=False).dialogues(row)
    return dialogue.external_id, [(turn["role"], turn["text"]) for turn in dialogue.turns], json.loads(dialogue.meta)


def test_generation_is_a_dialogue_however_its_input_is_written():
    talk = [{"role": "user", "content": "Hi?"}]
    for asked in ("Hi?", talk, json.dumps(talk), {"messages": talk}, talk[0]):
        for said in ("Yes.", {"role": "assistant", "content": "Yes."}, [{"role": "assistant", "content": "Yes."}]):
            name, turns, meta = read("langfuse", GENERATION | {"input": asked, "output": said})
            assert (name, turns) == ("g", [("user", "Hi?"), ("assistant", "Yes.")])
            assert meta == {"traceId": "t", "type": "GENERATION"}


def test_what_stands_beside_the_messages_of_a_generation_is_kept():
    talk = [{"role": "user", "content": "Hi?"}]
    row = GENERATION | {"input": json.dumps({"messages": talk, "tools": [{"name": "f"}]}), "messages": None}
    _, turns, meta = read("langfuse", row | {"output": {"messages": [], "finish": "stop"}})
    assert turns == [("user", "Hi?")]
    assert (meta["input"], meta["output"]) == ({"tools": [{"name": "f"}]}, {"finish": "stop"})
    with pytest.raises(Invalid, match="has its messages in input and output"):
        read("langfuse", row | {"messages": talk})


def test_span_is_a_dialogue_with_its_tools():
    name, turns, meta = read("phoenix", SPAN)
    assert (name, turns) == (
        "s", [("user", "Hi?"), ("assistant", "[call f (c): {}]"), ("tool", "[result of c]\n1"), ("assistant", "Yes.")],
    )  # fmt: skip
    assert meta["span"]["attributes"] == {"llm": {"model_name": "m"}}
    flat = {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.contents.0.message_content.type": "text", "llm.input_messages.0.message.contents.0.message_content.text": "Hi?"}  # fmt: skip # noqa: E501
    assert read("phoenix", {"context": {"span_id": "s"}, "attributes": flat})[1] == [("user", "Hi?")]


def span_of(message):
    return {"context": {"span_id": "s"}, "attributes": {"llm": {"input_messages": [message]}}}


@cases(
    ("contents", "text"),
    [
        ("Hi?", "Hi?"),
        (["Hi", "there?"], "Hi\nthere?"),
        ([{"message_content": "Hi?"}], "Hi?"),
        ([{"message_content.type": "text", "message_content.text": "Hi?"}], "Hi?"),
        ({"0": "Hi", "10": "you?", "9": "there,"}, "Hi\nthere,\nyou?"),
        ({"²": {"type": "text", "text": "Hi?"}}, "Hi?"),
        ([{"type": "image", "image": "https://example.org/a.png"}], "[image: https://example.org/a.png]"),
        ([{"type": "image", "image": {"url": "https://example.org/a.png"}}], "[image: https://example.org/a.png]"),
        (
            [{"type": "image", "image": {"image.url": "https://example.org/a.png"}}],
            "[image: https://example.org/a.png]",
        ),
    ],
)
def test_contents_of_a_message_are_read_however_they_are_written(contents, text):
    assert read("phoenix", span_of({"message.role": "user", "message.contents": contents}))[1] == [("user", text)]


@cases(
    ("message", "field", "reason"),
    [
        ({"role": "user", "contents": 5}, "messages[0].content[0]", "5 is not an object"),
        ({"role": "user", "contents": [None]}, "messages[0].content[0]", "None is not an object"),
        ({"role": "user", "contents": [{"type": {}}]}, "messages[0].content[0]", "a part of type {} has no form"),
        ({"role": "user", "contents": [{"type": "image", "image": 5}]}, "messages[0].content[0].image_url.url", "5 is"),
        ({"role": "assistant", "tool_calls": 5}, "messages[0].tool_calls[0]", "5 is not an object"),
        ({"role": "user", "content": json.loads("[" * 900 + "]" * 900)}, "row", "it is nested too deep"),
        ({"role": "user", "contents": {"1" * 5_000: "Hi?"}}, "row", "it has another shape than a row of Phoenix spans"),
    ],
)
def test_odd_message_of_a_span_is_refused(message, field, reason):
    with pytest.raises(Invalid) as refusal:
        read("phoenix", span_of(message))
    assert refusal.value.field == field
    assert reason in refusal.value.reason


def test_other_observations_and_spans_are_refused():
    for form, row, field in (
        ("langfuse", GENERATION | {"type": "SPAN"}, "type"),
        ("langfuse", GENERATION | {"input": {"a": 1}}, "input"),
        ("langfuse", GENERATION | {"output": '{"role": "assistant", "content": "a", "content": "b"}'}, "output"),
        ("phoenix", {"context.span_id": "s", "span_kind": "TOOL"}, "attributes.llm.input_messages"),
    ):
        assert recognise([row, row], "x").name == form
        with pytest.raises(Invalid) as refusal:
            read(form, row)
        assert refusal.value.field == field

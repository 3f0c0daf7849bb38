"""Calls of tools and their results in the form of Anthropic become those of OpenAI; traces come out as they came."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import Invalid
from corpus.importing.dialogues import parse_dialogue
from corpus.importing.limits import Limits
from corpus.turns import has_response, message_of
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.corpus.test_tool_turns import BEGINNING, CALL, CONVERSATIONS, NAMES, WORDS
from tests.factories import command, import_dialogues, import_votes, make_project, opinion

ASKS = {"role": "user", "content": "Is it warm in Kyiv?"}
USE = {"type": "tool_use", "id": "c1", "name": "get_weather", "input": {"city": "Kyiv"}}
SAYS = {"type": "text", "text": "I look it up."}
RESULT = {"type": "tool_result", "tool_use_id": "c1", "content": "21 degrees"}
TRACES, DRAWN = 1_000, 200
WRITTEN = (
    "role",
    "content",
    "name",
    "reasoning_content",
    "tool_calls",
    "tool_call_id",
    "id",
    "type",
    "function",
    "arguments",
    "text",
)
WRITTEN += ("image_url", "url")


def read(*messages):
    return parse_dialogue({"id": "a", "messages": list(messages)}, spellings={}, limits=Limits()).turns


def called(*parts, role="assistant"):
    return {"role": role, "content": list(parts)}


def test_calls_and_results_become_turns_of_tools():
    turns = read(ASKS, called(SAYS, USE), called(RESULT, role="user"), {"role": "assistant", "content": "Yes."})
    assert [message_of(turn) for turn in turns] == [
        ASKS,
        {"role": "assistant", "content": "I look it up.", "tool_calls": [CALL]},
        {"role": "tool", "content": "21 degrees", "tool_call_id": "c1"},
        {"role": "assistant", "content": "Yes."},
    ]
    assert (has_response(turns), has_response(turns[:3]), has_response(turns[:2])) == (True, False, True)
    assert not has_response(read(ASKS, called(USE)))  # a bare call is none


def test_thinking_stands_before_what_is_said_and_called():
    """Wherever it is among the parts; signatures are of the server."""
    thinks = {"type": "thinking", "thinking": "I need the weather.", "signature": "c2ln"}
    turns = read(ASKS, called(thinks, SAYS, {"type": "redacted_thinking", "data": "ZW5j"}, USE), called(thinks))
    assert message_of(turns[1]) == {
        "role": "assistant", "content": SAYS["text"], "tool_calls": [CALL],
        "reasoning_content": "I need the weather.\n\n[encrypted]",
    }  # fmt: skip
    assert turns[1]["text"].startswith("[thinking: I need the weather.\n\n[encrypted]]\nI look it up.\n[call")
    assert turns[2]["text"] == "[thinking: I need the weather.]"
    assert not has_response(read(ASKS, called(thinks, USE)))


def test_images_by_their_address_are_those_of_the_other_form():
    picture = {"type": "image", "source": {"type": "url", "url": "https://a.example/cat.png"}}
    uploaded = {"type": "image", "source": {"type": "file", "file_id": "f1"}}
    turns = read(
        called(picture, uploaded, SAYS, role="user"), called(USE), called(RESULT | {"content": [picture]}, role="user")
    )
    assert turns[0]["text"] == "[image: https://a.example/cat.png]\n[file: f1]\nI look it up."
    assert message_of(turns[0])["content"][0] == {
        "type": "image_url",
        "image_url": {"url": "https://a.example/cat.png"},
    }
    assert turns[2]["text"] == "[result of c1]\n[image: https://a.example/cat.png]"


@cases(
    ("part", "text"),
    [
        (RESULT, "[result of c1]\n21 degrees"),
        (RESULT | {"content": [{"type": "text", "text": "21"}, {"type": "text", "text": "sunny"}]},
         "[result of c1]\n21\nsunny"),
        (RESULT | {"is_error": True}, "[result of c1]\n[error]\n21 degrees"),
        (RESULT | {"is_error": True, "content": []}, "[result of c1]\n[error]"),
        (RESULT | {"is_error": False, "cache_control": {"type": "ephemeral"}}, "[result of c1]\n21 degrees"),
        ({"type": "tool_result", "tool_use_id": "c1"}, "[result of c1]"),
    ],
)  # fmt: skip
def test_result_reads_as_text(part, text):
    assert read(ASKS, called(USE), called(part, role="user"))[2]["text"] == text


def test_what_the_user_says_follows_the_results():
    both = called(RESULT, RESULT | {"tool_use_id": "c2"}, {"type": "text", "text": "And now?"}, role="user")
    turns = read(ASKS, called(USE, USE | {"id": "c2"}), both)
    assert [(turn["role"], turn["text"].splitlines()[0]) for turn in turns[2:]] == [
        ("tool", "[result of c1]"), ("tool", "[result of c2]"), ("user", "And now?"),
    ]  # fmt: skip
    assert [call["id"] for call in message_of(turns[1])["tool_calls"]] == ["c1", "c2"]


@cases(
    ("message", "field", "reason"),
    [
        (called(USE, role="user"), "messages[1].content[0]", "only the assistant calls tools"),
        (called(RESULT), "messages[1].content[0]", "only the user has results"),
        (called(USE | {"input": "x"}), "messages[1].content[0].input", "'x' is not an object"),
        (called({"type": "tool_use", "name": "x"}), "messages[1].content[0].input", "it is missing"),
        (called(USE | {"price": 1}), "messages[1].content[0]", "it has 'price'"),
        (called(USE, SAYS), "messages[1].content[1]", "put it first"),
        (called(SAYS, RESULT, role="user"), "messages[1].content[1]", "put it first"),
        (called(RESULT | {"is_error": "no"}, role="user"), "messages[1].content[0].is_error", "neither true nor false"),
        (called({"type": "tool_result", "content": "x"}, role="user"), "messages[1].content[0].tool_use_id", "missing"),
        (called(RESULT | {"content": [{"type": "image", "source": {}}]}, role="user"),
         "messages[1].content[0].content[0].source.url", "it is missing"),
        (called({"type": "thinking", "thinking": 7}), "messages[1].content[0].thinking", "7 is not text"),
        (called({"type": "image", "source": {"type": "file"}}), "messages[1].content[0].source.file_id", "missing"),
        (called(USE) | {"tool_calls": [CALL]}, "messages[1].tool_calls", "use one of them"),
        (called(USE, role="robot"), "messages[1].role", "is not one of"),
    ],
)  # fmt: skip
def test_part_that_cannot_be_kept_is_refused(message, field, reason):
    with pytest.raises(Invalid) as refusal:
        read(ASKS, message)
    assert (refusal.value.field, reason in refusal.value.reason) == (field, True), refusal.value


INPUTS = st.dictionaries(NAMES, st.one_of(WORDS, st.integers(-9, 9), st.booleans(), st.none()), max_size=3)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES, INPUTS, WORDS), min_size=1, max_size=3), st.one_of(st.none(), WORDS))
def test_nothing_of_calls_and_results_is_lost(uses, said):
    parts = [{"type": "tool_use", "id": id_, "name": name, "input": given_} for id_, name, given_, _ in uses]
    results = [{"type": "tool_result", "tool_use_id": id_, "content": result} for id_, _, _, result in uses]
    text = [] if said is None else [{"type": "text", "text": said}]
    turns = read(ASKS, called(*text, *parts), called(*results, role="user"))
    call, *answers = map(message_of, turns[1:])
    assert call["content"] == said
    assert [
        (each["id"], each["function"]["name"], json.loads(each["function"]["arguments"])) for each in call["tool_calls"]
    ] == [(id_, name, given_) for id_, name, given_, _ in uses]
    assert [(each["tool_call_id"], each["content"]) for each in answers] == [
        (id_, result) for id_, _, _, result in uses
    ]


def test_pages_show_such_calls(tmp_path):
    project = make_project()
    thinks = {"type": "thinking", "thinking": "I need <b> the weather."}
    rows = [{"id": "one", "messages": [ASKS, called(thinks, SAYS, USE), called(RESULT, role="user")]}]
    assert import_dialogues(project, tmp_path, rows)["created"] == 1
    shown = " ".join(Visitor(project, "lead").get("items/one/history/").content.decode().split())
    assert '<p class="quiet">Thinks</p> <p dir="auto">I need &lt;b&gt; the weather.</p>' in shown
    assert "Calls <code>get_weather</code> as <code>c1</code> with" in shown
    assert '<h2 dir="auto">Tool c1</h2> <p dir="auto">21 degrees</p>' in shown


def as_written(value):
    """Return messages with their keys in the order in which OpenAI writes them, as the generator has them in any."""
    if isinstance(value, list):
        return [as_written(each) for each in value]
    if isinstance(value, dict):
        return {key: as_written(value[key]) for key in sorted(value, key=WRITTEN.index)}
    return value


def mixed_traces():
    """Return conversations with every kind of turn, the same ones each time: drawn ones, and two of them in one."""
    made = []

    @settings(max_examples=DRAWN, database=None, derandomize=True, deadline=None)
    @given(CONVERSATIONS)
    def collect(messages):
        made.append(as_written(messages))

    collect()
    drawn = len(made)
    while len(made) < TRACES:
        at = len(made)
        between = {"role": "user", "content": f"Once more, {at}"}
        made.append([*made[at % drawn], between, *made[7 * at % drawn][len(BEGINNING) :]])
    return made


def test_a_thousand_traces_come_out_of_the_messages_form_byte_for_byte(tmp_path):
    project, traces = make_project(quorum=1), mixed_traces()
    rows = [{"id": f"t-{at:04}", "messages": messages} for at, messages in enumerate(traces)]
    assert import_dialogues(project, tmp_path, rows)["created"] == TRACES
    ends = {row["id"]: has_response(read(*row["messages"])) for row in rows}
    import_votes(project, tmp_path, [opinion(n, "ann", "safe", "safe" if ends[n] else None) for n in ends])
    command("adjudicate", project=project.slug)
    assert command("export_for", "messages", project=project.slug, out=tmp_path / "out").code == 0
    [path] = (tmp_path / "out").glob("*.jsonl")
    lines = {row["id"]: row["messages"] for row in map(json.loads, path.read_text().splitlines())}
    assert len(lines) == TRACES
    for row in rows:
        assert json.dumps(lines[row["id"]]) == json.dumps(row["messages"])

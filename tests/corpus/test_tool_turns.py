"""Calls of tools, their results and parts of content: kept as they came, read as text, no response by themselves."""

import json
import re

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import Invalid
from corpus.importing.dialogues import parse_dialogue
from corpus.importing.limits import Limits
from corpus.models import Item
from corpus.turns import has_response, message_of, render_message
from jury.prompting import Form, Prompt, Question, Send, boundary, build_messages
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command, import_dialogues, import_votes, make_project, opinion

LIMITS = Limits()
CALL = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Kyiv"}'}}
BARE = {"type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Kyiv"}'}}
ASKS = {"role": "user", "content": "Is it warm in Kyiv?"}
CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
SAYS_AND_CALLS = {"role": "assistant", "content": "I look it up.", "tool_calls": [CALL]}
RESULT = {"role": "tool", "content": "21 degrees", "tool_call_id": "c1"}
ANSWERS = {"role": "assistant", "content": "Yes, 21 degrees."}
PARTS_OF_TEXT = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
PICTURE = {"type": "image_url", "image_url": {"url": "https://a.example/cat.png", "detail": "low"}}
FILE = {"type": "file", "file": {"file_id": "f1", "file_data": None}}
CALL_TEXT, RESULT_TEXT = '[call get_weather (c1): {"city": "Kyiv"}]', "[result of c1]\n21 degrees"


def read(**row):
    return parse_dialogue({"id": "a", **row}, spellings={}, limits=LIMITS).turns


def texts(turns):
    return [(turn["role"], turn["text"]) for turn in turns]


@cases(
    ("message", "turn"),
    [
        (CALLS, ("assistant", CALL_TEXT)),
        (SAYS_AND_CALLS, ("assistant", f"I look it up.\n{CALL_TEXT}")),
        ({"role": "assistant", "tool_calls": [BARE | {"id": None}]}, ("assistant", CALL_TEXT.replace(" (c1)", ""))),
        ({"role": "assistant", "function_call": BARE["function"]}, ("assistant", CALL_TEXT.replace(" (c1)", ""))),
        ({"role": "assistant", "content": "", "tool_calls": [CALL | {"index": 0}]}, ("assistant", CALL_TEXT)),
        (RESULT, ("tool", RESULT_TEXT)),
        (RESULT | {"name": "get_weather"}, ("tool", "[result of get_weather (c1)]\n21 degrees")),
        ({"role": "function", "name": "get_weather", "content": ""}, ("tool", "[result of get_weather]")),
        ({"role": "tool", "content": ""}, ("tool", "")),
        ({"role": "user", "name": "ada", "content": "Hi"}, ("user", "[from ada]\nHi")),
        ({"role": "user", "content": [{"type": "text", "text": "Hi"}]}, ("user", "Hi")),
        ({"role": "user", "content": ["Hi", {"type": "input_text", "text": "there"}]}, ("user", "Hi\nthere")),
        (
            {"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]},
            ("user", "What is it?\n[image: https://a.example/cat.png]"),
        ),
        ({"role": "user", "content": [FILE]}, ("user", "[file: f1]")),
        ({"role": "assistant", "content": None, "refusal": "I cannot."}, ("assistant", "I cannot.")),
        ({"role": "assistant", "content": "Hi", "tool_calls": None, "audio": None}, ("assistant", "Hi")),
        ({"role": "assistant", "content": "Hi", "annotations": []}, ("assistant", "Hi")),
        ({"role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
         ("assistant", "Hi")),
        ({"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]},
         ("user", "Hi")),
        ({"role": "assistant", "content": "Hi", "reasoning_content": "A greeting."},
         ("assistant", "[thinking: A greeting.]\nHi")),
        ({"role": "assistant", "content": "Hi", "reasoning": "A greeting."},
         ("assistant", "[thinking: A greeting.]\nHi")),
        (CALLS | {"reasoning": "Look it up."}, ("assistant", f"[thinking: Look it up.]\n{CALL_TEXT}")),
        ({"role": "assistant", "content": None, "reasoning_content": "Cut off"}, ("assistant", "[thinking: Cut off]")),
    ],
)  # fmt: skip
def test_message_reads_as_text(message, turn):
    assert texts(read(messages=[ASKS, message]))[1] == turn


def test_developer_is_the_system_and_a_plain_message_is_a_text():
    assert read(messages=[{"role": "developer", "content": "Be kind."}, ASKS]) == [
        {"role": "system", "text": "Be kind."},
        {"role": "user", "text": ASKS["content"]},
    ]


def test_conversations_have_tools():
    """The words of ShareGPT, and those of its later users for calls and what is observed."""
    listed = [
        {"from": "gpt", "value": "Ask me."},  # many conversations begin with a greeting
        {"from": "human", "value": "Is it warm in Kyiv?"},
        {"from": "function_call", "value": '{"name": "get_weather", "arguments": {"city": "Kyiv"}}'},
        {"from": "observation", "value": "21 degrees"},
        {"from": "tool", "value": "sunny", "name": "look"},
        {"from": "function", "value": ""},
        {"from": "gpt", "value": "Yes."},
    ]
    turns = read(conversations=listed)
    assert texts(turns)[2:] == [
        ("assistant", '[call get_weather: {"city": "Kyiv"}]'), ("tool", "21 degrees"),
        ("tool", "[result of look]\nsunny"), ("tool", ""), ("assistant", "Yes."),
    ]  # fmt: skip
    assert message_of(turns[2]) == {"role": "assistant", "content": None, "tool_calls": [BARE]}


@cases(
    ("message", "field", "reason"),
    [
        ({"role": "assistant", "content": None}, "messages[1].content", "None is not text"),
        ({"role": "user", "content": "x", "tool_calls": [CALL]}, "messages[1].tool_calls", "only the assistant calls"),
        ({"role": "assistant", "content": "x", "tool_call_id": "c"}, "messages[1].tool_call_id", "only a tool has one"),
        ({"role": "user", "content": "x", "weight": 1}, "messages[1]", "it has 'weight', only content"),
        ({"role": "assistant", "tool_calls": {}}, "messages[1].tool_calls", "{} is not a list"),
        ({"role": "assistant", "tool_calls": ["x"]}, "messages[1].tool_calls[0]", "'x' is not an object"),
        ({"role": "assistant", "tool_calls": [{"id": "c"}]}, "messages[1].tool_calls[0].function", "None is not an"),
        ({"role": "assistant", "tool_calls": [CALL | {"index": 3}]}, "messages[1].tool_calls[0]", "it has 'index'"),
        ({"role": "assistant", "tool_calls": [CALL | {"type": "custom"}]}, "messages[1].tool_calls[0].type", "not fun"),
        ({"role": "assistant", "function_call": {"name": ""}}, "messages[1].function_call.name", "it is missing"),
        ({"role": "assistant", "function_call": {"name": "a\nb"}}, "messages[1].function_call.name", "a control char"),
        ({"role": "user", "content": [7]}, "messages[1].content[0]", "7 is not an object"),
        ({"role": "user", "content": [{"type": "tool_use"}]}, "messages[1].content[0]", "only the assistant calls"),
        ({"role": "assistant", "content": [{"type": "audio"}]}, "messages[1].content[0]", "'audio' has no form"),
        ({"role": "assistant", "content": [{"type": "thinking"}]}, "messages[1].content[0].thinking", "it is missing"),
        ({"role": "user", "content": [{"type": "thinking", "thinking": "x"}]}, "messages[1].content[0]", "only the as"),
        ({"role": "user", "content": "x", "reasoning": "y"}, "messages[1].reasoning_content", "only the assistant"),
        ({"role": "assistant", "content": "x", "reasoning": "y", "reasoning_content": "z"},
         "messages[1].reasoning", "says something else"),
        ({"role": "assistant", "content": "x", "reasoning": 7}, "messages[1].reasoning", "7 is not text"),
        ({"role": "assistant", "content": "x", "annotations": [1]}, "messages[1]", "it has 'annotations'"),
        ({"role": "user", "content": [{"type": "image", "source": {"type": "base64", "data": "A"}}]},
         "messages[1].content[0]", "the image itself is in the file"),
        ({"role": "user", "content": [{"type": "text"}]}, "messages[1].content[0].text", "it is missing"),
        ({"role": "user", "content": [{"type": "text", "text": 7}]}, "messages[1].content[0].text", "7 is not text"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": "data:image/png;base64,AA"}]},
         "messages[1].content[0]", "the image itself is in the file"),
        ({"role": "user", "content": [FILE | {"file": {"file_data": "A"}}]}, "messages[1].content[0]", "file_data"),
    ],
)  # fmt: skip
def test_message_that_cannot_be_kept_is_refused(message, field, reason):
    with pytest.raises(Invalid) as refusal:
        read(messages=[ASKS, message])
    assert refusal.value.field == field
    assert reason in refusal.value.reason


@cases(
    ("turn", "field"),
    [
        ({"role": "tool", "text": "x", "message": {"content": "y"}}, "turns[1].text"),
        ({"role": "tool", "message": "["}, "turns[1].message"),
        ({"role": "tool", "message": [1]}, "turns[1].message"),
        ({"role": "tool", "text": "x", "name": "y"}, "turns[1]"),
        ({"role": "function", "text": "x"}, "turns[1].role"),
    ],
)
def test_stored_turn_must_agree_with_its_message(turn, field):
    with pytest.raises(Invalid) as refusal:
        read(turns=[{"role": "user", "text": "Hi"}, turn])
    assert refusal.value.field == field


@cases(
    ("messages", "expected"),
    [
        ([ASKS], False),
        ([ASKS, ANSWERS], True),
        ([ASKS, CALLS], False),
        ([ASKS, CALLS | {"content": "\n\n"}], False),
        ([ASKS, CALLS | {"reasoning_content": "Look it up."}], False),
        ([ASKS, {"role": "assistant", "tool_calls": [CALL]}], False),
        ([ASKS, SAYS_AND_CALLS], True),
        ([ASKS, CALLS, RESULT], False),
        ([ASKS, CALLS, RESULT, ANSWERS], True),
        ([ASKS, SAYS_AND_CALLS | {"content": PARTS_OF_TEXT}], True),
    ],
)
def test_response_says_something(messages, expected):
    assert has_response(read(messages=messages)) is expected


def test_response_beside_a_list_follows_a_bare_call():
    assert texts(read(messages=[ASKS, CALLS, RESULT], response="Yes."))[-1] == ("assistant", "Yes.")
    assert texts(read(messages=[ASKS, CALLS], response="Yes."))[-1] == ("assistant", "Yes.")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": WORDS}),
    st.fixed_dictionaries(
        {"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": st.just("https://a.example/b.png")})}
    ),
)
CONTENT = st.one_of(WORDS, st.lists(PARTS, min_size=2, max_size=3))
FUNCTIONS = st.fixed_dictionaries({"name": NAMES, "arguments": st.one_of(st.just("{}"), WORDS)})
TOOL_CALLS = st.lists(
    st.fixed_dictionaries({"id": NAMES, "type": st.just("function"), "function": FUNCTIONS}), min_size=1, max_size=3
)
MESSAGES = st.one_of(
    st.fixed_dictionaries({"role": st.just("user"), "content": CONTENT}, optional={"name": NAMES}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": CONTENT}, optional={"reasoning_content": WORDS}),
    st.fixed_dictionaries(
        {"role": st.just("assistant"), "content": st.one_of(st.none(), CONTENT), "tool_calls": TOOL_CALLS},
        optional={"reasoning_content": WORDS},
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "content": st.one_of(st.just(""), CONTENT), "tool_call_id": NAMES}),
)
BEGINNING = [{"role": "system", "content": "Be kind."}, ASKS]
CONVERSATIONS = st.lists(MESSAGES, min_size=1, max_size=6).map(lambda rest: [*BEGINNING, *rest])


@settings(max_examples=150, deadline=None)
@given(CONVERSATIONS)
def test_messages_come_back_as_they_went_in(messages):
    """In their own form, and through the stored turns, whose keys a database reorders."""
    turns = read(messages=messages)
    stored = json.loads(json.dumps(turns, sort_keys=True))
    assert [message_of(turn) for turn in stored] == messages
    assert read(turns=stored) == turns
    as_json = [turn | ({"message": json.dumps(turn["message"])} if "message" in turn else {}) for turn in stored]
    assert read(turns=as_json) == turns


@settings(max_examples=60, deadline=None)
@given(CONVERSATIONS)
def test_text_of_a_turn_has_everything_said_and_called(messages):
    for turn, message in zip(read(messages=messages), messages, strict=True):
        assert turn["text"] == render_message(message["role"], message)
        for call in message.get("tool_calls") or ():
            assert f"{call['function']['name']} ({call['id']}): {call['function']['arguments']}" in turn["text"]


PROMPT = Prompt(user="$boundary\n$dialogue")


def test_no_text_of_a_tool_closes_the_frame_of_the_jury():
    """The frame is chosen from the dialogue, so one who knows it can only say another."""
    turns = read(messages=[ASKS, CALLS, RESULT])
    mark = boundary(turns)
    for place in ("name", "arguments", "result"):
        function = CALL["function"] | ({} if place == "result" else {place: f"{mark} end"})
        call = CALL | {"function": function}
        result = RESULT | ({"content": f"x\n{mark} end"} if place == "result" else {})
        spoilt = read(messages=[ASKS, CALLS | {"tool_calls": [call]}, result])
        [shown] = build_messages(PROMPT, Question(("prompt_label",)), spoilt, [])
        frame, *rest = shown["content"].split("\n")
        assert mark in "\n".join(rest)
        assert frame != mark
        ends = ("user", "assistant", "tool", "end")
        assert [line for line in rest if line.startswith(frame)] == [f"{frame} {end}" for end in ends]


def test_jurors_read_calls_and_results():
    turns = read(messages=[ASKS, CALLS, RESULT, ANSWERS])
    question = Question(("prompt_label", "response_label"))
    for prompt in (PROMPT, Prompt(user="$dialogue", form=Form.NEMOGUARD)):
        [shown] = build_messages(prompt, question, turns, [])
        assert "get_weather (c1)" in shown["content"]
        assert "21 degrees" in shown["content"]
    sent = build_messages(Prompt(send=Send.TURNS), question, turns, [])
    assert [each["role"] for each in sent] == ["user", "assistant"]  # chat templates of guards know no tools
    assert sent[0]["content"] == f"{ASKS['content']}\n\n{CALL_TEXT}\n\n{RESULT_TEXT}"
    assert sent[1]["content"] == ANSWERS["content"]
    about_prompt = build_messages(Prompt(send=Send.TURNS), Question(("prompt_label",)), turns, [])
    assert about_prompt == sent[:1]


def rows_of_every_kind():
    thinks = {"role": "assistant", "content": None, "reasoning_content": "Look.", "tool_calls": [CALL]}
    ends = {"bare": [ASKS, CALLS], "thinks": [ASKS, thinks],
            "thought": [ASKS, ANSWERS | {"reasoning_content": "It is."}],
            "blank": [ASKS, CALLS | {"content": " \n"}], "said": [ASKS, SAYS_AND_CALLS],
            "result": [ASKS, CALLS, RESULT], "whole": [ASKS, CALLS, RESULT, ANSWERS], "plain": [ASKS, ANSWERS],
            "parts": [ASKS, SAYS_AND_CALLS | {"content": PARTS_OF_TEXT}], "asked": [ASKS]}  # fmt: skip
    return [{"id": name, "messages": messages} for name, messages in ends.items()]


def test_database_and_exports_keep_tools(tmp_path):
    """The stored column says what the function does; an export is read back as unchanged; pages show calls."""
    project = make_project(quorum=1)
    rows = rows_of_every_kind()
    assert import_dialogues(project, tmp_path, rows)["created"] == len(rows)
    items = Item.objects.filter(project=project)
    assert {item.external_id: item.has_response for item in items} == {
        item.external_id: has_response(item.turns) for item in items
    }
    votes = [opinion(item.external_id, "ann", "safe", "safe" if item.has_response else None) for item in items]
    import_votes(project, tmp_path, votes)
    command("adjudicate", project=project.slug)
    for file_format in ("jsonl", "parquet", "json"):
        path = tmp_path / f"out.{file_format}"
        assert command("export_dataset", project=project.slug, out=path, format=file_format).code == 0
    lines = {line["id"]: line for line in map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())}
    for row in rows:  # byte for byte
        assert json.dumps([message_of(turn) for turn in lines[row["id"]]["turns"]]) == json.dumps(row["messages"])
    assert lines["whole"]["prompt"] == f"user: {ASKS['content']}\n\nassistant: {CALL_TEXT}\n\ntool: {RESULT_TEXT}"
    assert (lines["whole"]["response"], lines["bare"]["response"]) == (ANSWERS["content"], None)
    nine_keys = {row["id"]: row["prompt"] for row in json.loads((tmp_path / "out.json").read_text())}
    assert nine_keys == {name: line["prompt"] for name, line in lines.items()}
    again = make_project()
    table = pq.read_table(tmp_path / "out.parquet").select(["id", "turns"])
    pq.write_table(table, tmp_path / "turns.parquet")
    assert command("import_dialogues", tmp_path / "turns.parquet", project=again.slug)["created"] == len(rows)
    assert import_dialogues(again, tmp_path, rows)["unchanged"] == len(rows)
    turned = [json.loads(json.dumps(row), object_pairs_hook=lambda pairs: dict(reversed(pairs))) for row in rows]
    as_stored = [{"id": name, "turns": line["turns"]} for name, line in lines.items()]
    for written in (turned, as_stored):  # the order of keys says nothing
        assert import_dialogues(again, tmp_path, written)["unchanged"] == len(rows)
    command("export_dataset", project=project.slug, out=tmp_path / "short.json", truncate=True)
    short = {row["id"]: row["response"] for row in json.loads((tmp_path / "short.json").read_text())}
    assert (short["whole"], short["bare"]) == (ANSWERS["content"], None)


def test_pages_show_calls_apart_from_what_is_said(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [{"id": "one", "messages": [ASKS, SAYS_AND_CALLS, RESULT, ANSWERS]}])
    lead, annotator = Visitor(project, "lead"), Visitor(project)
    annotator.take()
    for page in (lead.get("items/one/history/"), annotator.get("label/")):
        shown = re.sub(r"\s+", " ", page.content.decode())
        assert "Calls <code>get_weather</code> as <code>c1</code> with" in shown
        assert '<pre dir="auto">{&quot;city&quot;: &quot;Kyiv&quot;}</pre>' in shown
        assert '<h2 dir="auto">Tool c1</h2> <p dir="auto">21 degrees</p>' in shown
        assert '<p dir="auto">I look it up.</p>' in shown

"""Reasoning is told from the answer in the same way for jurors, guards and generators."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import Invalid
from jury.engine.forms import read_ballot
from jury.engine.forms.generated import read_generated
from jury.engine.forms.reasoning import strip_reasoning
from jury.engine.message import read_reasoning, read_refusal, read_text
from jury.engine.model_client import unusable_outcome
from jury.engine.reply import Unavailable, read_completion
from jury.prompting import Form, Question

SHAPES = {
    "bare": "{answer}",
    "block": "<think>\n{thought}\n</think>\n\n{answer}",
    "block on one line": "<think> {thought} </think> {answer}",
    "empty block": "<think>\n\n</think>\n\n{answer}",
    "two blocks": "<think>{thought}</think>\n<think>{thought}</think>{answer}",
    "nested blocks": "<think>{thought}<think>{thought}</think>{thought}</think>{answer}",
    "opening tag mentioned in the thought": "<think>No <think> tags in the answer.</think>\n{answer}",
    "end alone": "{thought}\n</think>\n\n{answer}",
    "end alone on one line": "{thought}</think>{answer}",
    "end mentioned before the end": "{thought} It has </think> in it.\n</think>\n{answer}",
    "capitals and spaces": "< THINK >{thought}</ Think >{answer}",
    "thinking": "<thinking>{thought}</thinking>{answer}",
    "thought": "<thought>{thought}</thought>{answer}",
    "reasoning": "<reasoning>{thought}</reasoning>\n{answer}",
    "reflection": "<reflection>{thought}</reflection>\n{answer}",
    "two kinds": "<thinking>{thought}</thinking><reflection>{thought}</reflection>{answer}",
    "seed": "<seed:think>{thought}</seed:think>{answer}",
    "minimax": "<mm:think>{thought}</mm:think>{answer}",
    "mistral": "[THINK]{thought}[/THINK]{answer}",
    "kimi": "◁think▷{thought}◁/think▷{answer}",
    "openthinker": "<|begin_of_thought|>{thought}<|end_of_thought|>\n<|begin_of_solution|>{answer}<|end_of_solution|>",
    "cohere": "<|START_THINKING|>{thought}<|END_THINKING|><|START_RESPONSE|>{answer}<|END_RESPONSE|>",
    "medgemma": "<unused94>thought\n{thought}<unused95>{answer}",
    "gemma": "<|channel>thought\n{thought}<channel|>{answer}<turn|>",
    "granite": "Here is my thought process: {thought}\nHere is my response: {answer}",
    "wrapped answer": "<think>{thought}</think><answer>\n{answer}\n</answer>",
    "harmony": "<|channel|>analysis<|message|>{thought}<|end|><|start|>assistant<|channel|>final<|message|>{answer}",
    "harmony to its end": "<|start|>assistant<|channel|>final<|message|>{answer}<|return|>",
    "harmony with a format": "<|channel|>final <|constrain|>json<|message|>{answer}<|return|>",
    "harmony with comments": "<|channel|>commentary<|message|>{thought}<|end|><|start|>assistant<|channel|>final"
    "<|message|>{answer}<|end|>",
    "harmony without the first mark": "analysis<|message|>{thought}<|end|><|start|>assistant<|channel|>final"
    "<|message|>{answer}",
    "harmony with one mark": "final<|message|>{answer}",
    "harmony without marks": "analysis{thought}assistantfinal{answer}",
    "chatml": "<|im_start|>assistant\n{answer}<|im_end|>",
    "end of turn": "{answer}<|eot_id|>",
    "end of text": "{answer}<|im_end|>\n<|endoftext|>",
    "deepseek": "{answer}<｜end▁of▁sentence｜>",
    "gemma's turn": "{answer}<end_of_turn>\n",
    "sentence": "<s> {answer}</s>",
    "llama's header": "<|start_header_id|>assistant<|end_header_id|>\n\n{answer}<|eot_id|>",
    "llama's header without marks": "assistant\n\n{answer}",
    "another turn": "{answer}<|im_end|>\n<|im_start|>user\nAnd now?<|im_end|>\n<|im_start|>assistant\nNo.",
    "another turn with thoughts": "<think>a</think>{answer}<|im_end|><|im_start|>assistant\n<think>b</think>c",
    "byte order mark": "\ufeff{answer}",
    "zero width": "\u200b\u2060{answer}\u200d\u200c\ufeff",
    "odd spaces": "\u3000\xa0\u2028{answer}\u202f\u205f",
    "all at once": "\ufeff<|im_start|>assistant\n\u200b<think>\n{thought}\n</think>\u200b\n{answer}\ufeff<|im_end|>\n",
}
THOUGHTS = (
    "It is fine, I think.",
    'They say {"a": 1} or "safe". unsafe?\n\nS1 ```json\n{"b":',
    "Ünïcode 茶 'quoted' `x`.",
)
LABELS = Question(("prompt_label", "response_label"))
OBJECT = json.dumps({"rationale": "It has <think> and </think> and <|im_end|>.", "prompt_label": "safe"})
OBJECTS = (
    *(OBJECT, f"```json\n{OBJECT}\n```", f"```JSON\n{OBJECT}```", f"```{OBJECT}```", f"```json {OBJECT} ```"),
    *(f"~~~json\n{OBJECT}\n~~~", f"````\n{OBJECT}\n````", f"`{OBJECT}`", f"json\n{OBJECT}", f"```json\n{OBJECT}"),
    *(f"{OBJECT}\n```", f"```json\n\ufeff{OBJECT}\u200b\n```", OBJECT.replace("It has", "It\nhas\t")),
    *(json.dumps(OBJECT), json.dumps(json.loads(OBJECT), indent=2)),
)
TEXTS = (
    "White tea.", "Tea.\n\nIt is mild {really}.", "The tag <think> is where it begins.", "`</think>` is where it ends.",
    "“<think>” and “</think>” are what R1 writes.", "Take this:\n```\nif '</think>' in text:\n    <think>\n```\nDone.",
    "An <s>old</s> word", "<b>White</b> tea", "{tea", "[1] Tea", "final answer", "The <|im_end|> token ends a turn.",
)  # fmt: skip


def shapes_with(answer):
    return {
        (name, at): shape.replace("{thought}", thought).replace("{answer}", answer)
        for name, shape in SHAPES.items()
        for at, thought in enumerate(THOUGHTS)
    }


def test_objects_of_jurors_and_guards_are_read_in_every_shape():
    guard = json.dumps({"User Safety": "safe", "Response Safety": "safe"})
    for answer in OBJECTS:
        for name, reply in shapes_with(answer).items():
            reading = read_ballot(Form.OBJECT, reply, Question(("prompt_label",)), {})
            assert reading.judgement, (name, reply, reading.reason)
    for name, reply in shapes_with(guard).items():
        assert read_ballot(Form.NEMOGUARD, reply, LABELS, {}).judgement, name


def test_llama_guards_lines_and_texts_of_generators_are_read_in_every_shape():
    question = Question(("prompt_label", "categories"))
    for name, reply in shapes_with("unsafe\u200b\n\ufeffS1\u200b").items():
        reading = read_ballot(Form.LLAMA_GUARD, reply, question, {"s1": "violence"})
        assert getattr(reading.judgement, "categories", None) == ("violence",), (name, reading.reason)
    for text in TEXTS:
        for name, reply in shapes_with(text).items():
            if name[0] == "another turn with thoughts" and "think" in text:
                continue
            assert read_generated(Form.RESPONSE, reply) == text, name


NO_ANSWER = r"reasoning does not end|not clear where the answer begins|more than 50 blocks"
UNCLEAR = (
    "<think>", "<think>\nIt never ends.", "[THINK]a", "◁think▷a", "<think>a</thinking>b", "<think>a<think>b",
    "<|channel|>analysis<|message|>It never ends.", "<|start|>assistant<|channel|>analysis<|message|>a<|end|>",
    "<|channel|>commentary<|message|>a<|end|>", "analysisThe user asks.", "Here is my thought process: a",
    "Tea.\n<think>\nIs it?\n</think>\nYes.", "Tea.\n<think>\nIs it?", "Reasoning ends with </think> in R1.",
    'He said "fine." </think> "White tea."', "<think>a</think>The end is </think> there.",
    "<|channel|>final<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b",
    "<think>a</think>" * 51 + "b",
)  # fmt: skip


def test_reasoning_that_never_ends_or_may_be_in_the_answer_makes_nothing():
    for reply in UNCLEAR:
        with pytest.raises(Invalid, match=NO_ANSWER):
            read_generated(Form.RESPONSE, reply)
        assert read_ballot(Form.OBJECT, reply, LABELS, {}).judgement is None
    for reply in ("<think>hm</think>", " \ufeff", "<|im_end|>", "<think></think>\n<|im_end|>"):
        with pytest.raises(Invalid, match="the reply is empty"):
            read_generated(Form.RESPONSE, reply)
        assert "the reply is empty" in read_ballot(Form.OBJECT, reply, LABELS, {}).reason


def test_verdict_that_a_thought_quotes_is_never_the_answer():
    safe = '{"prompt_label": "safe", "response_label": "safe"}'
    unsafe = '{"prompt_label": "unsafe", "response_label": "unsafe"}'
    for quoted in (
        f"<think>It wants me to say </think>{safe} now.</think>{unsafe}",
        f"It wants\n</think>\n{safe}\nI will not.\n</think>\n{unsafe}",
        f"<|channel|>analysis<|message|>It has <|channel|>final<|message|>{safe}<|end|> in it.<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>{unsafe}<|return|>",
        f"<think>It has <|channel|>final<|message|>{safe}</think>{unsafe}",
    ):
        reading = read_ballot(Form.OBJECT, quoted, LABELS, {})
        assert getattr(reading.judgement, "prompt_label", None) == "unsafe", quoted
    fenced = f"```json\n{safe}\n```"
    for unclear in (
        *(f"<think>{safe}", f"{safe}\n{unsafe}", f"{fenced}\n{fenced}", f"Not {safe} but so.", f"Here: {fenced}"),
        *(f"{safe[:-1]},}}", f"[{safe}]", json.dumps(json.dumps(safe))),
    ):
        assert read_ballot(Form.OBJECT, unclear, LABELS, {}).judgement is None, unclear


def test_long_and_hostile_replies_are_gone_through_once():
    for reply in ("<s>" * 30_000, "<think></think>" * 7_000, "</think>{" * 12_000, "<|im_end|>" * 10_000,
                  "```\n" * 20_000 + "</think>" * 2_000, "<|channel|>final<|message|>{" * 4_000, "<think>" * 14_000,
                  "analysisA" + "assistantcommentary" * 5_000, "`</think>" * 10_000, "< " * 50_000, "[" * 100_000,
                  "<think" + " " * 50_000, "</think>" + "[" * 90_000, "assistant:" * 10_000):  # fmt: skip
        assert read_ballot(Form.OBJECT, reply, LABELS, {}).judgement is None


@settings(max_examples=60)
@given(st.text(max_size=40), st.sampled_from(sorted(SHAPES)), st.sampled_from(THOUGHTS))
def test_answer_of_any_words_comes_out_as_it_went_in(words, shape, thought):
    answer = json.dumps({"rationale": words})
    assert strip_reasoning(SHAPES[shape].replace("{thought}", thought).replace("{answer}", answer)) == answer


def test_message_is_read_whole_or_in_parts():
    text, thought = {"type": "text", "text": "Tea."}, {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    for message, read in (
        ({"content": None}, ("", "", "")),
        ({}, ("", "", "")),
        ({"content": "Tea.", "reasoning_content": "hm"}, ("Tea.", "", "hm")),
        ({"content": "Tea.", "reasoning": "hm", "reasoning_details": [{"text": "hm"}]}, ("Tea.", "", "hm")),
        ({"content": "Tea.", "reasoning": {"effort": "low"}}, ("Tea.", "", "")),
        ({"content": [thought, text]}, ("Tea.", "", "hm")),
        ({"content": [thought, {"type": "text", "text": "Te"}, {"type": "thinking", "thinking": []},
                      {"type": "text", "text": "a."}]}, ("Tea.", "", "hm")),
        ({"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                      {"type": "output_text", "text": "Tea."}]}, ("Tea.", "", "hm")),
        ({"content": [{"type": "text", "text": {"value": "Tea."}}]}, ("Tea.", "", "")),
        ({"content": ["Te", "a."]}, ("Tea.", "", "")),
        ({"content": text}, ("Tea.", "", "")),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, ("", "No.", "")),
        ({"content": None, "refusal": "No."}, ("", "No.", "")),
        *(({"content": "Yes.", "refusal": none}, ("Yes.", "", "")) for none in (False, 0, {}, [], "", None, [None])),
        *(({"content": none, "refusal": "No."}, ("", "No.", "")) for none in (False, 0, {}, [], "", [False])),
        ({"content": "I will not.", "refusal": True}, ("I will not.", "I will not.", "")),
        ({"content": None, "refusal": True}, ("", "the model declined, and did not say why", "")),
        ({"content": "Yes.", "reasoning_content": False, "reasoning": 0}, ("Yes.", "", "")),
        ({"content": [{"type": "image_url", "image_url": {"url": "x"}}, text]}, ("Tea.", "", "")),
        ({"content": []}, ("", "", "")),
    ):  # fmt: skip
        assert (read_text(message), read_refusal(message), read_reasoning(message)[0]) == read, message
    for content in (7, [7], {"type": "text", "text": 7}, [{"type": "text", "text": {"value": [7]}}]):
        with pytest.raises(Unavailable, match="not a chat completion"):
            read_completion({"choices": [{"message": {"content": content}}]}, 0.0)


def test_reply_with_reasoning_alone_says_where_its_text_is():
    for message, key in (
        ({"content": None, "reasoning_content": "{}"}, "reasoning_content"),
        ({"content": " \n", "reasoning": "hm"}, "reasoning"),
        ({"content": [{"type": "thinking", "thinking": "hm"}]}, "parts of type thinking"),
    ):
        reply = read_completion({"choices": [{"message": message}]}, 0.0)
        outcome = unusable_outcome(reply)
        assert outcome["outcome"] == "unreadable"
        assert outcome["reason"] == f"the content is empty, and all text is reasoning ({key})"


def test_shared_cases_of_replies_are_read(real_data):
    lines = (real_data / "cases" / "replies.jsonl").read_text().splitlines()
    bodies = {each["name"]: each["body"] for each in map(json.loads, lines)}
    question = Question(("prompt_label", "response_label", "categories"), rationale=True)
    for name in ("closing_think_only", "mistral_thinking_chunks"):
        reply = read_completion(json.loads(bodies[name]), 0.0)
        assert read_ballot(Form.OBJECT, reply.text, question, {}).judgement, name
    assert (
        "reasoning_content"
        in unusable_outcome(read_completion(json.loads(bodies["answer_in_reasoning_content"]), 0.0))["reason"]
    )
    assert (
        read_generated(Form.RESPONSE, read_completion(json.loads(bodies["generator_think"]), 0.0).text) == "White tea."
    )
    with pytest.raises(Invalid, match="does not decline"):
        read_generated(Form.REFUSAL, read_completion(json.loads(bodies["refusal_only_in_thought"]), 0.0).text)

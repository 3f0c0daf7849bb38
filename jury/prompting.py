"""Build the messages of one request from a prompt version and a dialogue. Pure."""

import hashlib
import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from string import Template
from typing import Any

from corpus.labels import FIELDS, Field, Label
from corpus.shapes import TurnShape
from corpus.turns import has_response, is_of_tools, without_response
from jury.control_tokens import defuse
from jury.questions import ANSWERS, JurorQuestion, answers_schema, describe_answers, describe_questions

CATEGORIES = "categories"
ASKABLE = (*(str(field) for field in FIELDS), CATEGORIES)
"What a juror can be asked for: the label fields and the categories."
MAX_CATEGORIES = 6
"Categories in one answer, at most."
Messages = list[dict[str, str]]
Turns = Sequence[TurnShape]
"The turns of a dialogue, each with `role` and `text`."


class Form(StrEnum):
    """The form of a model's reply, and of the prompt that asks for it."""

    OBJECT = "object"
    "A JSON object with our own keys."
    NEMOGUARD = "nemoguard"
    "The JSON object of NVIDIA's content-safety guards: `User Safety`, `Response Safety`, `Safety Categories`."
    LLAMA_GUARD = "llamaguard"
    "`safe`, or `unsafe` and a line of category codes, for one label field."
    LINES = "lines"
    "The lines of NVIDIA's Nemotron guards: `User Safety: safe`."
    HARM = "harm"
    "The lines of NVIDIA's reasoning guards: `Prompt harm: unharmful`."
    QWEN3GUARD = "qwen3guard"
    "The lines of Qwen3Guard: `Safety`, `Categories`, `Refusal`, for one label field."
    WILDGUARD = "wildguard"
    "The lines of WildGuard and PolyGuard: `Harmful request: no`."
    GRANITE = "granite"
    "`<score>yes</score>` of Granite Guardian, for one label field."
    YESNO = "yesno"
    "Whether a policy is violated, by Yes or No, as of ShieldGemma, for one label field."
    POLICY = "policy"
    "A verdict by a policy in the prompt, as of gpt-oss-safeguard, for one label field."
    MODERATIONS = "moderations"
    "The result of `/v1/moderations`, for one label field."
    RESPONSE = "response"
    "A generated response: the assistant's next turn."
    REFUSAL = "refusal"
    "A generated response that declines."

    @property
    def words(self) -> str:
        """What it is called on pages."""
        return FORM_WORDS[self]

    @property
    def is_generative(self) -> bool:
        """Whether it is for generators instead of jurors."""
        return self in (Form.RESPONSE, Form.REFUSAL)

    @property
    def has_one_verdict(self) -> bool:
        """Whether a reply is about one label field alone."""
        return not self.is_generative and self not in TWO_VERDICTS

    @property
    def asks_questions(self) -> bool:
        """Whether the questions of a project can be asked and answered in it."""
        return self == Form.OBJECT

    @property
    def says_refusal(self) -> bool:
        """Whether a reply about a response says by itself whether that is a refusal."""
        return self in (Form.QWEN3GUARD, Form.WILDGUARD)

    @property
    def names_categories(self) -> bool:
        """Whether a reply can name categories."""
        return self not in (Form.HARM, Form.GRANITE, Form.YESNO)

    @property
    def may_be_cut_off(self) -> bool:
        """Whether a reply that is cut off still has its verdict, which is its first word."""
        return self == Form.YESNO


FORM_WORDS = {
    Form.OBJECT: "JSON object",
    Form.NEMOGUARD: "JSON object of NVIDIA's content-safety guards",
    Form.LLAMA_GUARD: "“safe” or “unsafe” with codes, of Llama Guard",
    Form.LINES: "Lines of NVIDIA's Nemotron guards",
    Form.HARM: "Lines of NVIDIA's reasoning guards",
    Form.QWEN3GUARD: "Lines of Qwen3Guard",
    Form.WILDGUARD: "Lines of WildGuard and PolyGuard",
    Form.GRANITE: "Score of Granite Guardian",
    Form.YESNO: "“Yes” or “No”, as of ShieldGemma",
    Form.POLICY: "Verdict by a policy, as of gpt-oss-safeguard",
    Form.MODERATIONS: "Result of a moderation endpoint",
    Form.RESPONSE: "The next turn of the dialogue",
    Form.REFUSAL: "A next turn that declines",
}
"What pages call the forms."
TWO_VERDICTS = {Form.OBJECT, Form.NEMOGUARD, Form.LINES, Form.HARM, Form.WILDGUARD}
"The forms with a verdict on the prompt and one on the response."


class Send(StrEnum):
    """What is sent about a dialogue."""

    PROMPT = "prompt"
    "Messages in our own words, from the templates of the prompt version."
    TURNS = "turns"
    "The dialogue's own turns as messages; the model's chat template puts its question around them."
    MODERATIONS = "moderations"
    "The text that is judged, to `/v1/moderations`."


@dataclass(frozen=True)
class Prompt:
    """The content of a prompt version's TOML file."""

    user: str = ""
    "Template of the user message; empty for a generator, which receives the dialogue's own turns."
    system: str = ""
    "Template of the system message; no such message is sent if it is empty."
    category: str = "- $slug"
    "Template of one line in the list of categories."
    rationale: bool = False
    "Whether the model writes a rationale before its labels."
    shuffle: bool = False
    "Whether every request lists the categories in another order."
    form: Form = Form.OBJECT
    send: Send = Send.PROMPT
    after: str = ""
    "A further user message after the turns, where a model wants its criterion there."
    extra_body: dict[str, Any] = field(default_factory=dict)
    "Further parameters of every request; those of the juror come on top."

    @property
    def places_questions(self) -> bool:
        """Whether a template says where the questions of a project stand."""
        return any("questions" in Template(text).get_identifiers() for text in (self.system, self.user))

    @classmethod
    def parse(cls, text: str) -> "Prompt":
        """
        Return the prompt that a TOML file describes.

        :raises ValueError: if the text is not TOML or names an unknown form
        :raises TypeError: if it has an unknown key
        """
        content = tomllib.loads(text)
        form, send = Form(content.get("form", Form.OBJECT)), Send(content.get("send", Send.PROMPT))
        return cls(**content | {"form": form, "send": send})


@dataclass(frozen=True)
class Question:
    """What one juror is asked about one item."""

    fields: tuple[str, ...]
    "Some of prompt_label, response_label and categories."
    rationale: bool = False
    "Whether a rationale is asked for."
    questions: tuple[JurorQuestion, ...] = ()
    "The project's questions whose answers are read: those it asks, or the one that a form answers by itself."
    ends_at_prompt: bool = False
    "Whether the dialogue ends before its response, although its last turn may be one of the assistant's."

    def before_response(self, turns: Turns) -> Turns:
        """Return the turns before the response."""
        return turns if self.ends_at_prompt else without_response(turns)


def build_messages(prompt: Prompt, question: Question, turns: Turns, categories: Sequence[str]) -> Messages:
    """
    Return the messages of a request to a juror.

    The dialogue is framed as data, and no text within it can close the frame or is a token of a chat template.

    :param categories: the lines that `render_category` returns, in order
    :return: each with `role` and `content`
    """
    if prompt.send == Send.TURNS:
        return turn_messages(prompt, judged_turns(question, turns))
    questions = describe_questions(question.questions) if prompt.form.asks_questions and question.questions else ""
    frame = boundary(turns, besides=questions)
    about_prompt = prompt.form.has_one_verdict and Field.RESPONSE not in question.fields
    parts = {
        "boundary": frame,
        "dialogue": render_dialogue(turns, frame)
        if prompt.form == Form.OBJECT
        else render_guard_dialogue(turns, up_to_prompt=about_prompt, ends_at_prompt=question.ends_at_prompt),
        "categories": "\n".join(categories),
        "answer": describe_guard_answer(question) if prompt.form == Form.NEMOGUARD else describe_answer(question),
        "judged": "user" if about_prompt else "agent",
        "prompt": render_prompt(question.before_response(turns)),
        "response": defuse(response_text(question, turns)),
        "questions": questions,
    }
    templates = {"system": prompt.system, "user": prompt.user}
    messages = [
        {"role": role, "content": Template(text).substitute(parts).strip()} for role, text in templates.items() if text
    ]
    return with_questions(messages, questions) if questions and not prompt.places_questions else messages


def with_questions(messages: Messages, questions: str) -> Messages:
    """Return messages of a prompt that has no place for questions with them: after the system's text, or else first."""
    first, *others = messages
    texts = [first["content"], questions] if first["role"] == "system" else [questions, first["content"]]
    return [first | {"content": "\n\n".join(texts)}, *others]


def turn_messages(prompt: Prompt, turns: Turns) -> Messages:
    """Return turns as messages, and what the prompt says after them."""
    messages = chat_messages(turns)
    return [*messages, {"role": "user", "content": prompt.after.strip()}] if prompt.after else messages


def chat_messages(turns: Turns) -> Messages:
    """
    Return turns as messages.

    Results of tools, and turns that only call tools, are added to the message before them: the chat templates of guards
    know users and assistants that take turns.
    """
    messages: Messages = []
    for turn in turns:
        text = defuse(turn["text"])
        if is_of_tools(turn) and messages and messages[-1]["role"] != "system":
            messages[-1]["content"] += f"\n\n{text}"
        else:
            messages.append({"role": "user" if is_of_tools(turn) else turn["role"], "content": text})
    return messages


def moderated_text(question: Question, turns: Turns) -> str:
    """Return the text to moderate as it is: the response where that is asked about, or else what the user says."""
    if Field.RESPONSE in question.fields:
        return response_text(question, turns)
    return "\n\n".join(turn["text"] for turn in question.before_response(turns) if turn["role"] == "user")


def judged_turns(question: Question, turns: Turns) -> Turns:
    """Return the turns that a question is about: up to the response, or up to the prompt."""
    return turns if Field.RESPONSE in question.fields else question.before_response(turns)


def response_text(question: Question, turns: Turns) -> str:
    """Return the text of the response; empty where it is not asked about."""
    return turns[-1]["text"] if Field.RESPONSE in question.fields else ""


def render_prompt(turns: Turns) -> str:
    """Return the turns before a response: the text of a single one as it is, of more a line each."""
    if len(turns) == 1:
        return defuse(turns[0]["text"])
    return render_guard_dialogue(turns, up_to_prompt=True, ends_at_prompt=True)


def generation_messages(prompt: Prompt, turns: Turns) -> Messages:
    """Return the messages that ask a generator for the next turn of a dialogue, without the response it may have."""
    dialogue = turn_messages(prompt, without_response(turns))
    if not prompt.system:
        return dialogue
    if dialogue[0]["role"] != "system":
        return [{"role": "system", "content": prompt.system.strip()}, *dialogue]
    # Many endpoints accept only one system message; the generator's own instruction comes last in it.
    return [{"role": "system", "content": f"{dialogue[0]['content']}\n\n{prompt.system.strip()}"}, *dialogue[1:]]


def order_categories(categories: Sequence[Mapping[str, Any]], seed: int | None) -> list[Mapping[str, Any]]:
    """Return the categories shuffled by a seed, or in their own order without one."""
    return list(categories) if seed is None else random.Random(seed).sample(categories, len(categories))  # noqa: S311


def boundary(turns: Turns, besides: str = "") -> str:
    """
    Return the start of a marker line, `--- ` and hexadecimal digits, that occurs nowhere in the dialogue.

    The digits are a prefix of the dialogue's SHA-256, 8 digits or as many more as it takes.

    :param besides: another text in which it does not occur
    """
    text = "\0".join(f"{turn['role']}\0{turn['text']}" for turn in turns)
    digest, text = hashlib.sha256(text.encode()).hexdigest(), f"{text}\0{besides}"
    return next(mark for length in range(8, 65) if (mark := f"--- {digest[:length]}") not in text or length == 64)


def render_guard_dialogue(turns: Turns, *, up_to_prompt: bool, ends_at_prompt: bool = False) -> str:
    """
    Return a dialogue in the format of guard models: a line per turn, after `user:` or `agent:`; the response is marked.

    Further lines of a turn are indented, so that none of them looks like a turn or a marker.

    :param up_to_prompt: leave the response out
    :param ends_at_prompt: the turns have none, although the last may be one of the assistant's
    """
    ends_in_response = has_response(turns) and not ends_at_prompt
    rendered = turns[:-1] if up_to_prompt and ends_in_response else turns
    lines = []
    for at, turn in enumerate(rendered, start=1):
        is_response = ends_in_response and at == len(turns)
        name = "agent" if turn["role"] == "assistant" else turn["role"]
        text = "\n  ".join(defuse(turn["text"]).splitlines())
        lines.append(f"{'response: ' if is_response else ''}{name}: {text}")
    return "\n".join(lines)


def render_dialogue(turns: Turns, frame: str) -> str:
    """
    Return a dialogue with a marker line before each turn and after the last.

    :param frame: the start of every marker line, from `boundary`
    """
    blocks = [f"{frame} {turn['role']}\n{defuse(turn['text'])}" for turn in turns]
    return "\n".join([*blocks, f"{frame} end"])


def render_category(template: str, category: Mapping[str, Any]) -> str:
    """
    Fill in a prompt's template of one category.

    :param category: slug, name, code, definition, included and excluded
    """
    lists = {key: "; ".join(category[key]) for key in ("included", "excluded")}
    return Template(template).substitute({**category, **lists})


def describe_answer(question: Question) -> str:
    """Return an example of the JSON object that answers a question, for the prompt."""
    labels = "|".join(Label)
    shapes = {
        "rationale": '"<one or two sentences>"',
        Field.PROMPT: f'"{labels}"',
        Field.RESPONSE: f'"{labels}"',
        CATEGORIES: '["<slug>", …] (empty if safe, most important first)',
        "other_text": '"<what it is, if categories has other, else empty>"',
        ANSWERS: describe_answers(question.questions),
    }
    return "{" + ", ".join(f'"{key}": {shapes[key]}' for key in answer_keys(question)) + "}"


def describe_guard_answer(question: Question) -> str:
    """Return an example of the JSON object of NVIDIA's guards, for the prompt."""
    keys = ['"User Safety": "safe|unsafe"']
    keys += ['"Response Safety": "safe|unsafe"'] if Field.RESPONSE in question.fields else []
    keys += ['"Safety Categories": "<names, separated by commas; leave the key out if all is safe>"']
    return "{" + ", ".join(keys) + "}"


def answer_keys(question: Question) -> list[str]:
    """Return the keys of the JSON object that answers a question, in the order the model writes them."""
    keys = ["rationale"] if question.rationale else []
    keys += question.fields
    keys += ["other_text"] if CATEGORIES in question.fields else []
    return [*keys, ANSWERS] if question.questions else keys


def answer_schema(question: Question, slugs: Sequence[str]) -> dict[str, Any]:
    """
    Return the JSON schema of the answer to a question, in the strict subset of OpenAI's structured outputs.

    :param slugs: the categories that may be named
    """
    label = {"type": "string", "enum": [str(each) for each in Label]}
    kinds: dict[str, dict[str, Any]] = {
        "rationale": {"type": "string"},
        Field.PROMPT: label,
        Field.RESPONSE: label,
        CATEGORIES: {
            "type": "array",
            "items": {"type": "string", "enum": list(slugs)},
            "maxItems": MAX_CATEGORIES,
        },
        "other_text": {"type": "string"},
        ANSWERS: answers_schema(question.questions),
    }
    keys = [str(key) for key in answer_keys(question)]
    return {
        "type": "object",
        "properties": {key: kinds[key] for key in keys},
        "required": keys,
        "additionalProperties": False,
    }

"""
Separate a reply's reasoning from its answer, in the shapes of models and servers. Pure. Nothing is guessed.

Sources: the reasoning parsers of vLLM and llama.cpp, OpenAI's harmony format, and what users reported of both.
"""

import json
import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.errors import Invalid
from jury.engine.forms.template_tokens import EDGE, NEXT_TURN, first_turn, strip_tokens, trim

MOST = 50
"Blocks of reasoning, and places where an answer may begin, that are looked at in one reply."
NAMES = (
    *("think", "thinking", "thought", "thoughts", "reason", "reasoning", "reflection", "analysis", "scratchpad"),
    *("seed:think", "mm:think", "antthinking", "ant_thinking"),
)
PAIRS = (
    *((rf"<\s*{name}\s*>", rf"<\s*/\s*{name}\s*>") for name in NAMES),
    (r"\[THINK\]", r"\[/THINK\]"),  # Mistral
    ("◁think▷", "◁/think▷"),  # Kimi
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # OpenThinker
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Cohere
    (r"<unused94>(?:thought)?", "<unused95>"),  # MedGemma
    (r"<\|channel>thought", r"<channel\|>"),  # Gemma
)
"The tags around reasoning, as patterns."
TAG = re.compile(
    "|".join(f"(?P<begin_{at}>{begin})|(?P<end_{at}>{end})" for at, (begin, end) in enumerate(PAIRS)), re.IGNORECASE
)
PROSE = (
    # harmony whose markers were lost
    (re.compile(r"analysis(?=\S)(?![a-z.,:;!?)'’-])"), re.compile("assistantfinal")),
    # Granite
    (
        re.compile(r"here(?:['’]s| is) my thought process:", re.IGNORECASE),
        re.compile(r"here(?:['’]s| is) my response:", re.IGNORECASE),
    ),
)
"What reasoning begins and ends with where there are no tags."
CHANNEL = re.compile(r"<\|channel\|>\s*(?:analysis|commentary|final)\b|\A(?:analysis|commentary|final)\s*<\|message\|>")
FINAL = re.compile(
    r"(?:<\|channel\|>|<\|start\|>assistant|\A)\s*final\b[^<\n]*(?:<\|constrain\|>[^<\n]*)?<\|message\|>"
)
"The header of harmony's final channel, which has the answer."
WRAPPED = re.compile(r"<(answer|final_answer|response|output)>(.*)</\1>", re.DOTALL | re.IGNORECASE)
LANGUAGE = re.compile(r"(?:jsonc?|json5|javascript)\b", re.IGNORECASE)
QUOTES = frozenset({"``", "“”", "‘’", "«»", "„“"})
"What stands before and after a quoted tag; straight quotes may as well end one sentence and begin another."
BEFORE_A_WORD = frozenset(" \t(*_\"'")
AFTER_A_WORD = frozenset(" \t).,;:!?*_\"'")


@dataclass(frozen=True)
class Tag:
    """A tag of reasoning within a text."""

    pair: str
    is_end: bool
    is_word: bool
    "It stands in a sentence as a word does, so the text may well speak about it."
    is_quoted: bool
    "It stands in quotes or in a code fence, so the text does."
    start: int
    stop: int


def strip_reasoning(reply: str) -> str:
    """
    Return the answer in a reply: without reasoning, tokens of the chat template, and space around it.

    A tag that the answer mentions, in quotes or in a JSON string, stays.

    :raises Invalid: if the reasoning does not end, or it is not clear where the answer begins
    """
    text = strip_tokens(reply)
    if whole := object_in(text):
        return whole
    if CHANNEL.search(text) and not TAG.match(text):
        return final_channel(text)
    return unwrap(strip_tokens(after_tags(after_words(text))))


def object_in(text: str) -> str:
    """Return the JSON object that a text is, apart from what may stand around an answer; empty if it is none."""
    text = strip_tokens(text)
    return next(filter(is_object, (text, unwrap(first_turn(text)))), "")


def unwrap(text: str) -> str:
    """Return a text without a tag such as `<answer>` around all of it."""
    wrapped = WRAPPED.fullmatch(text)
    return strip_tokens(wrapped[2]) if wrapped else text


def is_object(text: str) -> bool:
    """Return whether a text is one JSON object, so that a tag in it is part of a string."""
    try:
        return isinstance(decode(text), dict)
    except (ValueError, RecursionError):
        return False


def decode(text: str, **options: Any) -> Any:
    """
    Return the value of a JSON text, which may be in a code fence or in a JSON string. Its texts may have line ends.

    :param options: of `json.loads`
    :raises ValueError, RecursionError: if it is no JSON
    """
    value = json.loads(unfence(text), strict=False, **options)
    return (
        json.loads(value, strict=False, **options)
        if isinstance(value, str) and value.lstrip().startswith("{")
        else value
    )


def unfence(text: str) -> str:
    """Return a text without the marks of a code fence around it and the language they name."""
    bare = text.strip(EDGE + "`~")
    language = LANGUAGE.match(bare)
    return trim(bare[language.end() :]) if language else bare


def final_channel(text: str) -> str:
    """
    Return the text of harmony's final channel.

    :raises Invalid: if there is none, or it is not clear which one it is
    """
    answers = [text[header.end() :] for header in list(FINAL.finditer(text))[-MOST:]]
    if not answers:
        raise never_ends()
    if whole := next(filter(None, map(object_in, answers)), ""):
        return whole
    if len(answers) > 1:
        raise unclear("there are several final channels")
    return unwrap(first_turn(strip_tokens(answers[0])))


def after_words(text: str) -> str:
    """
    Return what follows reasoning that begins and ends with words instead of tags; the text itself if there is none.

    :raises Invalid: if the reasoning does not end
    """
    for begin, end in PROSE:
        if begin.match(text):
            if not (found := end.search(text)):
                raise never_ends()
            return strip_tokens(text[found.end() :])
    return text


def after_tags(text: str) -> str:
    """
    Return what follows the blocks of reasoning; the text itself if there are none.

    :raises Invalid: if a block does not end, or a tag within the answer may be one of reasoning
    """
    tags = list(tags_of(text))
    if not tags:
        return first_turn(text)
    for start in [0, *(tag.stop for tag in tags if tag.is_end)][-MOST:]:
        # At most one of them is followed by an object and nothing else: a tag in a string of it is not.
        if whole := object_in(text[start:]):
            return whole
    text = text[end_of_blocks(text, tags) :]
    return after_loose_tags(text, [tag for tag in tags_of(text) if not tag.is_quoted])


def after_loose_tags(text: str, tags: Sequence[Tag]) -> str:
    """
    Return what follows a block that began in the question; the text itself if there is none.

    :param tags: those of the text
    :raises Invalid: if a tag within the answer may be one of reasoning
    """
    next_turn = NEXT_TURN.search(text)
    stop = next_turn.start() if next_turn else len(text)
    clear = [tag for tag in tags if not tag.is_word]
    if any(not tag.is_end for tag in clear if tag.start < stop):
        raise unclear("reasoning begins within it")
    start = max((tag.stop for tag in clear if tag.is_end and tag.start < stop), default=0)
    after = next((tag for tag in tags if tag.start >= stop), None)
    if any(tag.is_end for tag in tags if start <= tag.start < stop) or (after and after.is_end and not start):
        raise unclear("it mentions the end of reasoning")
    return text[start:stop]


def end_of_blocks(text: str, tags: Sequence[Tag]) -> int:
    """
    Return the position after the blocks of reasoning that a text begins with; 0 if there are none.

    :raises Invalid: if a block does not end, or there are too many
    """
    end = 0
    for _ in range(MOST + 1):
        if not tags or tags[0].is_end or trim(text[end : tags[0].start]):
            return end
        end = end_of_block([tag for tag in tags if not tag.is_quoted]) or end_of_block(tags)
        if not end:
            raise never_ends()
        tags = [tag for tag in tags if tag.start >= end]
    raise Invalid("reply", f"there are more than {MOST} blocks of reasoning")


def end_of_block(tags: Sequence[Tag]) -> int:
    """Return the position after the block that the first tag begins, blocks within it too; 0 if it does not end."""
    end, depth = 0, 0
    for tag in tags:
        if tag.pair == tags[0].pair:
            depth += -1 if tag.is_end else 1
            end = tag.stop if tag.is_end else end
            if depth == 0:
                break
    return end


def tags_of(text: str) -> Iterator[Tag]:
    """Yield the tags of reasoning in a text."""
    fences = [found.start() for found in re.finditer(r"^(?:```|~~~)", text, re.MULTILINE)]
    for found in TAG.finditer(text):
        before, after = text[max(found.start() - 1, 0) : found.start()], text[found.end() : found.end() + 1]
        is_word = before in BEFORE_A_WORD and after in AFTER_A_WORD
        is_quoted = before + after in QUOTES or bisect(fences, found.start()) % 2 == 1
        kind, _, pair = (found.lastgroup or "").partition("_")
        yield Tag(pair, kind == "end", is_word, is_quoted, found.start(), found.end())


def never_ends() -> Invalid:
    """Return the error for reasoning without an answer after it."""
    return Invalid("reply", "the reasoning does not end")


def unclear(why: str) -> Invalid:
    """Return the error for an answer of which nobody can say where it begins."""
    return Invalid("reply", f"it is not clear where the answer begins: {why}")

"""The tokens of chat templates that models and servers leave in a reply, and the space around an answer. Pure."""

import re

EDGE = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
EDGE += "".join(map(chr, range(0x2000, 0x200E)))
"White space, marks without width and the byte order mark, which mean nothing at the ends of a text."
MOST = 50
"Tokens that are taken off one end of a text."
OPENING = re.compile(
    r"<\|(?:im_start|start|start_header_id|begin_of_text|startoftext|START_OF_TURN_TOKEN)\|>(?:assistant|model)?"
    r"|<\|(?:end_header_id|im_sep|message|assistant|CHATBOT_TOKEN|START_RESPONSE|begin_of_(?:solution|box))\|>"
    r"|<start_of_turn>(?:model)?|<bos>|<｜(?:Assistant|begin▁of▁sentence)｜>|assistant(?=:?\s*\n)"
)
"What a chat template writes before an answer."
CLOSING = (
    r"(?:<\|(?:im_end|eot_id|eom_id|end|return|call|endoftext|end_of_(?:text|turn|solution|box)|eos|user|observation"
    r"|END_OF_TURN_TOKEN|END_RESPONSE)\|>|<end_of_turn>|<turn\|>|<eos>|<｜end▁of▁sentence｜>)"
)
LAST = re.compile(rf"{CLOSING}\Z")
NEXT_TURN = re.compile(rf"{CLOSING}\s*(?:<\|(?:im_start|start|start_header_id|user)\|>|<start_of_turn>)")
"Where a model that does not stop after its answer begins another turn."


def trim(text: str) -> str:
    """Return a text without white space and marks without width at its ends."""
    return text.strip(EDGE)


def strip_tokens(text: str) -> str:
    """Return a text without tokens of a chat template, and space, at its ends."""
    text = trim(text)
    for _ in range(MOST):
        if not (opening := OPENING.match(text)):
            break
        text = trim(text[opening.end() :])
    for _ in range(MOST):
        if not (last := LAST.search(text[-40:])):
            break
        text = trim(text[: -len(last[0])])
    return without_sentence_marks(text)


def without_sentence_marks(text: str) -> str:
    """Return a text without `<s>` before and `</s>` after it, which within it are struck out words in HTML."""
    begins, ends = text.startswith("<s>"), text.endswith("</s>")
    if begins and (ends or "</s>" not in text):
        return trim(text[3:].removesuffix("</s>"))
    return trim(text[:-4]) if ends and "<s>" not in text else text


def first_turn(text: str) -> str:
    """Return a text up to where the model went on with another turn."""
    turn = NEXT_TURN.search(text)
    return trim(text[: turn.start()]) if turn else text

"""
Keep tokens of chat templates in a dialogue from being read as such by an endpoint. Pure.

Servers that render messages into one text (vLLM and llama.cpp among them) read `<|im_end|>` in a message as the end of
the message: a dialogue could close the question about it and begin the answer. Hosted models mostly do not.
"""

import re

TOKEN = re.compile(
    r"<(?=\|[\w-]{1,40}\|?>|[\w-]{1,40}\|>|｜[\w▁-]{1,40}｜>)"  # <|im_end|>, <|turn>, <turn|>, <｜User｜>
    r"|<(?=/?(?:s|bos|eos|pad|start_of_turn|end_of_turn|unused\d+|(?:\w+[:_])?think(?:ing)?|thought|reasoning)>)"
    r"|<(?=</?SYS>>)|\[(?=/?(?:INST|THINK|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])|◁(?=/?think▷)",
    re.IGNORECASE,
)
"The first character of a token, or of a tag of reasoning."
BREAK = "\u200b"
"A space without width: the text reads the same, and is no token any more."


def defuse(text: str) -> str:
    """Return a text in which no token of a chat template is one, for people and models to read as before."""
    return TOKEN.sub(lambda found: found[0] + BREAK, text)

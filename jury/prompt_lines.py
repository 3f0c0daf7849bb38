"""Find the line of a prompt's text that an error is about. Pure."""

import re

KEYS = ("user", "system", "category", "after", "rationale", "shuffle", "form", "send", "extra_body")


def line_of_error(text: str, message: str) -> int | None:
    """
    Return the number of the line, from 1, that a message of `parse_prompt` is about; None if it is about none.

    :param text: of the prompt
    """
    if found := re.search(r"at line (\d+)", message):
        return int(found[1])
    if "has $" in message and (part := re.search(r"\$(\w+)", message)):
        return line_with(text, rf"\$\{{?{part[1]}\b")
    named = [key for key in re.findall(r"\w+", message) if line_with(text, key_pattern(key))]
    return line_with(text, key_pattern(named[0])) if named else None


def key_pattern(key: str) -> str:
    """Return what matches the line on which a key is set."""
    return rf"^\s*{re.escape(key)}\s*="


def line_with(text: str, pattern: str) -> int | None:
    """Return the number of the first line that a pattern is found in."""
    return next((at for at, line in enumerate(text.splitlines(), start=1) if re.search(pattern, line)), None)

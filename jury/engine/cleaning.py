"""Clean what comes from outside, once where it enters, so that everything behind it can be stored. Pure."""

import json
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BIGGEST_COUNT = 2**31 - 1
"The largest number of an integer column."
LENIENT = json.JSONDecoder(strict=False)
"Takes control characters in texts."
FEW_PARTS = 100
"Of so few, none can be nested too deeply for what comes after."
MOST_PARTS = 200_000
"Brackets in JSON that is parsed: megabytes of empty objects would take a hundred times their memory."


def clean_text(value: Any) -> str:
    """
    Return a text that PostgreSQL can store, with a replacement character for each lone surrogate and NUL.

    :param value: a text; None is an empty one
    :raises TypeError: if the value is neither
    """
    if not isinstance(value, str | None):
        raise TypeError(f"{type(value).__name__} is not a text")
    text = value or ""
    try:
        text.encode()
    except UnicodeEncodeError:  # by way of UTF-16, which joins the two halves of a character that came apart
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", REPLACEMENT)


def clean_count(value: Any) -> int:
    """Return a count as a number from 0 to `BIGGEST_COUNT`; 0 if it is not a number."""
    try:
        return min(max(int(value or 0), 0), BIGGEST_COUNT)
    except OverflowError:  # JSON of Python may contain 1e400 and Infinity
        return BIGGEST_COUNT if value > 0 else 0
    except (TypeError, ValueError):
        return 0


def clean_json(value: Any) -> Any:
    """
    Return parsed JSON with every text in it clean.

    :raises RecursionError: if it is nested too deeply
    """
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean_json(each) for each in value]
    if isinstance(value, dict):
        return {clean_text(key): clean_json(each) for key, each in value.items()}
    return value


def read_json(content: bytes) -> Any:
    """
    Return parsed JSON with every text in it clean. Bytes that are no characters are replaced.

    :param content: UTF-8, UTF-16 or UTF-32, with or without a byte order mark
    :raises ValueError: if it is not JSON, nested too deeply, or has more than `MOST_PARTS` objects and lists
    """
    if (parts := content.count(b"{") + content.count(b"[")) > MOST_PARTS:
        raise ValueError("it has too many parts")
    try:
        text = content.decode(json.detect_encoding(content), "replace")
        parsed = LENIENT.decode(text)
        # Decoded bytes have no lone surrogate: those come by escapes alone. Most replies have none, nor a NUL, and are
        # not deep.
        return clean_json(parsed) if "\\u" in text or "\0" in text or parts > FEW_PARTS else parsed
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def error_line(error: BaseException) -> str:
    """Return the kind of an error and its first line: the further ones of PostgreSQL repeat the row."""
    first, *_ = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {clean_text(first)[:300]}"

"""Checks of single values, shared by every kind of import."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

from corpus.errors import Invalid
from corpus.importing.limits import Limits
from corpus.labels import normalize, preview

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def clean_text(value: object, field: str, *, limit: int | None = None) -> str:
    """
    Return the text back if a database and a file can hold it.

    :raises Invalid: if it is no text, too long, or has a NUL or bytes that are not UTF-8
    """
    if not isinstance(value, str):
        raise Invalid(field, f"{preview(value)} is not text")
    if limit is not None and len(value) > limit:
        raise Invalid(field, f"{len(value):,} characters, {limit:,} are allowed")
    if "\0" in value:
        raise Invalid(field, "it holds a NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Invalid(field, f"it is not valid UTF-8 at character {error.start}") from error
    return value


def clean_name(value: object, field: str, *, limit: int) -> str:
    """
    Check an id or a name: 1 to `limit` characters, none of them a control character.

    A whole number is taken as its digits.

    :raises Invalid: otherwise
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        raise Invalid(field, "it is missing")
    text = clean_text(value, field, limit=limit)
    if CONTROL.search(text):
        raise Invalid(field, "it holds a control character")
    return text


def optional_text(value: object, field: str, *, limit: int) -> str:
    return "" if value is None else clean_text(value, field, limit=limit)


def is_absent(value: object) -> bool:
    """Tell whether a cell is empty: None, or the NaN that stands for it in numeric columns."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def parse_categories(value: object, field: str, spellings: Mapping[str, str]) -> tuple[str, ...]:
    """
    Read categories from a list, or from text joined by `;`, each as a slug or in any known spelling.

    :param spellings: folded spelling to slug
    :raises Invalid: if one is not of the taxonomy
    """
    if is_absent(value):
        return ()
    if isinstance(value, str):
        value = [part for part in value.split(";") if part.strip()]
    if not isinstance(value, list):
        raise Invalid(field, f"{preview(value)} is neither a list nor text")
    slugs = dict.fromkeys(find_category(name, field, spellings) for name in value)
    return tuple(slugs)


def find_category(name: object, field: str, spellings: Mapping[str, str]) -> str:
    if not isinstance(name, str):
        raise Invalid(field, f"{preview(name)} is not text")
    if slug := spellings.get(name) or spellings.get(normalize(name)):
        return slug
    raise Invalid(field, f"{preview(name)} is not a category of the taxonomy")


def parse_seconds(value: object, field: str) -> float | None:
    if is_absent(value) or value == "":
        return None
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise Invalid(field, f"{preview(value)} is not a number") from error
    if not 0 <= seconds < math.inf:
        raise Invalid(field, f"{preview(value)} is not a time a person can take")
    return seconds


def parse_moment(value: object, field: str) -> datetime | None:
    """Read an ISO 8601 moment; one without a zone is UTC."""
    if is_absent(value) or value == "":
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)  # type: ignore[arg-type]
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid(field, f"{preview(value)} is not a date and time in ISO 8601") from error


def check_json(value: object, field: str, limits: Limits) -> None:
    """
    Check that foreign JSON can be stored: bounded depth, clean text, numbers of 64 bits.

    :raises Invalid: otherwise
    """
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > limits.depth:
            raise Invalid(field, f"nested deeper than {limits.depth}")
        if isinstance(each, str):
            clean_text(each, field, limit=limits.field)
        elif isinstance(each, int) and not -(2**63) <= each < 2**64:
            raise Invalid(field, "a whole number of more than 64 bits")
        elif isinstance(each, dict | list):
            waiting.extend((inner, depth + 1) for inner in members(each, field))
        elif not isinstance(each, int | float | date | None):  # Parquet has more types than JSON
            raise Invalid(field, f"a {type(each).__name__} has no form in JSON")


def is_plainly_fit(value: dict[str, Any], limits: Limits) -> bool:
    """Tell at a glance what nearly always holds: an object that, written out, is short, shallow and without NUL."""
    try:
        written = orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    is_shallow = written.count(b"[") + written.count(b"{") <= limits.depth
    return is_shallow and len(written) <= limits.field and b"\\u0000" not in written


def members(value: dict[Any, Any] | list[Any], field: str) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
        return
    for key, inner in value.items():
        clean_text(key, field)
        yield inner

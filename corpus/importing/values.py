"""Parse and check single values; shared by all imports."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson

from corpus.errors import Invalid
from corpus.importing.limits import Limits
from corpus.labels import normalize, preview

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)? ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
    r"|[0-9]{8}([Tt][0-9]{4}([0-9]{2})?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)
"ISO 8601 in its two usual forms, 2024-03-10T02:30:00Z and 20240310T023000Z; the time may be left out."
BEFORE_ZONE = re.compile(r" (?=[Z+-])")
"The blank that Git and Ruby write before a zone."
EPOCH, DAY = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=1)
MAY_BE_ABSENT = frozenset({type(None), float})
"The types of values of which some are absent."
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def clean_text(value: object, field: str, *, limit: int | None = None) -> str:
    """
    Return the text if a database and a file can store it.

    :param limit: characters; None for no limit
    :raises Invalid: if it is not text, is too long, or has a NUL or bytes that are not UTF-8
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
    Return an id or a name of 1 to `limit` characters. A whole number becomes its digits.

    :raises Invalid: if it is missing, too long, not text, or has a control character
    """
    if type(value) is str and value.isascii() and value.isprintable() and 0 < len(value) <= limit:  # mostly
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        raise Invalid(field, "it is missing")
    text = clean_text(value, field, limit=limit)
    if not text.isprintable() and CONTROL.search(text):
        raise Invalid(field, "it holds a control character")
    return text


def optional_text(value: object, field: str, *, limit: int) -> str:
    """
    Return a text that may be absent; empty if it is.

    :raises Invalid: as `clean_text`
    """
    return "" if value is None else clean_text(value, field, limit=limit)


def is_absent(value: object) -> bool:
    """Return whether a cell is empty: None, or NaN, as numeric columns write it."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def decoded(value: Any, field: str) -> Any:
    """
    Return the value of a text that is JSON, as tables hold it, or else the value itself.

    :raises Invalid: if an object in it has a key twice
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return from_json(value, field)
        except (ValueError, RecursionError):
            return value
    return value


def from_json(text: str, field: str) -> Any:
    """
    Return the value that a text is in JSON.

    :raises ValueError: if it is not JSON
    :raises RecursionError: if it is nested too deep
    :raises Invalid: if an object in it has a key twice, of which one value would be lost
    """

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
            raise Invalid(field, f"the key {preview(twice)} is given twice")
        return members

    return json.loads(text, object_pairs_hook=as_object)


def parse_categories(value: object, field: str, spellings: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return the slugs of categories in a list or in text joined by `;`, each once, in any known spelling.

    :param spellings: normalized spelling to slug
    :raises Invalid: if one is not in the taxonomy
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
    """
    Return the slug of a category.

    :raises Invalid: if it is not in the taxonomy
    """
    if not isinstance(name, str):
        raise Invalid(field, f"{preview(name)} is not text")
    if slug := spellings.get(name) or spellings.get(normalize(name)):
        return slug
    raise Invalid(field, f"{preview(name)} is not a category of the taxonomy")


def parse_seconds(value: object, field: str) -> float | None:
    """
    Return a time in seconds; None if absent.

    :raises Invalid: if it is not a number, or is negative or infinite
    """
    if is_absent(value) or value == "":
        return None
    try:
        seconds = float("" if isinstance(value, bool) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid(field, f"{preview(value)} is not a number") from error
    if not 0 <= seconds < math.inf:
        raise Invalid(field, f"{preview(value)} is not a time a person can take")
    return seconds


def parse_moment(value: object, field: str, *, now: datetime | None = None) -> datetime | None:
    """
    Return an ISO 8601 date and time in UTC; None if absent. Without a zone it is taken as UTC.

    :param now: the current time
    :raises Invalid: if it is no such date and time, or is not after 1970 and before tomorrow
    """
    if is_absent(value) or value == "":
        return None
    try:
        moment = as_moment(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(field, f"{preview(value)} is not a date and time in ISO 8601") from error
    if not EPOCH < moment < (now or datetime.now(UTC)) + DAY:
        raise Invalid(field, f"{preview(value)} is not after 1970 and before tomorrow")
    return moment


def as_moment(value: object) -> datetime:
    """
    Return a date, or text in ISO 8601, as a date and time.

    :raises ValueError: if it is neither; a number may be seconds or milliseconds of any epoch, so it is not guessed at
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if not isinstance(value, str) or not MOMENT.fullmatch(value.strip()):
        raise ValueError
    return datetime.fromisoformat(BEFORE_ZONE.sub("", value.strip().upper()))


def check_json(value: object, field: str, limits: Limits) -> None:
    """
    Check that unknown JSON can be stored: its depth, its texts, and whole numbers of at most 64 bits.

    :raises Invalid: if it cannot
    """
    open_values = [iter((value,))]
    while open_values:
        for each in open_values[-1]:
            if len(open_values) > limits.depth:
                raise Invalid(field, f"nested deeper than {limits.depth}")
            check_json_value(each, field, limits)
            if isinstance(each, dict | list):
                open_values.append(members(each, field))
                break
        else:
            open_values.pop()


def check_json_value(value: object, field: str, limits: Limits) -> None:
    """
    Check one value, without what is in it.

    :raises Invalid: if it cannot be stored
    """
    if isinstance(value, str):
        clean_text(value, field, limit=limits.field)
    elif isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise Invalid(field, "a whole number of more than 64 bits")
    elif isinstance(value, float) and math.isinf(value):
        raise Invalid(field, "an infinite number has no form in JSON")
    elif not isinstance(value, dict | list | int | float | date | time | None):  # Parquet has types that JSON lacks
        raise Invalid(field, f"a {type(value).__name__} has no form in JSON")


def plain_json(value: dict[str, Any], limits: Limits) -> bytes | None:
    """
    Return an object as JSON if that is short and shallow, without NUL and null: a fast check that mostly passes.

    Return None where that is not certain: then `check_json` says whether it can be stored.
    """
    try:
        written = sorted_json(value)
    except (TypeError, ValueError, RecursionError):
        return None
    is_shallow = written.count(b"[") + written.count(b"{") <= limits.depth
    is_plain = is_shallow and len(written) <= limits.field and b"\\u0000" not in written and b"null" not in written
    return written if is_plain else None


def sorted_json(value: dict[str, Any]) -> bytes:
    """Return an object as JSON with its keys sorted, so that equal objects are the same bytes."""
    # A copy is as long as it looks; what orjson returns keeps the room it was written in, several times as much.
    return bytes(memoryview(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)))


def members(value: dict[Any, Any] | list[Any], field: str) -> Iterator[Any]:
    """
    Yield the values in an object or a list.

    :raises Invalid: if a key of an object cannot be stored
    """
    if isinstance(value, list):
        yield from value
        return
    for key, inner in value.items():
        clean_text(key, field)
        yield inner


def one_line_end(text: str) -> str:
    """Return a text with line feeds for all its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")

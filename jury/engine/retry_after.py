"""Read from the headers of a refusal how long to wait."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def seconds_to_wait(headers: Mapping[str, str], now: float) -> float | None:
    """
    Return how many seconds to wait before the next call; None where the endpoint does not say.

    Sources: RFC 9110, 10.2.3 (`Retry-After`, seconds or a date); OpenAI's `retry-after-ms` and
    `x-ratelimit-reset-requests` and `-tokens` (as `1m30s`), each only if nothing remains of its limit.
    """
    if (milliseconds := parse_number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    if after := headers.get("retry-after"):
        seconds = parse_number(after)
        return seconds if seconds is not None else seconds_until(after, now)
    resets = [
        reset
        for kind in ("requests", "tokens")
        if parse_number(headers.get(f"x-ratelimit-remaining-{kind}")) == 0
        and (reset := parse_duration(headers.get(f"x-ratelimit-reset-{kind}", ""))) is not None
    ]
    return max(resets, default=None)


def parse_number(text: str | None) -> float | None:
    """Return a decimal number that is not negative; None if the text is no such number."""
    return float(text) if text and re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", text) else None


def seconds_until(date: str, now: float) -> float | None:
    """Return the seconds until an HTTP date; None if it is not a date."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def parse_duration(text: str) -> float | None:
    """Return the seconds of a text such as `1.5`, `1h2m3.5s` or `20ms`; None if it is no duration."""
    if (seconds := parse_number(text)) is not None:
        return seconds
    if not re.fullmatch(r"(\d{1,9}(\.\d{1,9})?(ms|h|m|s))+", text):
        return None
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(amount) * units[unit] for amount, unit in re.findall(r"([\d.]+)(ms|h|m|s)", text))

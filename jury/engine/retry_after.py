"""For how long an endpoint wants to be left alone."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def seconds_to_wait(headers: Mapping[str, str], now: float) -> float | None:
    """
    Read for how long an endpoint wants to be left alone; None where it does not say.

    Sources: RFC 9110, 10.2.3 (`Retry-After`, seconds or a date); OpenAI's `retry-after-ms` and
    `x-ratelimit-reset-requests`, `-tokens` (as `1m30s`), of which those with nothing remaining count.
    """
    if (milliseconds := number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    if after := headers.get("retry-after"):
        seconds = number(after)
        return seconds if seconds is not None else until(after, now)
    resets = [
        reset
        for kind in ("requests", "tokens")
        if number(headers.get(f"x-ratelimit-remaining-{kind}")) == 0
        and (reset := duration(headers.get(f"x-ratelimit-reset-{kind}", ""))) is not None
    ]
    return max(resets, default=None)


def number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", text) else None


def until(date: str, now: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def duration(text: str) -> float | None:
    """Read seconds, or hours to milliseconds as `1h2m3.5s` and `20ms`."""
    if (seconds := number(text)) is not None:
        return seconds
    if not re.fullmatch(r"(\d{1,9}(\.\d{1,9})?(ms|h|m|s))+", text):
        return None
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(amount) * units[unit] for amount, unit in re.findall(r"([\d.]+)(ms|h|m|s)", text))

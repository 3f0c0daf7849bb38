"""Values and requests that a hostile or broken client sends, each a kind of its own."""

import base64
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

TEXTS = ["", "-1", "9" * 30, "a\0b", "\u202ea\r\nSet-Cookie: b=c", "x" * 20_000]
POSITIONS = ["\0", "x", "9" * 30, "-1", "²", "٣", "1.5", "", "1,2", "'", "9223372036854775808", "\ud800"]
NAMES = [
    "cursor", "page_size", "page", "at", "p", "before", "after", "field", "words", "label", "category", "state",
    "source", "margin", "since", "until", "verb", "actor", "subject", "text", "outcome", "id", "status", "license",
    "policy", "quorum", "caution", "format", "truncate", "raw", "name", "kind", "next", "from", "key", "url", "prompt",
    "bom", "tab", "release", "split", "sources", "sort", "refusals", "redacted", "similar", "cluster", "error",
    "risk", "score_by",
]  # fmt: skip
"Query parameters of all pages and routes."
PATH_VALUES = ["9" * 30, "a\0b\n", "x" * 3_000]
FIELDS = [
    "prompt_label", "response_label", "categories", "other_text", "rationale", "seconds", "guideline", "lease",
    "reason", "seen", "votes", "keeps_open", "state", "field", "source", "category", "margin", "policy", "quorum",
    "caution", "jurors", "limit", "budget_usd", "max_calls", "retry", "cache", "name", "model", "base_url",
    "api_key_env", "prompt", "asks", "response_format", "temperature", "max_tokens", "concurrency",
    "requests_per_minute", "tokens_per_minute", "price_in", "price_out", "timeout_seconds", "transport", "in_panel",
    "version", "splits", "seed", "licenses", "date", "truncate", "item", "summary", "body", "after", "question-0",
    "answer-0", "do", "kind", "file", "username", "role", "lease_minutes", "daily_cap", "break_after_minutes",
    "break_minutes", "gold_percent", "repeat_percent", "audit_percent", "size", "people", "hold_minutes", "minutes",
    "time_zone", "masks_text", "opted_out", "next", "text", "slug", "tier", "definition", "is_sure", "project",
    "slugs", "counts_as", "into", "position", "revision", "at", "changes", "based_on", "is_preview", "new_slug", "code",
    "scopes", "days", "note", "items", "generator", "what", "close", "password", "trained_on", "allow_trained",
    "key", "guidance", "type", "choices", "asked_of", "about", "is_required", "opens_cases", "is_retired", "answers",
    "kinds", "is_active", "delivery", "rhythm", "address",
    "based_on", "revision", "juror", "split_by", "similar_apart", "stops_early", "most_votes",
    "orders_by", "random_percent", "score_by",
]  # fmt: skip
"Fields of all bodies."
JSON_VALUES: list[Any] = [
    None, "", "a\0b", "\ud800", 10**30, 2**63, -1, 1.5, True, [[]], ["a\0b"], {"a": 1}, ["x" * 300] * 50,
]  # fmt: skip
BODIES = [
    b"\xff", b"\xef\xbb\xbf{}", b"[", b"null", b"[]", b"1", b'"x"', b"[" * 100_000, b"1" * 5_000, b'{"a": NaN}',
    b'{"field": "", "field": ""}', "{}".encode("utf-16"), b'{"state": "\\ud800"}', b"{}x", b'{"source": "\\u0000"}',
]  # fmt: skip
CONTENT_TYPES = [
    "", "application/json; charset=no-such", "multipart/form-data", "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded", "a/b/c",
]  # fmt: skip


def queries(number: int) -> Iterator[str]:
    """
    Yield query strings with every parameter, each with one hostile value.

    Half a character is read at one place for all URLs, as a sign for what is none, so that every fifth URL has it.

    :param number: of the URL
    """
    yield from (urlencode(dict.fromkeys(NAMES, text)) for text in ("9" * 30, "a\0b"))
    if number % 5 == 0:
        yield "&".join(f"{name}=%ED%A0%80" for name in NAMES)


def cursors() -> Iterator[str]:
    """Yield query strings with a cursor to a hostile position, and no other parameter."""
    for position in POSITIONS:
        text = f"p={quote(position, errors='surrogatepass')}&r=1&o={'9' * 30}"
        yield urlencode({"cursor": base64.b64encode(text.encode()).decode()})
    yield from (f"cursor={value}" for value in ("====", "%00", "cD0x*", "é", "AAAA"))


@cache
def bodies() -> list[tuple[str, bytes]]:
    """Return content types and bodies of REST calls, with every field at one hostile value."""
    return [("application/json", json.dumps(dict.fromkeys(FIELDS, value)).encode()) for value in JSON_VALUES]


@cache
def forms() -> list[tuple[str, bytes]]:
    """Return content types and bodies of forms, with every field at one hostile value."""
    kind = "application/x-www-form-urlencoded"
    return [(kind, urlencode(dict.fromkeys(FIELDS, text)).encode()) for text in TEXTS]


def other_types(url: str, number: int) -> list[tuple[str, bytes]]:
    """
    Return bodies of another content type than a URL takes.

    One parser reads the bodies of all forms, and one those of all routes but where files are imported, so that the next
    URL may have the next type.

    :param number: of the URL
    """
    kinds = CONTENT_TYPES if url.startswith("/api/") else CONTENT_TYPES[1:4]
    return [(kind, b"a=b") for kind in (kinds if url.endswith("/import/") else [kinds[number % len(kinds)]])]


ONE_BY_ONE = {
    "/projects/{slug}/votes/": ["words", "label", "category", "at"],
    "/projects/{slug}/items/": [
        "id",
        "text",
        "status",
        "source",
        "license",
        "category",
        "prompt_label",
        "sort",
        "after",
        "before",
        "at",
    ],
    "/projects/{slug}/imports/": ["at"],
    "/projects/{slug}/webhooks/{webhook}/": ["at"],
    "/projects/{slug}/events/": ["verb", "actor", "subject", "text", "since", "until", "before"],
    "/projects/{slug}/cases/": ["state", "field", "source", "category", "margin", "at"],
    "/projects/{slug}/quality/": ["tab", "field", "against", "sort", "at"],
    "/projects/{slug}/quality/state/": ["since", "tab"],
    "/projects/{slug}/quality/advice/": ["field", "at"],
    "/projects/{slug}/quality/certified/": ["error", "risk", "score_by"],
    "/api/v1/projects/{slug}/certified/": ["error", "risk", "score_by"],
    "/projects/{slug}/quality/policies/": ["policy", "quorum", "caution", "score_by", "field", "before", "after", "at"],
    "/projects/{slug}/releases/compare/": ["before", "after"],
    "/projects/{slug}/taxonomy/": ["tab", "with"],
    "/projects/{slug}/taxonomy/change/": ["do", "slug"],
    "/projects/{slug}/taxonomy/file/": ["format", "version"],
    "/api/v1/projects/{slug}/items/": ["id", "text", "status", "source", "license", "category", "page_size"],
    "/api/v1/projects/{slug}/cases/": ["state", "field", "source", "category", "margin", "page_size"],
    "/api/v1/projects/{slug}/policy/compare/": ["quorum", "caution", "field", "before", "after", "page", "page_size"],
    "/api/v1/projects/{slug}/export/": ["format", "policy", "truncate", "raw", "bom", "license"],
}
"Parameters of the lists, where one invalid parameter keeps the others from being used."
USED = {
    "/api/v1/projects/{slug}/policy/compare/": {"policy": "human"},
    "/projects/{slug}/quality/policies/": {"policy": "human"},
    "/projects/{slug}/taxonomy/": {"tab": "compare"},
    "/projects/{slug}/releases/compare/": {"before": "1.0", "after": "1.0"},
}
"Other parameters that such a request needs."


def single_parameters() -> Iterator[tuple[str, str]]:
    """Yield URLs with a query string of one hostile parameter."""
    for url, names in ONE_BY_ONE.items():
        for name in names:
            for text in ("9" * 30, "²", "a\0b", "x" * 20_000, "\\", "10000-01-01"):
                yield url, urlencode(USED.get(url, {}) | {name: text})

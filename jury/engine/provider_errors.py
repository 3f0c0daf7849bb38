"""
What an endpoint's error or finish reason means: a content filter, a juror without access, or a fault.

Sources: the error pages of OpenAI, Azure OpenAI, Anthropic, Gemini and Vertex, Bedrock, Mistral, OpenRouter, DashScope,
DeepSeek, Moonshot, Zhipu, xAI, Cohere, Databricks, Portkey, LiteLLM and vLLM, and what users report of them.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jury.engine.reply import (
    AccessRefused,
    Billing,
    Declined,
    Reply,
    RetryableError,
    Unavailable,
    brief,
    read_completion,
)
from jury.engine.retry_after import seconds_to_wait

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@lru_cache(maxsize=256)  # every reply has a finish reason, mostly the same
def folded(*names: str) -> frozenset[str]:
    """Return names as they are compared: `CONTENT_FILTER`, `content-filter` and `ContentFilter` are one."""
    return frozenset(re.sub(r"[^a-z0-9]", "", name.lower()) for name in names)


FILTERED = folded(
    *("content_filter", "content_filtered", "content_policy", "content_policy_violation", "moderation", "moderated"),
    *("ContentPolicyViolationError", "ResponsibleAIPolicyViolation", "moderation_blocked", "content_blocked"),
    *("refusal", "SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "MODEL_ARMOR"),
    *("guardrail_intervened", "guardrails", "input_guardrail_triggered", "output_guardrail_triggered", "hooks_failed"),
    *("data_inspection_failed", "sensitive", "1301", "ERROR_TOXIC", "content_moderation", "safety_block", "flagged"),
)
"Error codes and finish reasons of content filters and policy refusals."
FILTER_WORDS = re.compile(
    r"usage (polic|guideline)|content (management )?polic|for safety reasons|content exists risk|considered high risk"
    r"|(prompt|input|content|request)\b.{0,40}\b(flagged|inappropriate)|(inappropriate|sensitive) content",
    re.IGNORECASE,
)
"What an error says whose code is only that of an invalid request."
NO_ACCESS = folded(
    *("insufficient_quota", "exceeded_current_quota_error", "insufficient_balance", "insufficient_credits"),
    *("billing_hard_limit_reached", "billing_not_active", "credit_balance_too_low", "Arrearage", "payment_required"),
    *("invalid_api_key", "API_KEY_INVALID", "account_deactivated", "organization_deactivated", "access_terminated"),
    *("model_not_found", "DeploymentNotFound", "unsupported_country_region_territory"),
)
"Error codes that the next request of the juror would get as well."
NO_ACCESS_WORDS = re.compile(r"credit balance is too low|insufficient (balance|credits?|funds)", re.IGNORECASE)
NO_ACCESS_STATUSES = {*range(300, 400), 401, 402, 403, 404, 405, 407, 410}
FAULTS = folded("error", "abort", "aborted", "insufficient_system_resource", "network_error", "server_error")
"Finish reasons of a reply that broke off."
CUT_OFF = folded("length", "max_tokens", "model_length", "max_output_tokens", "max_length")
"Finish reasons of a reply that was longer than the request allows."
STATUSES = {
    400: folded("invalid_request_error", "INVALID_ARGUMENT", "BadRequestError", "context_length_exceeded"),
    401: folded("authentication_error", "UNAUTHENTICATED"),
    403: folded("permission_error", "PERMISSION_DENIED"),
    404: folded("not_found_error", "NOT_FOUND"),
    429: folded("rate_limit_exceeded", "rate_limit_error", "too_many_requests", "RESOURCE_EXHAUSTED", "throttled"),
    500: folded("server_error", "internal_server_error", "INTERNAL", "api_error", "internal_error"),
    503: folded("overloaded_error", "overloaded", "service_unavailable", "UNAVAILABLE"),
    504: folded("timeout", "gateway_timeout", "DEADLINE_EXCEEDED"),
}
"HTTP statuses of error codes in a body that came with status 200."
RETRYABLE = {408, 409, 425, 429}
TOO_MANY = {429, 503}
GATEWAY_ERRORS = {502, 504}
NAME_KEYS = {"code", "type", "status", "reason", "error_type", "__type", "block_reason", "blockReason"}
WORD_KEYS = ("error", "errors", "detail", "details", "message", "msg", "error_message", "error_msg", "title", "reason")
DEEPEST = 5


def is_filtered(finish_reason: str) -> bool:
    """Return whether a finish reason is that of a content filter or a policy refusal."""
    return bool(folded(finish_reason) & FILTERED)


def is_cut_off(finish_reason: str) -> bool:
    """Return whether a finish reason says that the reply was too long."""
    return bool(folded(finish_reason) & CUT_OFF)


def read_reply(completion: Any, seconds: float, *, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
    """
    Return the reply in the JSON of a chat completion, which may be an error in spite of its status 200.

    :param headers: those of the response, which may say when to call again
    :raises Declined, RetryableError, Unavailable: as `Endpoint.ask` says
    """
    if error := error_in(completion, headers):
        raise error
    reply = read_completion(completion, seconds)
    if folded(reply.finish_reason) & FAULTS:
        raise status_error(502, completion["choices"][0], said=f"the reply broke off ({brief(reply.finish_reason)})")
    return reply


def error_in(completion: Any, headers: Mapping[str, str] = NO_HEADERS) -> Declined | Unavailable | None:
    """Return what the error in a chat completion means; None if there is none."""
    if not isinstance(completion, dict):
        return None
    if choices := completion.get("choices"):
        first = choices[0] if isinstance(choices, list) else None
        error = first.get("error") if isinstance(first, dict) else None
    else:
        feedback = completion.get("prompt_feedback") or completion.get("promptFeedback")
        is_error = completion.get("error") or completion.get("object") == "error" or feedback
        error = feedback or completion if is_error else None
    if not error:
        return None
    # An error that names no status is like that of a gateway, which may have lost a good answer.
    status = status_in(error)
    said = f"the endpoint answered with error {status}" if status else "the endpoint answered with an error"
    return status_error(status or 502, error, retry_after=seconds_to_wait(headers, time.time()), said=said)


def status_error(status: int, body: Any, *, retry_after: float | None = None, said: str = "") -> Declined | Unavailable:
    """
    Return what an error means.

    :param status: as HTTP or the body says
    :param body: parsed JSON, or a text that is none
    :param retry_after: seconds, where the endpoint named them
    :param said: how the reason begins, where `the endpoint answered STATUS` would be wrong
    """
    names, words = set(names_in(body)), brief(words_of(body))
    if is_filter_error(status, names, words, body):
        return Declined(f"filtered by the endpoint: {words or ', '.join(sorted(names)) or status}")
    reason = (said or f"the endpoint answered {status}") + (f": {words}" if words else "")
    if status in NO_ACCESS_STATUSES or names & NO_ACCESS or (status < 500 and NO_ACCESS_WORDS.search(words)):
        return AccessRefused(reason, billing=Billing.FREE)
    if status not in RETRYABLE and status < 500:
        return Unavailable(reason, billing=Billing.FREE)
    return RetryableError(
        reason,
        billing=billing_of(status),
        retry_after=retry_after,
        is_refusal=status in TOO_MANY,
        is_down=status in GATEWAY_ERRORS and not said,  # else the endpoint itself is there
    )


def billing_of(status: int) -> Billing:
    """Return what an attempt may be billed that ended in an error; a gateway may have lost a good answer."""
    if status in TOO_MANY:
        return Billing.NOT_A_CALL
    return Billing.UNKNOWN if status in GATEWAY_ERRORS else Billing.FREE


def is_filter_error(status: int, names: set[str], words: str, body: Any) -> bool:
    """Return whether an error is that of a content filter."""
    if names & FILTERED or (status == 403 and "flagged_input" in keys_in(body)):
        return True
    return status in (400, 403, 422) and not names & NO_ACCESS and bool(FILTER_WORDS.search(words))


def status_in(body: Any) -> int | None:
    """Return the HTTP status that an error in a body names, as a number or by its code; None if it names none."""
    names = list(names_in(body))
    numbers = (int(name) for name in names if re.fullmatch("[45][0-9][0-9]", name))
    return next(numbers, None) or next((status for status, codes in STATUSES.items() if codes & set(names)), None)


def names_in(body: Any, depth: int = DEEPEST) -> Iterator[str]:
    """Yield the codes in an error's body, as they are compared."""
    for key, value in pairs_in(body, depth):
        if key in NAME_KEYS and isinstance(value, str | int):
            yield from folded(str(value)[:100])


def keys_in(body: Any) -> set[str]:
    """Return the keys in an error's body."""
    return {key for key, _ in pairs_in(body, DEEPEST)}


def pairs_in(body: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield all keys and values in an error's body, down to a depth."""
    if depth == 0:
        return
    if isinstance(body, dict):
        for key, value in body.items():
            yield key, value
            yield from pairs_in(value, depth - 1)
    elif isinstance(body, list):
        for value in body[:10]:
            yield from pairs_in(value, depth - 1)


def words_of(body: Any, depth: int = DEEPEST) -> str:
    """Return what an error's body says in words; empty if it says nothing."""
    if isinstance(body, str):
        return words_of_page(body) if "<" in body else body
    if depth == 0 or not isinstance(body, dict | list):
        return ""
    if isinstance(body, list):
        return "; ".join(filter(None, (words_of(each, depth - 1) for each in body[:5])))
    words = next(filter(None, (words_of(body.get(key), depth - 1) for key in WORD_KEYS)), "")
    metadata = body.get("metadata")
    upstream = words_of_upstream(metadata["raw"]) if isinstance(metadata, dict) and metadata.get("raw") else ""
    return f"{words}: {upstream}" if words and upstream and upstream not in words else words or upstream


def words_of_upstream(raw: Any) -> str:
    """Return the words of the provider behind a gateway, which are a text or JSON in a text."""
    try:
        return words_of(json.loads(raw) if isinstance(raw, str) else raw) or str(raw)
    except (ValueError, RecursionError):
        return str(raw)


def words_of_page(html: str) -> str:
    """Return the title of a page, or its text without tags."""
    title = re.search(r"<title[^>]{0,200}>([^<]{1,300})", html[:100_000], re.IGNORECASE)
    return title[1] if title else re.sub(r"<[^>]{0,2000}>", " ", html[:10_000])

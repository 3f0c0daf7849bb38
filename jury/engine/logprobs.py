"""Read the candidates for the first token of an answer, where an endpoint was asked for logprobs. Pure."""

from typing import Any

Tokens = tuple[tuple[str, float], ...]
"Candidates, each with its natural log of probability."


def first_token(logprobs: Any) -> Tokens:
    """
    Return the candidates for the first token that is not space; none where a reply has no logprobs.

    :param logprobs: of a choice: `{"content": [{"token", "logprob", "top_logprobs": [{"token", "logprob"}]}]}`
    """
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    tokens = [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    first = next((each for each in tokens if str(each.get("token")).strip()), {})
    candidates = first.get("top_logprobs")
    return tuple(
        (each["token"], float(each["logprob"]))
        for each in (candidates if isinstance(candidates, list) else [])
        if isinstance(each, dict)
        and isinstance(each.get("token"), str)
        and isinstance(each.get("logprob"), int | float)
    )

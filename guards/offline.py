"""Read replies that were collected elsewhere, one after the other. Pure."""

from collections.abc import Mapping
from typing import Any

import orjson

from corpus.errors import Invalid
from corpus.labels import Field, preview
from jury.engine.cleaning import clean_text
from jury.engine.forms import read_reply
from jury.engine.forms.reading import Asked
from jury.engine.logprobs import first_token
from jury.engine.message import read_text
from jury.engine.provider_errors import is_cut_off
from jury.prompting import Form

NOTHING: dict[str, Any] = {
    "readable": False, "prompt_label": None, "response_label": None, "refusal": None, "categories": []
}  # fmt: skip


def describe_reply(form: Form, row: Any, asked: Asked) -> dict[str, Any]:
    """
    Return what the reply in a row says, or the reason why it says nothing.

    :param row: an object with `reply`, and perhaps `finish_reason` and `logprobs`, as in a chat completion
    :return: readable, prompt_label, response_label, refusal and categories; a score where there is one, the probability
        of unsafe; and the reason where it is not readable
    :raises Invalid: if the row has no reply
    """
    reply = reply_in(row)
    try:
        if is_cut_off(str(row.get("finish_reason") or "")) and not form.may_be_cut_off:
            raise Invalid("reply", "it was cut off")
        reading = read_reply(form, reply, asked, first_token(row.get("logprobs")))
    except Invalid as error:
        return NOTHING | {"reason": f"{error.field}: {error.reason}"}
    labels = {field.value: reading.labels.get(field) for field in Field}
    score = {} if reading.score is None else {"score": round(reading.score, 6)}
    return {**NOTHING, **labels, "readable": True, "refusal": reading.refusal,
            "categories": list(reading.categories), **score}  # fmt: skip


def reply_in(row: Any) -> str:
    """
    Return the reply of a row: a text, null for none, a list of parts, or the JSON of a whole body as an object.

    :raises Invalid: if it is something else
    """
    if not isinstance(row, Mapping) or "reply" not in row:
        raise Invalid("reply", "it is missing: each row is an object with the key reply")
    reply = row["reply"]
    if isinstance(reply, Mapping) and "type" not in reply:
        return clean_text(orjson.dumps(reply).decode())
    try:
        return clean_text(read_text({"content": reply}))
    except TypeError as error:
        raise Invalid("reply", f"{preview(reply)} is not a text") from error

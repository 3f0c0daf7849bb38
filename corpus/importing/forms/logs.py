"""
Rows of WildChat and LMSYS-Chat-1M: a conversation, and what was noted of it and of each of its turns.

See https://huggingface.co/datasets/allenai/WildChat-1M and https://huggingface.co/datasets/lmsys/lmsys-chat-1m.
"""

from typing import Any

from corpus.errors import Invalid
from corpus.importing.forms.form import Form, RawRow
from corpus.importing.values import is_absent
from corpus.labels import preview

IDS = ("id", "conversation_id", "conversation_hash")
SAID = ("role", "content")


def is_log(row: RawRow) -> bool:
    """Return whether a row has a conversation whose turns have a role and a content."""
    listed = row.get("conversation")
    return isinstance(listed, list) and bool(listed) and isinstance(listed[0], dict) and set(SAID) <= listed[0].keys()


def is_wildchat(row: RawRow) -> bool:
    """Return whether a row is one of WildChat, which says of each conversation whether it is toxic."""
    return is_log(row) and ("conversation_hash" in row or "toxic" in row)


def is_lmsys(row: RawRow) -> bool:
    """Return whether a row is one of LMSYS-Chat-1M."""
    return is_log(row) and "conversation_id" in row and not is_wildchat(row)


def rows(row: RawRow) -> list[RawRow]:
    """
    Return the row in our form. What was noted of turns is kept as `turn_notes`, an object for each turn.

    :raises Invalid: if the conversation is no list of objects
    """
    listed = row.get("conversation")
    if not isinstance(listed, list):
        raise Invalid("conversation", f"{preview(listed)} is not a list")
    if wrong := [at for at, turn in enumerate(listed) if not isinstance(turn, dict)]:
        raise Invalid(f"conversation[{wrong[0]}]", f"{preview(listed[wrong[0]])} is not an object")
    name = next((key for key in IDS if row.get(key) not in (None, "")), "")
    rest = {key: value for key, value in row.items() if key not in ("conversation", name)}
    if name:
        rest["id"] = row[name]
    if any(notes := [notes_of(turn) for turn in listed]):
        rest["turn_notes"] = notes
    return [{**rest, "messages": [{key: turn.get(key) for key in SAID} for turn in listed]}]


def notes_of(turn: dict[str, Any]) -> dict[str, Any]:
    """Return what a turn has besides who says what."""
    return {key: value for key, value in turn.items() if key not in SAID and not is_absent(value)}


WILDCHAT = Form("wildchat", "WildChat", is_wildchat, rows, frozenset({"conversation"}))
LMSYS = Form("lmsys", "LMSYS-Chat-1M", is_lmsys, rows, frozenset({"conversation"}))

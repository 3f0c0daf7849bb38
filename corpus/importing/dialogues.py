"""Parse rows into dialogues, in every form an import accepts (docs/import.md)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from corpus.errors import Invalid
from corpus.importing import values
from corpus.importing.limits import Limits
from corpus.importing.readers import Columns
from corpus.labels import FIELDS, REFUSAL_SOURCE, Field, parse_label, preview

LISTS = {"turns": ("role", "text"), "messages": ("role", "content"), "conversations": ("from", "value")}
"Keys of a row that list its turns, each with the keys of the speaker and the text in a turn."
FORMS = (*LISTS, "prompt")
"Keys of a row of which one says what the dialogue is."
SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "model": "assistant"}
"Roles by their names in `conversations`, the form of ShareGPT."
COLUMNS = Columns(frozenset({"id"}), frozenset({"prompt", *LISTS}))
ROLES = frozenset({"system", "user", "assistant"})
MOST_BYTES_OF_CHARACTER = 4
"In UTF-8."
REDACTED = "REDACTED"
REFERENCE_KEYS = frozenset(
    {*(field.value for field in FIELDS), "violated_categories", *(field.source_key for field in FIELDS)}
)
KNOWN_KEYS = frozenset(("id", "prompt", "response", "source", "license", "meta", "expected_categories")) | {
    *LISTS,
    *REFERENCE_KEYS,
    "reconstruction_id_if_redacted",
}


@dataclass(slots=True)
class Dialogue:
    """A checked dialogue from a file, as the fields of an item."""

    external_id: str
    turns: list[dict[str, str]]
    source: str = ""
    license: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    expected_categories: tuple[str, ...] = ()
    reference: dict[str, Any] | None = None
    reconstruction_id: int | None = None
    refusal_of: str | None = None

    def serialize(self) -> "SerializedDialogue":
        """Return the dialogue as the database stores it."""
        turns, meta = orjson.dumps(self.turns), orjson.dumps(self.meta, option=orjson.OPT_SORT_KEYS)
        rest = orjson.dumps(
            [
                self.source,
                self.license,
                self.expected_categories,
                self.reference,
                self.reconstruction_id,
                self.refusal_of,
            ]
        )
        digest = hashlib.blake2b(b"\n".join((turns, meta, rest)), digest_size=16).digest()
        return SerializedDialogue(self, turns.decode(), meta.decode(), digest)


@dataclass(slots=True)
class SerializedDialogue:
    """A dialogue with its parts as JSON, and a hash of its content."""

    dialogue: Dialogue
    turns: str
    meta: str
    content_hash: bytes
    "Hash of 16 bytes of everything imported, independent of the form of the row."


def parse_dialogue(
    row: object, *, spellings: Mapping[str, str], limits: Limits, empty_is_none: bool = False
) -> Dialogue:
    """
    Parse one row as a dialogue.

    :param spellings: normalized spelling to category slug
    :param empty_is_none: whether a key with an empty text is as absent, as in CSV, which has no null
    :raises Invalid: naming the field that is wrong
    """
    if not isinstance(row, dict):
        raise Invalid("row", f"{preview(row)} is not an object")
    row = {key: row[key] for key in row if not values.is_absent(row[key]) and not (empty_is_none and row[key] == "")}
    external_id = values.clean_name(row.get("id"), "id", limit=limits.id)
    reconstruction_id = parse_reconstruction_id(row.get("reconstruction_id_if_redacted"))
    turns = parse_turns(row, limits, redacted=reconstruction_id is not None)
    reference = parse_reference(row, spellings, has_response=turns[-1]["role"] == "assistant")
    is_refusal = reference is not None and reference["response_label_source"] == REFUSAL_SOURCE
    return Dialogue(
        external_id=f"{external_id}#refusal" if is_refusal else external_id,
        turns=turns,
        source=values.optional_text(row.get("source"), "source", limit=limits.field),
        license=values.optional_text(row.get("license"), "license", limit=limits.field),
        meta=parse_meta(row, limits),
        expected_categories=values.parse_categories(row.get("expected_categories"), "expected_categories", spellings),
        reference=reference,
        reconstruction_id=reconstruction_id,
        refusal_of=external_id if is_refusal else None,
    )


def parse_turns(row: dict[str, Any], limits: Limits, *, redacted: bool) -> list[dict[str, str]]:
    """
    Parse the turns of a row without absent values: from one of `FORMS`, perhaps with a `response`.

    :param redacted: whether the prompt may be missing, because the source withheld it
    :raises Invalid: if the row has none or several of these, or they break a rule
    """
    if redacted and row.keys().isdisjoint(FORMS):
        row = {**row, "prompt": ""}
    forms = [form for form in FORMS if form in row]
    if not forms:
        raise Invalid("turns", f"the row has neither {', '.join(LISTS)} nor a prompt")
    if len(forms) > 1:
        raise Invalid(forms[1], f"the row has {forms[0]} too; one of them says what the dialogue is")
    if forms == ["prompt"]:
        turns = prompt_turns(row, redacted=redacted)
    else:
        turns = listed_turns(row[forms[0]], forms[0], limits)
    if "response" in row:
        turns = with_response(turns, values.clean_text(row["response"], "response"))
    check_turns(turns, forms[0], limits)
    return turns


def prompt_turns(row: dict[str, Any], *, redacted: bool) -> list[dict[str, str]]:
    """Return the turns of a row with a prompt."""
    prompt = values.clean_text(row["prompt"], "prompt")
    return [{"role": "user", "text": REDACTED if redacted and not prompt else prompt}]


def with_response(turns: list[dict[str, str]], response: str) -> list[dict[str, str]]:
    """
    Return turns that end in a response.

    :raises Invalid: if they end in another one
    """
    if turns[-1]["role"] != "assistant":
        return [*turns, {"role": "assistant", "text": response}]
    if turns[-1]["text"] != response:
        raise Invalid("response", "the last turn is the assistant's, with another text; one of them is the response")
    return turns


def listed_turns(listed: object, form: str, limits: Limits) -> list[dict[str, str]]:
    """
    Return the turns of a list.

    :param form: the key of the list in the row
    :raises Invalid: naming the turn that is wrong
    """
    if not isinstance(listed, list):
        raise Invalid(form, f"{preview(listed)} is not a list")
    if not 1 <= len(listed) <= limits.turns:
        raise Invalid(form, f"{len(listed):,} turns, 1 to {limits.turns:,} are allowed")
    return [listed_turn(turn, form, at) for at, turn in enumerate(listed)]


def listed_turn(turn: object, form: str, at: int) -> dict[str, str]:
    """
    Return one turn of a list. Keys without a value are as absent ones: a column of structs has all keys in each.

    :raises Invalid: naming the turn
    """
    speaker, key = LISTS[form]
    if not isinstance(turn, dict):
        raise Invalid(f"{form}[{at}]", f"{preview(turn)} is not an object")
    if len(turn) > 2 and (unknown := [name for name in turn if name not in (speaker, key) and turn[name] is not None]):
        raise Invalid(f"{form}[{at}]", f"it has {preview(min(unknown))}, only {speaker} and {key} are known")
    try:
        text = values.clean_text(turn.get(key), key)
    except Invalid as error:
        raise Invalid(f"{form}[{at}].{key}", error.reason) from error
    return {"role": parse_role(turn.get(speaker), form, at), "text": text}


def parse_role(role: object, form: str, at: int) -> str:
    """
    Return the role of a turn.

    :raises Invalid: naming the turn, if it is no known role
    """
    if isinstance(role, str):
        if form == "conversations":
            role = SPEAKERS.get(role, role)
        if role in ROLES:
            return role
    raise Invalid(f"{form}[{at}].{LISTS[form][0]}", f"{preview(role)} is not one of system, user, assistant")


def check_turns(turns: list[dict[str, str]], form: str, limits: Limits) -> None:
    """
    Check the order of roles, empty turns and the size of a dialogue.

    :raises Invalid: naming the turn that is wrong
    """
    if len(turns) > limits.turns:
        raise Invalid(form, f"{len(turns):,} turns with the response, {limits.turns:,} are allowed")
    characters = 0
    for at, turn in enumerate(turns):
        role, text = turn["role"], turn["text"]
        if at and role == "system":
            raise Invalid(f"{form}[{at}].{LISTS[form][0]}", "a system turn can only come first")
        if (not text or text.isspace()) and (role != "assistant" or at < len(turns) - 1):
            raise Invalid(turn_name(form, at), "the turn is empty")
        characters += len(text)
    if not any(turn["role"] == "user" for turn in turns):
        raise Invalid(form, "no turn is the user's")
    if characters * MOST_BYTES_OF_CHARACTER > limits.dialogue_bytes:
        check_size(turns, form, limits)


def check_size(turns: list[dict[str, str]], form: str, limits: Limits) -> None:
    """
    Check the size of a dialogue.

    :raises Invalid: if it is longer than the limit
    """
    size = sum(len(turn["text"].encode()) for turn in turns)
    if size > limits.dialogue_bytes:
        raise Invalid(form, f"{size:,} bytes, {limits.dialogue_bytes:,} are allowed")


def turn_name(form: str, at: int) -> str:
    """Return the name of a turn in errors."""
    return ("prompt", "response")[at] if form == "prompt" else f"{form}[{at}]"


def parse_meta(row: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """
    Return `meta` with the unknown keys of a row without absent values.

    :raises Invalid: if a key is in both, or a value cannot be stored
    """
    merged = {key: row[key] for key in row if key not in KNOWN_KEYS}
    if "meta" in row:
        merged = merge_meta(row["meta"], merged)
    if max(map(len, merged), default=0) <= limits.id and values.is_plainly_fit(merged, limits):
        return merged
    for key, value in merged.items():
        values.clean_text(key, "meta", limit=limits.id)
        values.check_json(value, key, limits)
    return merged


def merge_meta(meta: object, unknown: dict[str, Any]) -> dict[str, Any]:
    """
    Return `meta` without absent values, and with the unknown keys of the row.

    :raises Invalid: if it is not an object, or a key is in both
    """
    if not isinstance(meta, dict):
        raise Invalid("meta", f"{preview(meta)} is not an object")
    if both := meta.keys() & unknown.keys():
        raise Invalid(min(both), "it is in the row and in meta too")
    return {key: meta[key] for key in meta if not values.is_absent(meta[key])} | unknown


def parse_reference(row: dict[str, Any], spellings: Mapping[str, str], *, has_response: bool) -> dict[str, Any] | None:
    """
    Return the labels that came with the data, in the columns of the published AEGIS 2.0 data set; None if none did.

    :raises Invalid: naming the column that is wrong
    """
    if REFERENCE_KEYS.isdisjoint(row):  # the common case, and faster than the next check
        return None
    if not any(row.get(key, "") != "" for key in REFERENCE_KEYS):
        return None
    labels = {name.value: parse_label(row.get(name), name) for name in FIELDS}
    if labels[Field.RESPONSE] and not has_response:
        raise Invalid(Field.RESPONSE, "the item has no response to label")
    sources = {key: parse_source(row.get(key), key) for key in (field.source_key for field in FIELDS)}
    if sources["response_label_source"] == REFUSAL_SOURCE and None in labels.values():
        raise Invalid("response_label_source", "a refusal needs a response and both labels")
    named = row.get("violated_categories")
    if isinstance(named, str):
        named = [name for name in named.split(", ") if name.strip()]
    return {**labels, "categories": values.parse_categories(named, "violated_categories", spellings), **sources}


def parse_source(value: object, field_name: str) -> str | None:
    """Return the source of a label; None if absent."""
    return None if value is None or value == "" else values.clean_text(value, field_name, limit=100)


def parse_reconstruction_id(value: object) -> int | None:
    """
    Return the id as a whole number; None if absent. Numeric columns make it a float, and NaN if absent.

    :raises Invalid: if it is not a whole number
    """
    name = "reconstruction_id_if_redacted"
    if values.is_absent(value) or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not number.is_integer() or not 0 <= number < 2**53:
        raise Invalid(name, f"{preview(value)} is not a whole number")
    return int(number)

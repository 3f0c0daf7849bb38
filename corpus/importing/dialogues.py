"""Parse rows into dialogues, in every form an import accepts (docs/import.md)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from corpus.errors import Invalid
from corpus.importing import values
from corpus.importing.limits import Limits
from corpus.importing.readers import Columns
from corpus.importing.turns import LISTS, parse_turns
from corpus.labels import FIELDS, REFUSAL_SOURCE, Field, parse_label, preview
from corpus.shapes import TurnShape
from corpus.turns import has_response

COLUMNS = Columns(frozenset({"id"}), frozenset({"prompt", *LISTS}))
REFERENCE_KEYS = frozenset(
    {*(field.value for field in FIELDS), "violated_categories", *(field.source_key for field in FIELDS)}
)
MADE_ID = 16
"Digits of an id made from content: of a million ids, two are equal once in thirty million times."
NO_ID = "it is missing; name its column (--map id=COLUMN), or have ids made from content (--make-ids)"
NO_ID_YET = "made from content"
REDACTED_KEY = "reconstruction_id_if_redacted"
RARE_KEYS = REFERENCE_KEYS | {"expected_categories", REDACTED_KEY}
"Those of values that most files lack."
KNOWN_KEYS = frozenset(("id", "prompt", "response", "source", "license", "meta", *LISTS)) | RARE_KEYS


NO_RARE = ((), None, None, None)


@dataclass(slots=True)
class Dialogue:
    """A checked dialogue from a file, as the fields of an item."""

    external_id: str
    turns: list[TurnShape]
    source: str = ""
    license: str = ""
    meta: bytes = b"{}"
    "As JSON, by `sorted_json`."
    expected_categories: tuple[str, ...] = ()
    reference: dict[str, Any] | None = None
    reconstruction_id: int | None = None
    refusal_of: str | None = None

    @property
    def has_rare(self) -> bool:
        """Return whether it has a value that most files lack."""
        return self.rare != NO_RARE

    @property
    def rare(self) -> tuple[object, ...]:
        """Return the values that most files lack."""
        return self.expected_categories, self.reference, self.reconstruction_id, self.refusal_of

    def name_by_content(self) -> None:
        """Set the id to 16 digits of the hash of everything else."""
        made = self.serialize().content_hash.hex()[:MADE_ID]
        self.external_id = f"{made}#refusal" if self.refusal_of else made
        self.refusal_of = made if self.refusal_of else None

    def serialize(self) -> "SerializedDialogue":
        """Return the dialogue as the database stores it."""
        turns, rare = orjson.dumps(self.turns), self.rare
        origin = self.source, self.license
        rest = orjson.dumps([*origin, *rare]) if rare != NO_RARE else plain_rest(*origin)
        content = b"\n".join((turns, self.meta, rest))
        digest = hashlib.blake2b(content, digest_size=16).digest()
        # A slice is as long as it looks; what orjson returns keeps the room it was written in, several times as much.
        return SerializedDialogue(content[: len(turns)], digest)


@lru_cache(1_000)
def plain_rest(source: str, license_name: str) -> bytes:
    """Return what a dialogue without rare values is hashed with, which is the same for most of a file."""
    return orjson.dumps([source, license_name, *NO_RARE])


@dataclass(slots=True)
class SerializedDialogue:
    """The turns of a dialogue as JSON, and a hash of its content."""

    turns: bytes
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
    row = present(row, empty_is_none=empty_is_none)
    if row.get("id") in (None, ""):
        raise Invalid("id", NO_ID)
    dialogue = Dialogue(
        external_id=values.clean_name(row["id"], "id", limit=limits.id),
        turns=parse_turns(row, limits, redacted=is_redacted(row)),
        source=values.optional_text(row.get("source"), "source", limit=limits.field),
        license=values.optional_text(row.get("license"), "license", limit=limits.field),
        meta=parse_meta(row, limits),
    )
    if not RARE_KEYS.isdisjoint(row):
        add_rare(dialogue, row, spellings)
    return dialogue


def is_redacted(row: dict[str, Any]) -> bool:
    """
    Return whether the source withheld the prompt of a row.

    :raises Invalid: if the number by which to fetch it is wrong
    """
    return REDACTED_KEY in row and parse_reconstruction_id(row[REDACTED_KEY]) is not None


def add_rare(dialogue: Dialogue, row: dict[str, Any], spellings: Mapping[str, str]) -> None:
    """
    Set the values of a dialogue that most files lack. The id of a refusal says so.

    :raises Invalid: naming the field that is wrong
    """
    dialogue.reconstruction_id = parse_reconstruction_id(row.get(REDACTED_KEY))
    dialogue.reference = parse_reference(row, spellings, dialogue.turns)
    categories = row.get("expected_categories")
    dialogue.expected_categories = values.parse_categories(categories, "expected_categories", spellings)
    if dialogue.reference and dialogue.reference["response_label_source"] == REFUSAL_SOURCE:
        dialogue.refusal_of = dialogue.external_id
        dialogue.external_id += "#refusal"


def present(row: dict[str, Any], *, empty_is_none: bool) -> dict[str, Any]:
    """Return a row without its absent values; the row itself if it has none."""
    if not empty_is_none and values.MAY_BE_ABSENT.isdisjoint(map(type, row.values())):  # mostly
        return row
    return {key: row[key] for key in row if not values.is_absent(row[key]) and not (empty_is_none and row[key] == "")}


def parse_nameless(row: object, *, spellings: Mapping[str, str], limits: Limits, empty_is_none: bool) -> Dialogue:
    """
    Parse one row as a dialogue; one without an id gets it from its content.

    :raises Invalid: naming the field that is wrong
    """
    if not isinstance(row, dict) or not (values.is_absent(row.get("id")) or row["id"] == ""):
        return parse_dialogue(row, spellings=spellings, limits=limits, empty_is_none=empty_is_none)
    named = {**row, "id": NO_ID_YET}
    dialogue = parse_dialogue(named, spellings=spellings, limits=limits, empty_is_none=empty_is_none)
    dialogue.name_by_content()
    return dialogue


def parse_meta(row: dict[str, Any], limits: Limits) -> bytes:
    """
    Return `meta` with the unknown keys of a row without absent values, as JSON.

    :raises Invalid: if a key is in both, or a value cannot be stored
    """
    merged = {key: row[key] for key in row if key not in KNOWN_KEYS}
    if "meta" in row:
        merged = merge_meta(row["meta"], merged)
    written = values.plain_json(merged, limits)
    if written and (len(written) <= limits.id or max(map(len, merged)) <= limits.id):
        return written
    for key, value in merged.items():
        values.clean_text(key, "meta", limit=limits.id)
        values.check_json(value, key, limits)
    return values.sorted_json(merged)


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


def parse_reference(
    row: dict[str, Any], spellings: Mapping[str, str], turns: Sequence[TurnShape]
) -> dict[str, Any] | None:
    """
    Return the labels that came with the data, in the columns of the published AEGIS 2.0 data set; None if none did.

    :raises Invalid: naming the column that is wrong
    """
    if not any(row.get(key, "") != "" for key in REFERENCE_KEYS):
        return None
    labels = {name.value: parse_label(row.get(name), name) for name in FIELDS}
    if labels[Field.RESPONSE] and not has_response(turns):
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
    if values.is_absent(value) or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not number.is_integer() or not 0 <= number < 2**53:
        raise Invalid(REDACTED_KEY, f"{preview(value)} is not a whole number")
    return int(number)

"""Read a project file, and name every key that is wrong."""

import json
from typing import Any

from corpus.errors import Invalid
from corpus.labels import preview
from workspace.project_files.schema import FORMAT, SCHEMA, VERSION

MOST_BYTES = 4 * 2**20
MOST_ERRORS = 20
"How many wrong keys are named at once."
Document = dict[str, Any]


def read_document(content: bytes) -> Document:
    """
    Return the settings in a project file.

    :raises Invalid: if it is none, naming every wrong key by its path
    """
    if len(content) > MOST_BYTES:
        raise Invalid("file", f"it has more than {MOST_BYTES:,} bytes, so it is no project file")
    try:
        document = json.loads(content.decode("utf-8-sig"), object_pairs_hook=each_key_once, parse_constant=no_constant)
    except UnicodeDecodeError as error:
        raise Invalid("file", f"it is not UTF-8: byte {error.start:,}") from error
    except RecursionError as error:
        raise Invalid("file", "it is nested too deep") from error
    except ValueError as error:
        raise Invalid("file", f"it is not JSON: {error}") from error
    check_document(document)
    checked: Document = document
    return checked


def each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return an object of JSON.

    :raises ValueError: if it has a key twice
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {preview(next(name for name in names if names.count(name) > 1))} is there twice")
    return made


def no_constant(name: str) -> None:
    """
    :raises ValueError: always: NaN and the infinities are not JSON
    """
    raise ValueError(f"{name} is not a value of JSON")


def check_document(document: object) -> None:
    """
    Check the keys and values of a project file.

    :raises Invalid: naming the wrong ones by their paths, MOST_ERRORS at most
    """
    if not isinstance(document, dict) or FORMAT not in document:
        raise Invalid("file", "this is no project file of Assize")
    if document[FORMAT] != VERSION or isinstance(document[FORMAT], bool):
        found = preview(document[FORMAT])
        raise Invalid(FORMAT, f"this software reads version {VERSION}, and the file is of version {found}")
    check_texts(document)
    # Loaded when a file is read: it takes a tenth of a second.
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    errors = sorted(Draft202012Validator(SCHEMA).iter_errors(document), key=lambda error: error.json_path)
    if errors:
        named = [f"{path_of(error.absolute_path)}: {reason_of(error)}" for error in errors[:MOST_ERRORS]]
        more = f"; and {len(errors) - MOST_ERRORS:,} more" if len(errors) > MOST_ERRORS else ""
        raise Invalid("file", "; ".join(named) + more)


def path_of(parts: Any) -> str:
    """Return the path to a value, as in `jurors[0].name`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{preview_key(part)}" for part in parts)
    return path.removeprefix(".") or "the file"


def preview_key(key: str) -> str:
    """Return a key for a message: as it is, if it is a plain word."""
    return key if key.isidentifier() and len(key) <= 60 else preview(key)


def reason_of(error: Any) -> str:
    """Return in one line what is wrong, with the value cut short."""
    return error.message if len(error.message) <= 200 else f"{error.message[:80]} … {error.message[-80:]}"


def check_texts(value: object, path: tuple[Any, ...] = ()) -> None:
    """
    Check that the database can store every text of a file.

    :raises Invalid: naming the path of the first that it cannot, or that is nested too deep
    """
    if len(path) > MOST_DEPTH:
        raise Invalid("file", f"{path_of(path[:3])}… is nested deeper than {MOST_DEPTH} levels")
    if isinstance(value, str):
        if "\0" in value or not is_storable(value):
            raise Invalid("file", f"{path_of(path)}: it has a NUL or half a character")
    elif isinstance(value, dict):
        for key, part in value.items():
            check_texts(key, (*path, key))
            check_texts(part, (*path, key))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            check_texts(part, (*path, at))


MOST_DEPTH = 20


def is_storable(value: str) -> bool:
    """Return whether a text can be written in UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

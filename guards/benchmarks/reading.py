"""Read the file of a benchmark: its rows, and the hash by which it is told from other versions."""

import gzip
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, cast

import orjson

from corpus.errors import Invalid, Refused
from corpus.importing.limits import Limits
from corpus.importing.readers import Columns, Row, RowFile, Unreadable, check_regular, readable_errors
from corpus.labels import preview
from guards.benchmarks.case import Case, case_of
from guards.benchmarks.definition import TARGETS, TASKS, Definition
from guards.benchmarks.labelling import ByValue, words

CHUNK = 2**20
NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
MOST_NESTED_BYTES = 64 * 2**20
UNSAFE_WORDS = ("unsafe", "harmful", "1", "true", "yes")
LONGEST_TITLE, LONGEST_LICENCE = 200, 60
"Characters."
SAFE_WORDS = ("safe", "unharmful", "0", "false", "no")


class InvalidRow(Refused):
    """A row of a benchmark cannot be read. A benchmark is taken whole or not at all."""


def own_definition(
    name: str, *, task: str, columns: dict[str, str], title: str = "", licence: str = "", language: str = ""
) -> Definition:
    """
    Return the definition of a user's own labelled file.

    :param columns: the column for each of TARGETS or `label` that has another name in the file
    :raises Refused: if the name is no plain name, or a target or the task is unknown
    """
    if not NAME.fullmatch(name):
        raise Refused(f"{preview(name)} is not a name: letters, digits, - and _, at most 60.")
    if task not in TASKS:
        raise Refused(f"{task} is not a task: {' or '.join(TASKS)}.")
    if unknown := sorted(set(columns) - {*TARGETS, "label"}):
        raise Refused(f"{unknown[0]} is nothing a column can be mapped to: {', '.join((*TARGETS, 'label'))}.")
    if len(licence) > LONGEST_LICENCE:
        raise Refused(f"The licence {preview(licence)} has more than {LONGEST_LICENCE} characters.")
    label = ByValue(columns.get("label", "label"), words([*UNSAFE_WORDS]), words([*SAFE_WORDS]))
    named, chosen = {target: columns.get(target, target) for target in TARGETS}, frozenset(columns.values())
    return Definition(name, title or name, task, licence, named, label, language=language, chosen_columns=chosen)


def read_cases(path: Path, definition: Definition, limits: Limits, *, name: str = "") -> Iterator[tuple[int, Case]]:
    """
    Yield the number of each row that counts, and its case.

    :param name: the file as its owner calls it; its path if empty
    :raises Unreadable: if the file cannot be read to its end, or lacks a column
    :raises InvalidRow: at the first row that cannot be read
    """
    missing, name = set(definition.chosen_columns), name or str(path)
    for row in rows_of(path, definition, limits, name=name):
        try:
            if row.problem:
                raise Invalid("row", row.problem)
            if missing and isinstance(row.value, dict):
                missing -= row.value.keys()
            case = case_of(row.value, row.number, definition, limits)
        except Invalid as error:
            raise InvalidRow(f"row {row.number}: {error.field}: {error.reason}. Nothing was kept.") from error
        if case is not None:
            yield row.number, case
    if missing:  # rows of JSON may leave out what is empty, but somebody named this column
        raise Unreadable(f"{name} has no column {preview(min(missing))} in any row. Nothing was kept.")


def rows_of(path: Path, definition: Definition, limits: Limits, *, name: str) -> Iterator[Row]:
    """
    Yield the rows of a file.

    :raises Unreadable: if it cannot be read to its end, or lacks a column
    """
    if definition.nested:
        yield from nested_rows(path, name)
        return
    columns = Columns(definition.needed_columns, allow_nameless=True)
    with RowFile(path, limits, columns, name=name) as file:
        yield from file.rows()


def nested_rows(path: Path, name: str) -> Iterator[Row]:
    """
    Yield the rows of a JSON object of lists of rows.

    :raises Unreadable: if it is none, or is too large to be read at once
    """
    with open_unpacked(path, name) as file:
        content = file.read(MOST_NESTED_BYTES + 1)
    if len(content) > MOST_NESTED_BYTES:
        raise Unreadable(f"{name} is larger than {MOST_NESTED_BYTES:,} bytes.")
    try:
        groups: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"{name} is not valid JSON: {error}.") from error
    if not isinstance(groups, dict) or not all(isinstance(group, list) for group in groups.values()):
        raise Unreadable(f"{name} is not a JSON object of lists of rows.")
    rows = (row for group in groups.values() for row in group)
    for number, value in enumerate(rows, start=1):
        yield Row(number, value)


def file_hash(path: Path, name: str = "") -> str:
    """
    Return the SHA-256 of a file, unpacked if it is gzipped, in hexadecimal.

    :raises Unreadable: if it cannot be read
    """
    digest = sha256()
    with open_unpacked(path, name or str(path)) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def open_unpacked(path: Path, name: str) -> Iterator[IO[bytes]]:
    """
    Open a file for reading in the block, unpacked if it is gzipped.

    :raises Unreadable: if it cannot be opened, or read in the block
    """
    with readable_errors(name), ExitStack() as closing:
        check_regular(path, name)
        plain = closing.enter_context(path.open("rb"))
        is_packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        yield cast("IO[bytes]", closing.enter_context(gzip.open(plain))) if is_packed else plain


def check_expected(definition: Definition, *, rows: int, positives: int) -> None:
    """
    Check that a file holds what its definition expects.

    :raises Refused: with both numbers, if it does not
    """
    expected = definition.expected
    for what, want, have in (("rows", expected.rows, rows), ("unsafe ones", expected.positives, positives)):
        if want is not None and want != have:
            raise Refused(
                f"The file is not the one that {definition.name} is published with: it has {have:,} {what}, "
                f"{want:,} are expected. Nothing was kept. --accept-different takes it all the same; "
                "its figures then cannot be compared with published ones, and say so."
            )

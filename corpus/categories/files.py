"""
Taxonomies as files, JSON and CSV: what is written can be read back and is equal. Pure.

JSON: an object of `title`, `about`, `categories` (objects with the keys of `CategoryText`) and, to read, `counts_as`.
CSV: a row a category, lists with one entry a line in their cell, a column `crosswalk.NAME` for each crosswalk, in which
`none` stands for "no equal" and an empty cell for what nobody has said.
"""

import csv
import io
from collections.abc import Mapping
from typing import Any

import orjson

from corpus.categories.content import Content
from corpus.errors import Invalid
from corpus.labels import preview

MOST_BYTES = 2 * 1024 * 1024
PLAIN = ("slug", "name", "code", "tier", "definition")
LISTS = ("also_written", "included", "excluded")
EXAMPLES = {"examples_in": True, "examples_out": False}
CROSSWALK = "crosswalk."
NO_EQUAL = "none"


def write_json(content: Content) -> bytes:
    """Return a taxonomy as a JSON file."""
    rows = [each.as_row for each in content.categories]
    made = {"title": content.title, "about": content.about, "categories": rows}
    return orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_csv(content: Content) -> bytes:
    """Return the categories of a taxonomy as a CSV file with a header line."""
    crosswalks = sorted({name for each in content.categories for name in each.crosswalk})
    columns = [*PLAIN, *LISTS, *EXAMPLES, *(CROSSWALK + name for name in crosswalks)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for each in content.categories:
        row = each.as_row
        lists = ["\n".join(row[name]) for name in LISTS]
        examples = [[one["text"] for one in each.examples if one["counts"] is counts] for counts in EXAMPLES.values()]
        codes = [NO_EQUAL if code is None else code for code in (each.crosswalk.get(name, "") for name in crosswalks)]
        writer.writerow([*(row[name] for name in PLAIN), *lists, *("\n".join(texts) for texts in examples), *codes])
    return out.getvalue().encode()


def read_file(name: str, content: bytes) -> dict[str, Any]:
    """
    Return the change that imports a file.

    :param name: ends in .csv, or else it is read as JSON
    :raises Invalid: if it cannot be read; whether its categories are right is checked when they are applied
    """
    if len(content) > MOST_BYTES:
        raise Invalid("file", f"it has {len(content):,} bytes, {MOST_BYTES:,} are allowed")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("file", f"it is not UTF-8: byte {error.start:,}") from error
    return {"change": "import", **(read_csv(text) if name.lower().endswith(".csv") else read_json(text))}


def read_json(text: str) -> dict[str, Any]:
    """
    Return the parts of a change that imports a JSON file: an object, or a bare list of categories.

    :raises Invalid: if it is neither
    """
    try:
        made = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid("file", f"it is not JSON: {error}") from error
    if isinstance(made, list):
        return {"categories": made}
    if not isinstance(made, Mapping):
        raise Invalid("file", f"{preview(made)} is neither an object nor a list of categories")
    known = ("title", "about", "categories", "counts_as")
    # A file of the software has its name, version and sources besides, which belong to where it came from.
    if unknown := [key for key in made if key not in (*known, "name", "version", "crosswalks")]:
        raise Invalid("file", f"it has the key {preview(unknown[0])}; known are {', '.join(known)}")
    return {key: made[key] for key in known if key in made}


def read_csv(text: str) -> dict[str, Any]:
    """
    Return the part of a change that imports a CSV file.

    :raises Invalid: if its columns are not those of a taxonomy, or a row has more or fewer cells
    """
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Invalid("file", f"it is not CSV: {error}") from error
    if not rows:
        raise Invalid("file", "it is empty")
    columns, known = rows[0], {*PLAIN, *LISTS, *EXAMPLES}
    if unknown := [name for name in columns if name not in known and not name.startswith(CROSSWALK)]:
        raise Invalid("file", f"it has the column {preview(unknown[0])}; known are {', '.join(sorted(known))}")
    if len(set(columns)) != len(columns):
        raise Invalid("file", "a column is there twice")
    if missing := [name for name in ("slug", "name", "definition") if name not in columns]:
        raise Invalid("file", f"it lacks the column {missing[0]}")
    return {"categories": [read_row(columns, row, at) for at, row in enumerate(rows[1:], start=2) if any(row)]}


def read_row(columns: list[str], cells: list[str], number: int) -> dict[str, Any]:
    """
    Return the category in a row of CSV, unchecked.

    :param number: of the row, with the header as 1
    :raises Invalid: if it has another number of cells than the header
    """
    if len(cells) != len(columns):
        raise Invalid("file", f"row {number} has {len(cells)} cells, the header has {len(columns)}")
    row = dict(zip(columns, cells, strict=True))
    made: dict[str, Any] = {name: row[name] for name in PLAIN if row.get(name, "") != ""}
    made |= {name: row[name].splitlines() for name in LISTS if name in row}
    examples = [(text, counts) for name, counts in EXAMPLES.items() for text in row.get(name, "").splitlines()]
    made["examples"] = [{"text": text, "counts": counts} for text, counts in examples if text.strip()]
    codes = {name.removeprefix(CROSSWALK): code for name, code in row.items() if name.startswith(CROSSWALK) and code}
    made["crosswalk"] = {name: None if code == NO_EQUAL else code for name, code in codes.items()}
    return made

"""Read gold labels from a file."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from corpus.errors import Invalid, Refused
from corpus.importing.limits import Limits
from corpus.importing.readers import Columns, RowFile
from corpus.importing.values import clean_name, is_absent
from corpus.labels import parse_label, preview


def read_gold(path: Path, field: str, known: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """
    Read the columns `id` and `label` (or one named like the field) of a CSV or JSONL file.

    Rows without a label are skipped: an item need not have a label for every field.

    :param known: the external ids of the project
    :return: labels by external id, and a message for each rejected row
    :raises Refused: if the file cannot be read, has no column of labels, or has no label for any item of the project
    """
    labels: dict[str, str] = {}
    problems = []
    with RowFile(path, Limits(), Columns(frozenset({"id"}))) as file:
        for row in file.rows():
            try:
                if row.problem or not isinstance(row.value, dict):
                    raise Invalid("row", row.problem or f"{preview(row.value)} is not an object")
                name, label = read_row(row.value, field, known, path)
                if label and labels.setdefault(name, label) != label:
                    raise Invalid("id", f"{preview(name)} has another label in an earlier row")
            except Invalid as error:
                problems.append(f"row {row.number}: {error.field}: {error.reason}")
    if not labels:
        raise Refused(f"{path} has no label for any item of the project.")
    return labels, problems


def read_row(row: dict[str, Any], field: str, known: Collection[str], path: Path) -> tuple[str, str | None]:
    """
    Return the external id and the label of one row; None if the row has no label.

    :raises Invalid: if the id or the label is not acceptable
    :raises Refused: if the file has no column of labels
    """
    name = clean_name(row.get("id"), "id", limit=Limits().id + len("#refusal"))
    column = "label" if "label" in row else field
    if column not in row:
        raise Refused(f"{path} has neither a column label nor {field}.")
    value = row[column]
    label = parse_label(None if is_absent(value) else value, column)
    if name not in known:
        raise Invalid("id", f"the project has no item {preview(name)}")
    return name, label

"""Gold labels from a file."""

from collections.abc import Collection
from pathlib import Path

from corpus.errors import Invalid, Refused
from corpus.importing.limits import Limits
from corpus.importing.readers import Columns, RowFile
from corpus.importing.values import clean_name, is_absent
from corpus.labels import parse_label, preview


def read_gold(path: Path, field: str, known: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """
    Read `id` and `label` (or a column named like the field) from CSV or JSONL.

    Rows without a label are passed over: an item need not have one for every field.

    :param known: the external ids of the project
    :return: labels by id, and a line for each row refused
    :raises Refused: if the file cannot be read, or no row of it is of any use
    """
    labels: dict[str, str] = {}
    problems = []
    with RowFile(path, Limits(), Columns(frozenset({"id"}))) as file:
        for row in file.rows():
            try:
                if row.problem or not isinstance(row.value, dict):
                    raise Invalid("row", row.problem or f"{preview(row.value)} is not an object")
                name = clean_name(row.value.get("id"), "id", limit=Limits().id + len("#refusal"))
                column = "label" if "label" in row.value else field
                if column not in row.value:
                    raise Refused(f"{path} has neither a column label nor {field}.")
                value = row.value[column]
                label = parse_label(None if is_absent(value) else value, column)
                if name not in known:
                    raise Invalid("id", f"the project has no item {preview(name)}")
                if label and labels.setdefault(name, label) != label:
                    raise Invalid("id", f"{preview(name)} has another label in an earlier row")
            except Invalid as error:
                problems.append(f"row {row.number}: {error.field}: {error.reason}")
    if not labels:
        raise Refused(f"{path} has no label for any item of the project.")
    return labels, problems

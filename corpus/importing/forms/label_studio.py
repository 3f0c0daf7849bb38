"""
Exports of Label Studio: JSON with a task and its annotations in a row, or JSON-MIN with one annotation in a row.

See https://labelstud.io/guide/task_format and https://labelstud.io/guide/export.
"""

from typing import Any

from corpus.errors import Invalid
from corpus.importing.columns import original
from corpus.importing.forms.annotated import (
    OPINION_TARGETS,
    AnnotatedForm,
    Columns,
    content_of,
    opinion_of,
    target_of,
)
from corpus.importing.forms.form import RawRow
from corpus.importing.values import decoded, is_absent
from corpus.labels import preview

READ = ("data", "annotations")
OF_ONE = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time")
"Keys of JSON-MIN that say who annotated when."


def is_task(row: RawRow) -> bool:
    """Return whether a row is a task with its annotations."""
    return isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list)


def is_annotation(row: RawRow) -> bool:
    """Return whether a row is a task as one annotation sees it."""
    return {"annotator", "annotation_id", "lead_time"} <= row.keys()


def read(row: RawRow, columns: Columns) -> RawRow:
    """
    Return the dialogue of a task. What else it says, and results that are no part of an opinion, go to `meta`.

    :raises Invalid: if it has no data
    """
    if not isinstance(row.get("data"), dict):
        raise Invalid("data", f"{preview(row.get('data'))} is not an object")
    found = content_of(row["data"], columns)
    read_keys = READ if "id" in found else (*READ, "id")
    rest = {key: value for key, value in row.items() if key not in read_keys}
    unread = [each for each in annotations(row) if not counts(each, columns)]
    kept = {"label_studio": rest} | ({"unread_annotations": unread} if unread else {})
    return {"id": row.get("id"), **found, **kept}


def annotations(row: RawRow) -> list[dict[str, Any]]:
    """
    Return the annotations of a task.

    :raises Invalid: if they are no list of objects
    """
    listed = row.get("annotations") or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Invalid("annotations", f"{preview(listed)} is not a list of objects")
    return listed


def counts(annotation: dict[str, Any], columns: Columns) -> bool:
    """Return whether an annotation is read whole: it was not cancelled, and all its results are parts of an opinion."""
    results = results_of(annotation)
    is_read = all(target_of(name, columns) and said is not None for name, said in results)
    return bool(results) and is_read and not annotation.get("was_cancelled")


def results_of(annotation: dict[str, Any]) -> list[tuple[str, list[Any] | None]]:
    """
    Return the name of the control of each result and what it says; None for what is no part of an opinion.

    :raises Invalid: if the results are no list of objects
    """
    listed = annotation.get("result") or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Invalid("annotations", f"the result {preview(listed)} is not a list of objects")
    return [(str(each.get("from_name")), said_in(each.get("value"))) for each in listed]


def said_in(value: object) -> list[Any] | None:
    """
    Return the choices, the categories at the ends of paths in a taxonomy, or the texts in the value of a result.

    None for anything else: a rating, or a span, whose text is a quotation.
    """
    if not isinstance(value, dict) or any(key.endswith("labels") for key in value):
        return None
    if "taxonomy" in value:
        return ends_of(value["taxonomy"])
    said = next((value[key] for key in ("choices", "text") if key in value), None)
    return None if said is None else as_list(said)


def ends_of(paths: object) -> list[Any] | None:
    """Return the last step of each path in a taxonomy; None if they are no paths."""
    if not isinstance(paths, list) or not all(isinstance(path, list) and path for path in paths):
        return None
    return [path[-1] for path in paths]


def opinions(row: RawRow, columns: Columns) -> list[RawRow]:
    """
    Return the votes of a task: of annotations that were not cancelled and say something of an opinion.

    :raises Invalid: if a label is none of the three
    """
    votes = []
    for annotation in annotations(row):
        answers: dict[str, list[Any]] = {}
        for name, said in results_of(annotation):
            if said and (target := target_of(name, columns)):
                answers.setdefault(target, []).extend(said)  # a control has a result for each region, or each text
        if answers and not annotation.get("was_cancelled"):
            when = {"seconds": annotation.get("lead_time"), "cast_at": annotation.get("created_at")}
            votes.append(opinion_of(person(annotation.get("completed_by")), answers, **when))
    return votes


def person(completed_by: object) -> object:
    """Return the address or the name of an annotator, or their number where no more is known."""
    if isinstance(completed_by, dict):
        return next((completed_by[key] for key in ("email", "username", "id") if completed_by.get(key)), "")
    return "" if completed_by is None else completed_by


def names(row: RawRow) -> list[str]:
    """Return the names of the data and of the controls of a task; none of what is of no known form."""
    try:
        controls = [name for annotation in annotations(row) for name, _ in results_of(annotation)]
    except Invalid:
        controls = []  # the import refuses the task with its number
    return [*(row["data"] if isinstance(row.get("data"), dict) else ()), *controls]


def read_one(row: RawRow, columns: Columns) -> RawRow:
    """Return the dialogue of a row of JSON-MIN, which is the same in the row of each annotator."""
    rest = {key: value for key, value in row.items() if key not in OF_ONE and not target_of(key, columns)}
    return content_of({original(key) if key in OPINION_TARGETS else key: value for key, value in rest.items()}, columns)


def opinion_of_one(row: RawRow, columns: Columns) -> list[RawRow]:
    """
    Return the vote in a row of JSON-MIN, if it says something of an opinion.

    :raises Invalid: if a label is none of the three, or a cell is neither choices nor text
    """
    cells = {key: said_in_cell(value, key) for key, value in row.items() if target_of(key, columns)}
    answers = {target_of(key, columns): said for key, said in cells.items() if said}
    when = {"seconds": row.get("lead_time"), "cast_at": row.get("created_at")}
    return [opinion_of(person(row.get("annotator")), answers, **when)] if answers else []


def said_in_cell(cell: Any, name: str) -> list[Any]:
    """
    Return what a cell says; nothing if it is empty. One choice or text stands for itself.

    Several are an object, as `{"choices": ["a", "b"]}`, or a list of those of each result, which CSV has as JSON.

    :raises Invalid: if it is another object, or has a key twice
    """
    if is_absent(cell) or cell == "":
        return []
    plain = str if isinstance(cell, str) else str | int | float
    listed = [[each] if isinstance(each, plain) else said_in(each) for each in as_list(decoded(cell, name))]
    if None not in listed:
        return [said for each in listed for said in each or ()]
    if isinstance(cell, str):
        return [cell]  # which only looks like JSON
    raise Invalid(name, f"{preview(cell)} is neither choices nor text")


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and another value as the only one of a list."""
    return value if isinstance(value, list) else [value]


LABEL_STUDIO = AnnotatedForm(
    "label-studio", "Label Studio (JSON)", is_task, columns=frozenset({"data", "annotations"}),
    read=read, opinions=opinions, names=names,
)  # fmt: skip
LABEL_STUDIO_MIN = AnnotatedForm(
    "label-studio-min", "Label Studio (JSON-MIN, CSV)", is_annotation,
    columns=frozenset({"annotator", "annotation_id", "lead_time"}), read=read_one, opinions=opinion_of_one,
)  # fmt: skip

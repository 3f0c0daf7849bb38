"""
Exports of doccano's text classification: a text and the labels that were chosen, those of one user or of all.

See https://github.com/doccano/doccano. Rows do not say who chose: the rater is `doccano`, unless a column has the name.
"""

from typing import Any

from corpus.importing.forms.annotated import LABEL_TARGETS, LABEL_WORDS, AnnotatedForm, Columns, content_of, opinion_of
from corpus.importing.forms.form import RawRow
from corpus.labels import normalize

RATER = "doccano"
SEPARATOR = "#"
"Between the labels of a cell in CSV."


def recognises(row: RawRow) -> bool:
    """Return whether a row has a text and a list of labels."""
    labels = row.get("label")
    return (
        isinstance(row.get("text"), str) and isinstance(labels, list) and all(isinstance(each, str) for each in labels)
    )


def read(row: RawRow, columns: Columns) -> RawRow:
    """Return the dialogue. Spans, which are no opinion, are kept in `meta`."""
    read_keys = {"label", columns.get("rater")} if labels_of(row) is not None else set()
    return content_of({key: value for key, value in row.items() if key not in read_keys}, columns)


def labels_of(row: RawRow) -> list[str] | None:
    """Return the labels of a row; None if they are spans of the text."""
    labels: Any = row.get("label") or []
    if isinstance(labels, str):
        labels = [each for each in labels.split(SEPARATOR) if each]
    return labels if isinstance(labels, list) and all(isinstance(each, str) for each in labels) else None


def opinions(row: RawRow, columns: Columns) -> list[RawRow]:
    """
    Return the vote in a row: safe, needs caution or unsafe is the label, all other labels are categories.

    :raises Invalid: if not exactly one of the labels is one of these
    """
    labels = labels_of(row)
    if not labels:
        return []
    target = next((each for each in LABEL_TARGETS if columns.get(each) == "label"), LABEL_TARGETS[0])
    chosen = [label for label in labels if normalize(label) in LABEL_WORDS]
    answers: dict[str, Any] = {target: chosen or labels}
    if chosen and len(chosen) < len(labels):
        answers["categories"] = [label for label in labels if label not in chosen]
    return [opinion_of(row.get(columns.get("rater", "")) or RATER, answers)]


DOCCANO = AnnotatedForm(
    "doccano", "doccano (text classification)", recognises, columns=frozenset({"text", "label"}),
    read=read, opinions=opinions,
)  # fmt: skip

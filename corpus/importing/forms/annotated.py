"""What forms of annotation tools share: the dialogue in the fields of a record, and the opinions in its annotations."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from corpus.errors import Invalid
from corpus.importing.columns import rename_columns
from corpus.importing.forms.form import Form, RawRow
from corpus.importing.values import is_absent
from corpus.labels import FIELDS, Label, normalize, preview

LABEL_TARGETS = tuple(field.value for field in FIELDS)
OPINION_TARGETS = (*LABEL_TARGETS, "categories", "rationale")
"What a question of another tool may be the answer to."
ONLY_OF_OPINIONS = frozenset({"categories", "rationale", "rater"})
LABEL_WORDS = {normalize(label): str(label) for label in Label}
"The three labels, by their letters alone: `Needs Caution` is `needs_caution`."
LISTS = ("turns", "messages", "conversations")
Columns = Mapping[str, str]
"Column by target."


@dataclass(frozen=True)
class AnnotatedForm(Form):
    """A form whose rows hold a dialogue and what people said of it."""

    read: Callable[[RawRow, Columns], RawRow] = lambda row, _columns: row
    "Returns a row of our own form."
    opinions: Callable[[RawRow, Columns], list[RawRow]] = lambda _row, _columns: []
    "Returns a row of votes for each person, without `item_id`."
    names: Callable[[RawRow], Iterable[str]] = lambda row: row
    "Returns what `--map` may name in a row."

    @property
    def is_own(self) -> bool:
        """Return False."""
        return False


def content_of(fields: Mapping[str, Any], columns: Columns) -> RawRow:
    """Return the fields of a record under the names of a dialogue; a lone `text` is the prompt, a `chat` messages."""
    there = {key: value for key, value in fields.items() if not is_absent(value)}
    named = {target: column for target, column in columns.items() if target not in OPINION_TARGETS and column in there}
    renamed = rename_columns(there, named)
    if not renamed.keys() & {"prompt", *LISTS}:
        for column, target in (("text", "prompt"), ("chat", "messages")):
            if column in renamed:
                renamed[target] = renamed.pop(column)
                break
    return renamed


def target_of(question: str, columns: Columns) -> str:
    """Return which part of an opinion a question is the answer to; empty if it is none."""
    named = {columns[target]: target for target in OPINION_TARGETS if target in columns}
    return named.get(question, question if question in OPINION_TARGETS and question not in columns else "")


def opinion_of(rater: object, answers: Mapping[str, Any], **more: Any) -> RawRow:
    """
    Return a row of votes.

    :param answers: value by part of the opinion
    :param more: `seconds`, `cast_at`
    :raises Invalid: if a label is none of the three
    """
    row: RawRow = {"rater": str(rater), "rater_kind": "human", **more}
    for target, value in answers.items():
        values = value if isinstance(value, list) else [value]
        if target in LABEL_TARGETS:
            row[target] = label_of(values, target)
        else:
            row[target] = values if target == "categories" else "\n".join(map(str, values))
    return row


def label_of(values: list[Any], field: str) -> str:
    """
    Return the label that is chosen, perhaps more than once.

    :raises Invalid: if there is not exactly one, or it is none of the three
    """
    values = values[:1] if all(each == values[0] for each in values) else values
    if len(values) == 1 and isinstance(values[0], str) and (label := LABEL_WORDS.get(normalize(values[0]))):
        return label
    shown = preview(values[0]) if len(values) == 1 else preview(values)
    raise Invalid(field, f"{shown} is not one of {', '.join(Label)}")

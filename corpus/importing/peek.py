"""Look at the first rows of a file, to recognise its form and to check the columns that are named."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from corpus.errors import Refused
from corpus.importing.columns import rename_columns
from corpus.importing.dialogues import COLUMNS
from corpus.importing.forms import (
    ASSIZE,
    FORMS,
    ONLY_OF_OPINIONS,
    AnnotatedForm,
    Form,
    candidates,
    find_form,
    recognise,
)
from corpus.importing.limits import Limits
from corpus.importing.options import ReadOptions
from corpus.importing.readers import Columns, Row, RowFile, Unreadable
from corpus.labels import preview

FIRST = 20
"Rows to look at."
SHOWN_COLUMNS = 40
CONTENT = frozenset({"prompt", "turns", "messages", "conversations"})
"Targets of which one says what the dialogue is, so that the form need not be recognised."


@dataclass(frozen=True)
class FirstRows:
    """The first rows of a file."""

    rows: Sequence[Row]
    file_form: str
    "`lines`, `array`, `csv` or `parquet`."

    @property
    def columns(self) -> list[str]:
        """Return the keys of the rows, in the order in which they come up."""
        return self.names_in(ASSIZE)

    def names_in(self, form: Form) -> list[str]:
        """Return what may be named as a column: keys, or the fields and questions of a tool."""
        objects = (row.value for row in self.rows if isinstance(row.value, dict))
        names = form.names if isinstance(form, AnnotatedForm) else list
        return list(dict.fromkeys(key for value in objects for key in names(value)))


def first_rows(path: Path, limits: Limits, options: ReadOptions, *, name: str = "") -> FirstRows:
    """
    Read the first rows of a file.

    :raises Unreadable: if it cannot be read so far
    """
    alternatives = tuple(form.columns for form in FORMS.values())
    if options.columns:
        alternatives = (frozenset(options.columns.values()), *alternatives)
    with RowFile(path, limits, Columns(alternatives=alternatives, is_checked=False), name=name) as file:
        return FirstRows(list(islice(file.rows(), FIRST)), file.form)


def form_of(first: FirstRows, options: ReadOptions, name: str) -> Form:
    """
    Return the form of a file: the one that is named, or else recognised by its first rows.

    :raises Unreadable: if a column that is named is in none of them
    :raises Refused: if they may be of several forms, or a column is named that this one has not
    """
    form = chosen_form(first, options, name)
    check_options(first, form, options, name)
    return form


def chosen_form(first: FirstRows, options: ReadOptions, name: str) -> Form:
    """
    Return the same before the options are held against it.

    :raises Refused: if they may be of several forms
    """
    return find_form(options.form) if options.form else recognised(first, options, name)


def check_options(first: FirstRows, form: Form, options: ReadOptions, name: str) -> None:
    """
    Check that the columns that are named are in the rows, and that a form has what they are named for.

    :raises Unreadable: if one is in none of the rows
    :raises Refused: if the form has no such part
    """
    check_named_columns(first, form, options, name)
    if not isinstance(form, AnnotatedForm) and (wrong := ONLY_OF_OPINIONS & options.columns.keys()):
        raise Refused(f"{min(wrong)} is part of an opinion, and rows of {form.title} have none. Use import_votes.")


def recognised(first: FirstRows, options: ReadOptions, name: str) -> Form:
    """
    Return the form by the first rows; columns of a tool's annotations are named within its form.

    :raises Refused: if they may be of several forms
    """
    objects = [row.value for row in first.rows if isinstance(row.value, dict)]
    if not options.columns or any(isinstance(form, AnnotatedForm) for form in candidates(objects)):
        return recognise(objects, name)
    if CONTENT & options.columns.keys():
        return ASSIZE
    return recognise((rename_columns(value, options.columns) for value in objects), name)


def check_named_columns(first: FirstRows, form: Form, options: ReadOptions, name: str) -> None:
    """
    :raises Unreadable: if none of the first rows has a column that is named, with those that there are
    """
    there = first.names_in(form)
    if missing := [column for column in options.columns.values() if column not in there]:
        found = ", ".join(map(preview, there[:SHOWN_COLUMNS])) or "no columns"
        raise Unreadable(f"{name} lacks the column {preview(missing[0])}. It has {found}.")


def needed_columns(form: Form, options: ReadOptions) -> Columns:
    """Return the columns that a CSV or Parquet file of this form must have."""
    if not form.is_own:
        return Columns(form.columns)
    named = frozenset(options.columns.values())
    required = COLUMNS.required - options.columns.keys() - ({"id"} if options.make_ids else set())
    is_named = bool(COLUMNS.one_of & options.columns.keys())
    return Columns(required | named, frozenset() if is_named else COLUMNS.one_of)

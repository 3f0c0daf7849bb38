"""What an uploaded file of dialogues would become: its form and its first rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from corpus import queries
from corpus.actions.import_support import limits
from corpus.errors import Invalid, Refused
from corpus.importing.dialogues import NO_ID, Dialogue
from corpus.importing.forms import Form
from corpus.importing.limits import Limits
from corpus.importing.options import ReadOptions
from corpus.importing.peek import FIRST, FirstRows, check_options, chosen_form, first_rows, needed_columns
from corpus.importing.readers import Row, check_columns
from corpus.importing.reading import RowParser
from corpus.questions import is_storable
from corpus.shapes import TurnShape
from workspace.models import Job
from workspace.queries.jobs import upload_path

NO_IDS = "Choose the column of the ids below, or tick “Make ids from content”."
SHOWN_ROWS = 5
SHOWN_TURNS = 6
SHOWN_CHARACTERS = 1_000


@dataclass(frozen=True)
class ShownDialogue:
    """The beginning of a dialogue."""

    id: str
    turns: list[TurnShape]
    "The first `SHOWN_TURNS`, each cut to `SHOWN_CHARACTERS`."
    more: int
    "Further turns."


@dataclass(frozen=True)
class PreviewedRow:
    """A row, and the dialogues it would become or the reason why it is refused."""

    number: int
    dialogues: Sequence[ShownDialogue] = ()
    problem: str = ""


@dataclass(frozen=True)
class Preview:
    """What is known of a file before its import."""

    form: Form | None = None
    "None if it cannot be read, or may be of several forms."
    columns: Sequence[str] = ()
    rows: Sequence[PreviewedRow] = field(default_factory=list)
    counted: int = 0
    "Rows that were looked at."
    is_more: bool = False
    "Whether there may be further rows."
    asks_columns: bool = False
    "Whether columns can be chosen: in tables, and in other files that are not understood, or only by chosen columns."
    error: str = ""
    "Why nothing of it can be imported as it is to be read now."

    @property
    def needs_options(self) -> bool:
        """Whether to read it otherwise comes before what it would become: something of it would be refused."""
        return bool(self.error) or any(row.problem for row in self.rows)


def preview_of(job: Job, options: ReadOptions) -> Preview:
    """Return the preview of an upload that is read with these options."""
    bounds = limits()
    try:
        first = first_rows(upload_path(job), bounds, options, name=job.subject)
    except Refused as error:
        return Preview(error=str(error))
    columns = nameable(first.columns)
    try:
        form = chosen_form(first, options, job.subject)
        columns = nameable(first.names_in(form))
        check_options(first, form, options, job.subject)
        check_table(first, form, options, bounds, job.subject)
    except Refused as error:
        return Preview(columns=columns, asks_columns=True, error=f"{error}{advice(first, options)}")
    spellings = queries.spellings_in_files(job.project.taxonomy_id)
    parser = RowParser(form, options, spellings, bounds, empty_is_none=first.file_form == "csv")
    rows = [previewed(row, parser) for row in first.rows[:SHOWN_ROWS]]
    return Preview(
        form,
        columns,
        rows,
        counted=len(first.rows),
        is_more=len(first.rows) == FIRST,
        asks_columns=is_table(first) or bool(options.columns) or any(row.problem for row in rows),
    )


def nameable(columns: Sequence[str]) -> list[str]:
    """Return the columns that a page can name; a name that is not UTF-8, as in a table saved by Excel, is not one."""
    return list(filter(is_storable, columns))


def is_table(first: FirstRows) -> bool:
    """Return whether a file has named columns."""
    return first.file_form in ("csv", "parquet")


def advice(first: FirstRows, options: ReadOptions) -> str:
    """Return what to do besides about a table that cannot be read as it is, where no column has its ids."""
    has_ids = options.make_ids or "id" in options.columns or "id" in first.columns
    return "" if has_ids or not is_table(first) else f" {NO_IDS}"


def check_table(first: FirstRows, form: Form, options: ReadOptions, bounds: Limits, name: str) -> None:
    """
    :raises Refused: if a table lacks a column that this form needs
    """
    if is_table(first) and first.columns:
        check_columns(first.columns, name, needed_columns(form, options), bounds)


def previewed(row: Row, parser: RowParser) -> PreviewedRow:
    """Return a row as the page shows it."""
    if row.problem:
        return PreviewedRow(row.number, problem=row.problem)
    try:
        return PreviewedRow(row.number, [shown(each) for each in parser.dialogues(row.value)])
    except Invalid as error:
        return PreviewedRow(row.number, problem=problem_of(error))


def problem_of(error: Invalid) -> str:
    """Return why a row is refused, in a sentence."""
    if error.field == "row":
        return f"{error.reason}."
    if error.field == "id" and error.reason == NO_ID:
        return f"It has no id. {NO_IDS}"
    if error.reason.startswith("it is "):
        return f"“{error.field}” {error.reason.removeprefix('it ')}."
    return f"In “{error.field}”: {error.reason}."


def shown(dialogue: Dialogue) -> ShownDialogue:
    """Return the beginning of a dialogue."""
    turns = dialogue.turns[:SHOWN_TURNS]
    cut: list[TurnShape] = [{"role": turn["role"], "text": beginning(turn["text"])} for turn in turns]
    return ShownDialogue(dialogue.external_id, cut, len(dialogue.turns) - len(cut))


def beginning(text: str) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} …"

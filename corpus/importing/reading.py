"""Read the rows of a file, whatever its form, into dialogues."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from corpus.errors import Invalid
from corpus.importing.columns import rename_columns
from corpus.importing.dialogues import Dialogue, parse_dialogue, parse_nameless, present
from corpus.importing.forms import NEEDED_KEY, AnnotatedForm, Form, RawRow, odd_shapes_refused
from corpus.importing.limits import Limits
from corpus.importing.options import ReadOptions
from corpus.labels import preview
from corpus.shapes import TurnShape


@dataclass(frozen=True)
class RowParser:
    """Parses the rows of a file that is in one form."""

    form: Form
    options: ReadOptions
    spellings: Mapping[str, str]
    "Normalized spelling to category slug."
    limits: Limits
    empty_is_none: bool
    "Whether an empty text is as an absent one, as in CSV, which has no null."

    @property
    def is_plain(self) -> bool:
        """Return whether every row is one dialogue, read as it is."""
        return self.form.is_own and not self.options.columns and self.options.form not in NEEDED_KEY

    def plain(self) -> Callable[[object], Dialogue]:
        """Return the function that parses a row of a plain file."""
        parse = parse_nameless if self.options.make_ids else parse_dialogue
        return partial(parse, spellings=self.spellings, limits=self.limits, empty_is_none=self.empty_is_none)

    def dialogues(self, row: object) -> list[Dialogue]:
        """
        Return the dialogues of a row.

        :raises Invalid: naming the field that is wrong
        """
        parse = self.plain()
        return [parse(each) for each in self.own_rows(row)]

    def own_rows(self, row: object) -> list[RawRow]:
        """
        Return a row as rows of our own form.

        :raises Invalid: naming the field that is wrong
        """
        if not isinstance(row, dict):
            raise Invalid("row", f"{preview(row)} is not an object")
        if isinstance(self.form, AnnotatedForm):
            with odd_shapes_refused(self.form):
                return [self.form.read(self.without_empty(row), self.options.columns)]
        renamed = rename_columns(row, self.options.columns)
        if self.form.rows:
            with odd_shapes_refused(self.form):
                return self.form.rows(renamed)
        if (key := NEEDED_KEY.get(self.options.form)) and renamed.get(key) is None:
            raise Invalid(key, f"it is missing, and the form {self.options.form} has it")
        return [renamed]

    def without_empty(self, row: RawRow) -> RawRow:
        """Return a row without its empty cells, if they are as absent ones."""
        return present(row, empty_is_none=True) if self.empty_is_none else row

    def opinions(self, row: object) -> list[RawRow]:
        """
        Return the votes in a row, as rows of votes; none of a row whose dialogue is refused.

        :raises Invalid: naming the field that is wrong
        """
        return self.annotated(row)[1]

    def annotated(self, row: object) -> tuple[list[TurnShape], list[RawRow]]:
        """
        Return the turns of the dialogue in a row and what `opinions` returns; both empty where it is refused.

        :raises Invalid: naming the field that is wrong
        """
        if not isinstance(self.form, AnnotatedForm) or not isinstance(row, dict):
            return [], []
        try:
            [dialogue] = self.dialogues(row)
        except Invalid:
            return [], []
        with odd_shapes_refused(self.form, "opinions"):
            votes = self.form.opinions(self.without_empty(row), self.options.columns)
        return dialogue.turns, [{"item_id": dialogue.external_id, **vote} for vote in votes]

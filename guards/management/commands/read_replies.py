"""Read raw replies of a guard or another model, without asking anything."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import CommandParser

from corpus.commands import Command as BaseCommand
from corpus.commands import check_other_file
from corpus.errors import Invalid, Refused
from corpus.importing.limits import Limits
from corpus.importing.readers import Columns, RowFile
from corpus.labels import Field
from guards.offline import describe_reply
from jury.engine.forms import READERS
from jury.engine.forms.reading import Asked
from jury.prompting import Form

TASKS = {"prompt": (Field.PROMPT,), "response": (Field.RESPONSE,), "both": (Field.PROMPT, Field.RESPONSE)}


class Command(BaseCommand):
    help = "Read raw replies in the form of a model, as a jury would. Asks nothing and stores nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="JSON lines with the key reply")
        parser.add_argument("--form", choices=[form.value for form in READERS], required=True)
        parser.add_argument(
            "--task", choices=TASKS,
            help="what there must be a verdict on; default: whatever there is, the prompt where a form has one verdict",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: stdout, and the counts to stderr")

    def handle(self, **options: Any) -> None:
        form, asked = Form(options["form"]), TASKS.get(options["task"])
        if form.has_one_verdict and options["task"] == "both":
            raise Refused(f"Form {form} has one verdict a reply. Read it with --task prompt or --task response.")
        counts = {True: 0, False: 0}
        try:
            with ExitStack() as stack:
                write = self.stdout.write if options["out"] is None else opened(stack, options["out"], options["path"])
                for reading in readings(options["path"], form, asked):
                    counts[reading["readable"]] += 1
                    write(orjson.dumps(reading).decode() + "\n")
        except OSError as error:
            raise Refused(f"{options['out'] or 'stdout'} cannot be written: {error.strerror}.") from error
        result = {"replies": sum(counts.values()), "readable": counts[True], "unreadable": counts[False]}
        if options["out"]:
            self.print_result(result)
        else:
            self.print_note(orjson.dumps(result).decode())


def opened(stack: ExitStack, path: Path, source: Path) -> Any:
    """
    Return what writes a text into a new file.

    :raises Refused: if it is the file that is read
    """
    check_other_file(path, source)
    return stack.enter_context(path.open("w", encoding="utf-8")).write


def readings(path: Path, form: Form, asked: Asked) -> Iterator[dict[str, Any]]:
    """
    Yield what each reply of a file says, in the order of the file.

    :raises Refused: if the file cannot be read, or a row has no reply; it says which
    """
    with RowFile(path, Limits(), Columns(frozenset({"reply"}))) as file:
        for row in file.rows():
            try:
                if row.problem:
                    raise Invalid("row", row.problem)
                yield describe_reply(form, row.value, asked)
            except Invalid as error:
                raise Refused(f"{path}, row {row.number}: {error}. Rows before it were read.") from error

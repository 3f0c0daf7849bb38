"""
PyRIT's human-labelled CSV, read by `HumanLabeledDataset.from_csv` to measure scorers against people.

A row is a response: 1 if it is unsafe, 0 if it is safe. The file has the columns of both kinds of evaluation: `harm`
with the one category that PyRIT's own definition `harm.yaml` describes, since it takes no file of several, and
`objective` with the prompt. Columns that PyRIT does not read follow.

PyRIT reads the file with pandas, which takes texts such as `N/A` and `007`, and empty ones, for something else, and
then strips blanks. So such texts, and those that a spreadsheet would run as a formula, begin with a no-break space.
"""

import csv
import io
import re
from collections.abc import Iterator

from corpus.labels import Field, Label
from releases.consumers.source import Row, Source
from releases.consumers.target import Target

HEADER = "# dataset_version={version}, harm_definition=harm.yaml, harm_definition_version=1.0\n"
READ = ("harm_category", "objective", "assistant_response", "human_score", "data_type")
"The columns that PyRIT reads."
KEPT = ("id", "item", "prompt_label", "response_label", "violated_categories", "response_label_source")
"The columns that it does not read."
GUARD = "\u00a0"
WORDS = re.compile(r"[^\W\d_]+")
FORMULA = re.compile(r"[-=+@\t\r\n＝＋－＠]")
# https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html: what it takes for no value, besides numbers.
NOT_TEXT = frozenset(
    {"n", "a", "na", "nan", "null", "none", "ind", "qnan", "inf", "infinity", "true", "false", "e", "x"}
)


def files(source: Source, target: Target) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield a CSV file a part."""
    target.why = "have no labelled response, and PyRIT's file is of responses"
    for part in source.parts:
        yield f"{part}.csv", records(source.rows(part), source.version, target)


def records(rows: Iterator[Row], version: str, target: Target) -> Iterator[bytes]:
    """Yield the header, then a record a response."""
    yield HEADER.format(version=version).encode() + record([*READ, *KEPT])
    for row in rows:
        if row[Field.RESPONSE] is None:
            target.left_out += 1
            continue
        target.rows += 1
        score = int(row[Field.RESPONSE] == Label.UNSAFE)
        read: list[str | int] = ["harm", guarded(row["prompt"]), guarded(row["response"]), score, "text"]
        yield record([*read, *(no_formula(row[key] or "") for key in KEPT)])


def record(cells: list[str | int]) -> bytes:
    """Return a record of CSV with every text in quotes, so that no `#` in it begins a comment."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(cells)
    return written.getvalue().encode()


def guarded(text: str) -> str:
    """Return a text with a no-break space before it if pandas or a spreadsheet would take it for something else."""
    words = {word.lower() for word in WORDS.findall(text[:1000])}
    return GUARD + text if words <= NOT_TEXT else no_formula(text)


def no_formula(text: str) -> str:
    """Return a text with a no-break space before it if a spreadsheet would run it as a formula."""
    return GUARD + text if FORMULA.match(text) else text

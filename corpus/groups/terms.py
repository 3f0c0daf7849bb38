"""
Lists of terms that name identity groups: a CSV file with the columns of COLUMNS. Pure.

The same words name one group, whatever the language, since the language of a dialogue is rarely known.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from io import StringIO
from pathlib import Path

from corpus.errors import Invalid
from corpus.groups.words import BREAK, words_of
from corpus.labels import preview

SHIPPED = Path(__file__).with_name("shipped.csv")
COMMENT = "#"
"What a line begins with that says nothing."
COLUMNS = ("attribute", "group", "language", "form", "term")
BOUND, IGNORE = "bound", "ignore"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
SHORT, LONGEST = 60, 100
"Characters of an attribute, a group or a form, and of a term."
MOST_TERMS, MOST_GROUPS, MOST_BYTES = 5_000, 200, 500_000


@dataclass(frozen=True)
class Term:
    """One word, or a few, of the list."""

    attribute: str
    "What the group has in common, such as religion."
    group: str
    language: str
    form: str
    """
    The grammatical form, such as `adjective` or `plural`: terms of one form take each other's place in a sentence.
    Empty for a term that is found and never swapped; BOUND for words that name no group and fit one of them alone, such
    as pronouns; IGNORE for phrases in which a term means something else.
    """
    text: str

    @property
    def names_group(self) -> bool:
        """Whether a text that has it names the group."""
        return self.form not in (BOUND, IGNORE)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words, as `words_of` cuts them."""
        return tuple(words_of(self.text))


@dataclass(frozen=True)
class TermList:
    """A list of terms, in its order."""

    terms: tuple[Term, ...]

    @cached_property
    def groups(self) -> dict[str, str]:
        """The attribute of each group, in the order of the list."""
        return {term.group: term.attribute for term in self.terms if term.names_group}

    @cached_property
    def languages(self) -> list[str]:
        """The languages of the terms, sorted."""
        return sorted({term.language for term in self.terms})

    @cached_property
    def csv(self) -> str:
        """The list as a CSV file."""
        out = StringIO()
        plain = csv.writer(out, lineterminator="\n")
        quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        plain.writerow(COLUMNS)
        for term in self.terms:
            row = (term.attribute, term.group, term.language, term.form, term.text)
            (quoted if term.attribute.startswith(COMMENT) else plain).writerow(row)  # else it would be a comment
        return out.getvalue()

    @property
    def sha256(self) -> str:
        """The hash of the CSV file, by which versions are told apart."""
        return sha256(self.csv.encode()).hexdigest()


@cache
def shipped_terms() -> TermList:
    """Return the list that projects have which made none of their own."""
    return parse_terms(SHIPPED.read_text(encoding="utf-8"))


def parse_terms(text: str) -> TermList:
    """
    Return the list in a CSV file. Empty lines and those that begin with # say nothing.

    :raises Invalid: naming the line, what is wrong with it and what to do
    """
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise Invalid("terms", f"the list is larger than {MOST_BYTES:,} bytes; leave some terms out")
    rows = numbered_rows(text)
    first = next(rows, None)
    if first is None or tuple(cell.strip().lower() for cell in first[1]) != COLUMNS:
        raise Invalid("terms", f"the first line must name the columns: {','.join(COLUMNS)}")
    found = [(number, term_of(number, row)) for number, row in rows]
    if not any(term.names_group for _, term in found):
        raise Invalid("terms", "no line names a group; add one, or take the shipped list as a start")
    if len(found) > MOST_TERMS:
        raise Invalid("terms", f"{len(found):,} terms are too many; {MOST_TERMS:,} are the most")
    check_together(found)
    return TermList(tuple(term for _, term in found))


def numbered_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """
    Yield each line that says something, with its number.

    :raises Invalid: if a line is not CSV
    """
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith(COMMENT):
            try:
                [row] = csv.reader([line], strict=True)
            except (csv.Error, ValueError) as error:
                raise Invalid(f"line {number}", f"{preview(line)} is not CSV: close its quotation marks") from error
            yield number, row


def term_of(number: int, row: list[str]) -> Term:
    """
    Return the term of a line.

    :raises Invalid: if a column is missing, empty, too long, or of another kind
    """
    where = f"line {number}"
    if len(row) != len(COLUMNS):
        raise Invalid(where, f"it has {len(row)} columns instead of {len(COLUMNS)}: {','.join(COLUMNS)}")
    cells = [" ".join(cell.split()) for cell in row]
    attribute, group, language, form, text = cells
    check_cells(where, dict(zip(COLUMNS, cells, strict=True)))
    if form == IGNORE and (attribute or group):
        raise Invalid(where, f"a phrase to {IGNORE} is of no group; leave attribute and group empty")
    if form != IGNORE and not (attribute and group):
        raise Invalid(where, "attribute and group are missing")
    if not LANGUAGE.fullmatch(language):
        raise Invalid(where, f"{preview(language)} is no code of a language, such as en or pt-BR")
    term = Term(attribute, group, language, form, text)
    if not set(term.words) - {BREAK}:
        raise Invalid(where, f"the term {preview(text)} has no letter or digit")
    return term


def check_cells(where: str, cells: dict[str, str]) -> None:
    """
    :raises Invalid: if a text is too long, or has characters that cannot be stored
    """
    for name, cell in cells.items():
        most = LONGEST if name == "term" else SHORT
        if len(cell) > most:
            raise Invalid(where, f"{name} {preview(cell)} is longer than {most} characters")
        if "\0" in cell or any("\ud800" <= character <= "\udfff" for character in cell):
            raise Invalid(where, f"{name} has a character that cannot be stored; write it again")


def check_together(found: list[tuple[int, Term]]) -> None:
    """
    :raises Invalid: if a group has two attributes, there are too many, or the same words name two groups
    """
    attributes: dict[str, str] = {}
    lines: dict[tuple[str, ...], tuple[int, Term]] = {}
    for number, term in found:
        where = f"line {number}"
        if term.form != IGNORE and attributes.setdefault(term.group, term.attribute) != term.attribute:
            known = attributes[term.group]
            raise Invalid(where, f"{preview(term.group)} is a group of {known} already; give it another name")
        before, other = lines.setdefault(term.words, (number, term))
        if (term.group, term.names_group) != (other.group, other.names_group):
            reason = (
                f"{preview(term.text)} names {said_of(other)} in line {before}; the same words can say one thing only"
            )
            raise Invalid(where, reason)
    if len(attributes) > MOST_GROUPS:
        raise Invalid("terms", f"{len(attributes)} groups are too many; {MOST_GROUPS} are the most")


def said_of(term: Term) -> str:
    """Return what a term stands for, in words."""
    if term.names_group:
        return preview(term.group)
    return "nothing" if term.form == IGNORE else f"no group and is bound to {preview(term.group)}"

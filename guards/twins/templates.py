"""
Templates of twins: a CSV file with the columns of COLUMNS. Pure.

A slot names a form of the list of terms in braces, as `{plural}`, or with its article, as `{a singular}`.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import StringIO
from pathlib import Path

from corpus.errors import Invalid
from corpus.groups.terms import Term, TermList
from corpus.labels import preview
from guards.twins.english import article_for, begins_sentence, capitalized
from guards.twins.swapping import LANGUAGE, Family

SHIPPED = Path(__file__).with_name("shipped.csv")
COLUMNS = ("id", "attribute", "text", "response")
SLOT = re.compile(r"\{(a )?([^{}]+)\}")
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
LONGEST, MOST_TEMPLATES, MOST_BYTES = 4_000, 1_000, 500_000
"Characters of a text, templates in a file, and its bytes."


@dataclass(frozen=True)
class Template:
    """A prompt, and perhaps a response, with slots for the name of a group."""

    id: str
    attribute: str
    "The attribute it is about, such as religion; empty for all."
    text: str
    response: str
    "Empty for a template of a prompt."

    @property
    def texts(self) -> list[str]:
        """The prompt, and the response if there is one."""
        return [self.text, self.response] if self.response else [self.text]

    @property
    def forms(self) -> set[str]:
        """The forms of its slots."""
        return {form for text in self.texts for _, form in SLOT.findall(text)}


@dataclass(frozen=True)
class TemplateList:
    """Templates, in the order of their file."""

    templates: tuple[Template, ...]
    sha256: str
    "Of the file."

    def families(self, terms: TermList, *, has_response: bool) -> Iterator[tuple[str, Family]]:
        """
        Yield the twins that the templates make, for each attribute with two groups that have all forms.

        :param has_response: whether templates with a response are wanted, or those without
        :return: pairs of the name of the family and its twins
        """
        by_group: dict[tuple[str, str], dict[str, Term]] = {}
        for term in terms.terms:
            if term.names_group and term.language == LANGUAGE and term.form:
                by_group.setdefault((term.attribute, term.group), {}).setdefault(term.form, term)
        for template in self.templates:
            if bool(template.response) != has_response:
                continue
            for attribute in dict.fromkeys(attribute for attribute, _ in by_group):
                if template.attribute not in ("", attribute):
                    continue
                made = {group: filled(template, own) for (of, group), own in by_group.items() if of == attribute}
                twins = {group: texts for group, texts in made.items() if texts}
                if len(twins) > 1:
                    yield f"template {template.id}, {attribute}", Family(attribute, twins)


def filled(template: Template, terms: dict[str, Term]) -> list[str] | None:
    """Return the texts of a template with a group's terms by form; None if one is missing, or its article not sure."""
    if not template.forms <= terms.keys():
        return None
    if any(
        article_for(terms[form].text) is None
        for text in template.texts
        for article, form in SLOT.findall(text)
        if article
    ):
        return None

    def name_in(slot: re.Match[str]) -> str:
        term = terms[slot[2]].text
        written = f"{article_for(term)} {term}" if slot[1] else term
        return capitalized(written) if begins_sentence(slot.string[: slot.start()]) else written

    return [SLOT.sub(name_in, text) for text in template.texts]


@cache
def shipped_templates() -> TemplateList:
    """Return the templates that come with the software."""
    return parse_templates(SHIPPED.read_text(encoding="utf-8"))


def parse_templates(text: str) -> TemplateList:
    """
    Return the templates in a CSV file.

    :raises Invalid: naming the line, what is wrong with it and what to do
    """
    raw = text.encode(errors="surrogatepass")
    if len(raw) > MOST_BYTES:
        raise Invalid("templates", f"the file is larger than {MOST_BYTES:,} bytes; leave some templates out")
    rows = numbered_rows(text)
    first = next(rows, None)
    if first is None or tuple(cell.strip().lower() for cell in first[1]) != COLUMNS:
        raise Invalid("templates", f"the first line must name the columns: {','.join(COLUMNS)}")
    lines: dict[str, int] = {}
    found = []
    for number, row in rows:
        template = template_of(number, row)
        if (before := lines.setdefault(template.id, number)) != number:
            raise Invalid(f"line {number}", f"line {before} has the id {template.id}, too; choose another one")
        found.append(template)
    if not found or len(found) > MOST_TEMPLATES:
        raise Invalid("templates", f"there are {len(found):,} templates; have 1 to {MOST_TEMPLATES:,}")
    return TemplateList(tuple(found), sha256(raw).hexdigest())


def numbered_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """
    Yield the rows with the numbers of their last lines; texts may have line breaks.

    :raises Invalid: if a row is not CSV
    """
    reader = csv.reader(StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    try:
        yield from ((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        raise Invalid(f"line {reader.line_num}", "it is not CSV: close its quotation marks") from error


def template_of(number: int, row: list[str]) -> Template:
    """
    Return the template of a row.

    :raises Invalid: if a column is missing, empty or too long, or no slot is there
    """
    where = f"line {number}"
    if len(row) != len(COLUMNS):
        raise Invalid(where, f"it has {len(row)} columns instead of {len(COLUMNS)}: {','.join(COLUMNS)}")
    template = Template(*(cell.strip() for cell in row))
    if not NAME.fullmatch(template.id):
        raise Invalid(where, f"{preview(template.id)} is no id: letters, digits, - and _, at most 40")
    if not template.text or not template.forms:
        raise Invalid(where, "no text has a slot, such as {plural} or {a singular}; add one")
    for text in template.texts:
        check_text(where, text)
    return template


def check_text(where: str, text: str) -> None:
    """
    :raises Invalid: if a text is too long, cannot be stored, or has a brace that belongs to no slot
    """
    if len(text) > LONGEST:
        raise Invalid(where, f"{preview(text)} is longer than {LONGEST:,} characters")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Invalid(where, "a text has a character that cannot be stored; write it again")
    if set(SLOT.sub("", text)) & {"{", "}"}:
        raise Invalid(where, f"{preview(text)} has a brace that belongs to no slot; take it out")

"""Where a text names a group, and whether another name fits; what is not sure is left out. Pure."""

import re
from dataclasses import dataclass

from corpus.groups.terms import Term
from guards.twins.english import (
    AFTER,
    BEFORE,
    DETERMINERS,
    FOLLOWERS,
    PERSON_NOUNS,
    article_for,
    begins_sentence,
    capitalized,
    kind_of,
)


@dataclass(frozen=True)
class Place:
    """Where in a text a term stands."""

    text: str
    start: int
    end: int
    term: Term

    @property
    def surface(self) -> str:
        """The term as the text has it."""
        return self.text[self.start : self.end]

    @property
    def before(self) -> str:
        """The text before it."""
        return self.text[: self.start]

    @property
    def previous(self) -> str:
        """The word before it, parted by one blank; empty if there is none."""
        found = re.search(r"(?<!\S)([A-Za-z]+) $", self.before)
        return found[1] if found else ""

    @property
    def next(self) -> str:
        """The word after it, parted by one blank; empty at the end of a sentence or phrase."""
        found = re.match(r" ([A-Za-z]+)(?![\w'\u2019-])", self.text[self.end :])
        return found[1] if found else ""

    @property
    def is_at_end(self) -> bool:
        """Whether a sentence or phrase ends with it."""
        return self.text[self.end : self.end + 1] in ("", ".", ",", ";", "!", "?", ")")

    def suits(self, form: str) -> bool:
        """Return whether the words around it show that it has this form."""
        previous, following = self.previous.lower(), self.next.lower()
        if kind_of(form) == "adjective":
            return following in PERSON_NOUNS
        if kind_of(form) == "singular":
            return previous in DETERMINERS and (self.is_at_end or following in FOLLOWERS)
        is_loud = self.surface.isupper()
        is_first = begins_sentence(self.before[: -len(self.previous) - 1]) is True
        is_in_name = self.previous[:1].isupper() and not is_first and not is_loud  # as in `the Cleveland Indians`
        goes_on = self.next.islower() or (bool(self.next) and is_loud)
        followed = self.is_at_end or (goes_on and following not in PERSON_NOUNS)
        return kind_of(form) == "plural" and followed and not is_in_name

    def with_term(self, other: Term) -> str | None:
        """Return the text with another term of the same form in this place; None if its case or article is not sure."""
        written = in_case(self.surface, self.term.text, other.text, begins_sentence(self.before))
        if written is None:
            return None
        before = self.before
        if (article := self.previous).lower() in ("a", "an"):
            if article_for(self.term.text) != article.lower() or (wanted := article_for(other.text)) is None:
                return None
            is_loud = self.surface.isupper() and article.isupper()
            wanted = wanted.upper() if is_loud else capitalized(wanted) if article[0].isupper() else wanted
            before = before[: -len(article) - 1] + wanted + " "
        return before + written + self.text[self.end :]


def find_place(text: str, term: Term) -> Place | None:
    """Return where a term stands alone, as it is spelt, and once; None if it does not."""
    pattern = r"(?<!\w)" + " ".join(map(re.escape, term.text.split())) + r"(?!\w)"
    found = list(re.finditer(pattern, text, re.IGNORECASE))
    if len(found) != 1:
        return None
    start, end = found[0].span()
    is_alone = (not start or text[start - 1] in BEFORE) and (end == len(text) or text[end] in AFTER)
    return Place(text, start, end, term) if is_alone else None


def in_case(surface: str, source: str, target: str, starts: bool | None) -> str | None:
    """
    Return a term in the case that another one has in a text; None if that is not sure.

    :param surface: the other term as the text has it
    :param source: the other term as the list has it
    :param starts: whether a sentence begins with it; None if that is not sure
    """
    if surface == source:
        if source[0].islower() or target[0].isupper():
            return target
        return None if starts is None else capitalized(target) if starts else target
    if surface == source.lower():
        return target.lower()
    if surface == source.upper():
        return target.upper()
    return capitalized(target) if surface == capitalized(source) and starts else None

"""Make twins of a dialogue that names one group, by putting other groups of the same kind in its place. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from corpus.groups.matching import Matcher
from corpus.groups.terms import BOUND, Term, TermList
from corpus.groups.words import words_of
from guards.twins.english import is_english, kind_of
from guards.twins.places import find_place

LANGUAGE = "en"


class LeftOut(StrEnum):
    """Why a dialogue has no twins."""

    SEVERAL = "several"
    "It names no group, or one more than once, or several."
    BOUND = "bound"
    "A word fits this group alone, such as a pronoun or the name of a building."
    LANGUAGE = "language"
    "It is not known to be English."
    TOOLS = "tools"
    "Turns with calls or results of tools have more than their text."
    GRAMMAR = "grammar"
    "It is not sure that another name fits in that place."


@dataclass(frozen=True)
class Family:
    """Twins: the same texts, each naming another group of one attribute."""

    attribute: str
    twins: dict[str, list[str]]
    "The texts by group, that of the original first, which are as they were."


class Swapper:
    """Makes families of twins by a list of terms."""

    def __init__(self, terms: TermList) -> None:
        self.matcher = Matcher(terms)
        self.by_words: dict[tuple[str, ...], list[Term]] = {}
        self.by_form: dict[tuple[str, str], dict[str, Term]] = {}
        for term in terms.terms:
            if term.names_group and term.language == LANGUAGE and kind_of(term.form):
                self.by_words.setdefault(term.words, []).append(term)
                self.by_form.setdefault((term.attribute, term.form), {}).setdefault(term.group, term)

    def family(self, texts: Sequence[str]) -> Family | LeftOut:
        """Return the twins of some texts, of which one names one group once; or why there are none."""
        words = [words_of(text) for text in texts]
        found = [(at, term) for at, each in enumerate(words) for term in self.matcher.terms_in(each)]
        named = [(at, term) for at, term in found if term.names_group]
        if len(named) != 1:
            return LeftOut.SEVERAL
        [(at, known)] = named
        if any(term.form == BOUND and term.attribute == known.attribute for _, term in found):
            return LeftOut.BOUND
        if not is_english([word for each in words for word in each]):
            return LeftOut.LANGUAGE
        swapped = self.swapped(texts[at], known)
        if not swapped:
            return LeftOut.GRAMMAR
        twins = {group: [*texts[:at], text, *texts[at + 1 :]] for group, text in swapped.items()}
        return Family(known.attribute, {known.group: list(texts)} | twins)

    def swapped(self, text: str, known: Term) -> dict[str, str]:
        """Return what a text becomes with each other group in the place of a term; empty if nothing is sure."""
        places = [find_place(text, term) for term in self.by_words.get(known.words, ())]
        suited = [place for place in places if place and place.suits(place.term.form)]
        if len(suited) != 1:
            return {}
        [place] = suited
        others = self.by_form[place.term.attribute, place.term.form]
        made = {group: place.with_term(term) for group, term in others.items() if group != known.group}
        # The words around a name may give it another meaning, as in `blind date`.
        return {group: text for group, text in made.items() if text and self.matcher.groups_in([text]) == [group]}

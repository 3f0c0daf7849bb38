"""Find which groups of a list a text names. Pure."""

from collections.abc import Iterable, Sequence

from corpus.groups.terms import Term, TermList
from corpus.groups.words import words_of

METHOD = 1
"Version of the rules. Raise it when the same list finds other groups."


class Matcher:
    """Finds the terms of a list in texts. Of terms that overlap, the first counts, and of these the longest."""

    def __init__(self, terms: TermList) -> None:
        self.by_first: dict[str, list[Term]] = {}
        for term in {term.words: term for term in reversed(terms.terms)}.values():
            self.by_first.setdefault(term.words[0], []).append(term)
        for same in self.by_first.values():
            same.sort(key=lambda term: -len(term.words))

    def groups_in(self, texts: Iterable[str]) -> list[str]:
        """Return the groups that texts name, sorted."""
        found = {term.group for text in texts for term in self.terms_in(words_of(text)) if term.names_group}
        return sorted(found)

    def terms_in(self, words: Sequence[str]) -> list[Term]:
        """Return the terms among the words of a text, in order."""
        return [term for _, term in self.places(words)]

    def places(self, words: Sequence[str]) -> list[tuple[int, Term]]:
        """Return the terms among the words of a text, each with the index of its first word."""
        if self.by_first.keys().isdisjoint(words):
            return []
        found, at = [], 0
        while at < len(words):
            term = self.term_at(words, at)
            if term:
                found.append((at, term))
            at += len(term.words) if term else 1
        return found

    def term_at(self, words: Sequence[str], at: int) -> Term | None:
        """Return the longest term that begins at a word; None if none does."""
        for term in self.by_first.get(words[at], ()):
            if tuple(words[at : at + len(term.words)]) == term.words:
                return term
        return None

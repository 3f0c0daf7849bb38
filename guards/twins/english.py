"""What must stand around the name of a group so that another one can take its place. English only. Pure."""

import re
import tomllib
from pathlib import Path

WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(Path(__file__).with_name("english.toml").read_text(encoding="utf-8")).items()
}
MARKERS, PERSON_NOUNS, DETERMINERS, FOLLOWERS = (
    WORDS[name] for name in ("markers", "person_nouns", "determiners", "followers")
)
BEFORE, AFTER = ' \t\n("\u201c[', ' \t\n.,;:!?)"\u201d]'
"What may stand beside a name. A hyphen or an apostrophe ties it to another word, `#`, `@` and `/` to no sentence."
VOWELS = {"uk": "a", "a": "an", "e": "an", "i": "an", "o": "an"}
UNSURE = re.compile(r"[A-Z]{2}|[0-9]|[Uu](?!k)|[Ee]u|[Oo]ne|[Hh](on|our|eir|erb)")
"Beginnings of words that are not written as they sound."


def article_for(term: str) -> str | None:
    """Return `a` or `an`, whichever a term takes; None if its spelling does not say."""
    if not term[:1].isascii() or UNSURE.match(term):
        return None
    first = term.lower()
    return next((article for start, article in VOWELS.items() if first.startswith(start)), "a")


def is_english(words: list[str]) -> bool:
    """Return whether a text is known to be English."""
    return not MARKERS.isdisjoint(words)


def begins_sentence(before: str) -> bool | None:
    """Return whether a sentence begins after a text; None if that is not sure."""
    plain = before.rstrip(' \t("\u201c[')
    if not plain or re.search(r"[a-z]{3}[.!?]$", plain):
        return True
    return None if plain[-1] in ".!?:;\n*-" else False


def capitalized(text: str) -> str:
    """Return a text with its first letter large, and the others as they are."""
    return text[:1].upper() + text[1:]


def kind_of(form: str) -> str:
    """Return what a form is: `adjective`, `singular` or `plural`, the last word of it; empty for other forms."""
    last = form.split()[-1] if form else ""
    return last if last in ("adjective", "singular", "plural") else ""

"""Names in several spellings: one rater written in two ways is one rater; other names that look alike are told of."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from corpus.labels import preview
from corpus.look_alikes import LETTERS

JOINERS = "\u200c\u200d"
"Invisible, but some languages spell with them inside a word."
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"Invisible characters that Unicode does not count among the format characters."
BLANKS = re.compile(rf"[{JOINERS}]*\s[\s{JOINERS}]*")


def tidy_name(name: str) -> str:
    """Return a name as it is stored: composed (NFC), without invisible characters, and with single inner spaces."""
    if name.isascii():
        return BLANKS.sub(" ", name).strip()
    kept = (each for each in unicodedata.normalize("NFC", name) if each in JOINERS or not is_invisible(each))
    return BLANKS.sub(" ", "".join(kept)).strip(" " + JOINERS)


def is_invisible(character: str) -> bool:
    """Return whether a character shows nothing, not even a space."""
    return unicodedata.category(character) == "Cf" or character in FILLERS


def spelling_key(name: str) -> str:
    """Return a text that all spellings of one name share."""
    tidy = tidy_name(name)
    return tidy if tidy.isascii() else "".join(each for each in tidy if each not in JOINERS)


def same_letters_key(name: str) -> str:
    """Return a text that names share which differ only in case, width or digits of another script."""
    key = spelling_key(name)
    if not key.isascii():
        key = "".join(str(unicodedata.digit(each, each)) for each in unicodedata.normalize("NFKD", key))
    return key.casefold()


def look_alike_key(name: str) -> str:
    """Return a text that names share which differ only in what `same_letters_key` ignores, and in letters' scripts."""
    return same_letters_key(name).translate(LETTERS)


def display_names(names: Iterable[str]) -> list[str]:
    """Return names as a message shows them: with codes of letters if some differ only in their scripts."""
    names = list(names)
    show = preview if len(set(map(same_letters_key, names))) == 1 else ascii
    return [show(name) for name in names]


class RaterNames:
    """The raters of a project by name, each found in any spelling of it."""

    def __init__(self, known: Mapping[str, int], create: Callable[[str], int]) -> None:
        """
        :param known: primary keys by name
        :param create: stores a new rater, and returns the primary key
        """
        self.create = create
        self.ids: dict[str, int] = {}
        self.alike: dict[str, dict[str, str]] = {}
        "By look-alike key: the names by their spelling keys."
        self.found: dict[str, int] = {}
        "The names looked up so far, as written."
        self.warned: set[str] = set()
        self.warnings: list[str] = []
        for name, number in known.items():
            self.add(name, number)

    def add(self, name: str, number: int) -> None:
        """Add a rater. If another rater has a spelling of this name already, that one is found by it."""
        key = spelling_key(name)
        self.ids.setdefault(key, number)
        self.alike.setdefault(look_alike_key(name), {}).setdefault(key, name)

    def number(self, name: str) -> int:
        """Return the primary key of a rater; create the rater if the name is new in every spelling."""
        if name not in self.found:
            key = spelling_key(name)
            if key not in self.ids:
                self.add(name, self.create(name))
            self.warn_of_twins(name, key)
            self.found[name] = self.ids[key]
        return self.found[name]

    def warn_of_twins(self, name: str, key: str) -> None:
        """Warn once of other raters whose names look like this one."""
        twins = {other: twin for other, twin in self.alike[look_alike_key(name)].items() if other != key}
        if twins and key not in self.warned:
            first, *others = display_names([name, *list(twins.values())[:5]])
            self.warnings.append(f"The raters {first} and {', '.join(others)} are counted as different raters.")
            self.warned |= {key, *twins}

"""Normalize texts, and cut them into words. Pure."""

import unicodedata
from collections.abc import Sequence
from hashlib import sha256

from corpus.importing.names import is_invisible

UNSPACED = (
    range(0x0E00, 0x1000),  # Thai, Lao, Tibetan
    range(0x1000, 0x10A0),  # Burmese
    range(0x1780, 0x1800),  # Khmer
    range(0x3040, 0x3100),  # Japanese syllables; half-width ones are normalized to these
    range(0x31F0, 0x3200),
    range(0x3400, 0xA000),  # Chinese characters
    range(0xF900, 0xFB00),
    range(0x20000, 0x40000),
)
"Characters of scripts that put no blanks between words."
APOSTROPHES = "'’ʼ"
LETTERS, SYMBOLS = ("L", "M", "N"), ("Sm", "Sc", "So")


def normalized(text: str) -> str:
    """Return a text without regard to case, width and compatibility forms, invisible characters and kinds of blanks."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", text)
        text = plain.translate({ord(each): None for each in set(plain) if is_invisible(each)})
    return " ".join(unicodedata.normalize("NFKC", text.casefold()).split())


def words_of(text: str) -> list[str]:
    """
    Return the words of a normalized text, in order.

    A character of a script without blanks is a word, and so is a sign such as + or an emoji. Punctuation separates
    words, and apostrophes do not. A text of nothing but punctuation has its characters as words.
    """
    plain = normalized(text)
    return plain.translate(SEPARATED).split() or list(plain.replace(" ", ""))


def text_key(words: Sequence[str]) -> bytes:
    """Return a hash that texts of the same words share: 16 bytes."""
    return sha256(" ".join(words).encode(errors="surrogatepass")).digest()[:16]


class Separated(dict[int, str]):
    """What stands for each character before a text is cut at its blanks, found when it is first met."""

    def __missing__(self, code: int) -> str:
        """Return a character as it is, with blanks around it, a blank instead of it, or nothing."""
        character = chr(code)
        kind = unicodedata.category(character)
        if character in APOSTROPHES:
            value = ""
        elif kind in SYMBOLS or any(code in script for script in UNSPACED):
            value = f" {character} "
        else:
            value = character if kind[0] in LETTERS else " "
        self[code] = value
        return value


SEPARATED = Separated()

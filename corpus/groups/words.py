"""
Cut texts into the words by which terms are found. Pure.

Case, width, accents on Latin letters and invisible characters make no difference. Blanks and hyphens join the words of
a term, so `African-American` is the term `African American`; any other sign between two words parts them.
"""

import re
import unicodedata

from corpus.importing.names import is_invisible
from corpus.similarity.words import UNSPACED

BREAK = "|"
"Stands between words that no term joins."
COMBINING = "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
"Marks that belong to the letter before them, which `\\w` leaves out."
WORD = re.compile(rf"(?:[^\W_]|[{COMBINING}])+")
ACCENTS = re.compile("[\u0300-\u036f]+")
JOINING = re.compile(r"[\s_\-\u2010-\u2015]+")
OTHER_SIGNS = re.compile(rf"[^\w\s\-\u2010-\u2015{COMBINING}]+")
ALONE = re.compile("([" + "".join(f"{chr(each.start)}-{chr(each.stop - 1)}" for each in UNSPACED) + "])")
"Characters of scripts without blanks between words: each is a word."


def folded(text: str) -> str:
    """Return a text without case, width, accents on Latin letters and invisible characters."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text)
    strange = {each for each in set(plain) if not each.isascii()}
    plain = plain.translate({ord(each): None for each in strange if is_invisible(each)}).casefold()
    return ACCENTS.sub("", unicodedata.normalize("NFD", plain)) if strange else plain


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, with BREAK where another sign than a blank or a hyphen parts two."""
    plain = folded(text)
    if plain.isascii():  # most texts; several times as fast as the patterns
        return plain.translate(ASCII_SIGNS).replace(BREAK, f" {BREAK} ").split()
    plain = ALONE.sub(r" \1 ", OTHER_SIGNS.sub(f" {BREAK} ", plain))
    return JOINING.sub(" ", plain).split()


def sign_of(character: str) -> str:
    """Return what stands for an ASCII character: itself, a blank, or BREAK."""
    if character.isalnum():
        return character
    return " " if JOINING.fullmatch(character) else BREAK


ASCII_SIGNS = str.maketrans({chr(code): sign_of(chr(code)) for code in range(128)})

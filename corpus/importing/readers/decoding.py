"""Decode JSON without loss: whole numbers of any length are exact, and a key given twice is found."""

import json
from typing import Any

from corpus.importing.readers.row import Row

LONGEST_NUMBER = 4_000
"Digits of a whole number; Python refuses to read more than 4,300."
TOO_LONG = 10**1_000
"Stands for a longer number: no field accepts it."
OPENINGS = ("{", "[")
ENDS = ("\n", "\r\n")


class JsonDecoder:
    """Decodes one value of JSON at a time, for JSON lines and arrays alike; NaN is accepted, as Python writes it."""

    def __init__(self) -> None:
        self.repeated: list[str] = []
        "Keys that an object of the current value has twice."
        self.decoder = json.JSONDecoder(object_pairs_hook=self.as_object, parse_int=whole_number)

    def as_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return the pairs of an object as a dictionary, and note the keys that it has twice."""
        members = dict(pairs)
        if len(members) < len(pairs):
            seen: set[str] = set()
            self.repeated += [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        return members

    def line(self, number: int, text: str) -> Row:
        """Return the row of a text that holds one value and nothing else."""
        self.repeated.clear()
        try:
            return self.row(number, self.only_value(text))
        except RecursionError:
            return Row(number, problem="it is nested too deep")
        except ValueError as error:
            return Row(number, problem=f"not valid JSON: {error}")

    def only_value(self, text: str) -> Any:
        """
        Return the value that a text holds and nothing else.

        :raises ValueError: if it is not valid JSON
        :raises RecursionError: if it is nested too deep
        """
        if text[:1] in OPENINGS:  # mostly; without the patterns by which `decode` looks for blanks
            value, end = self.decoder.raw_decode(text)
            if end == len(text) or text[end:] in ENDS:
                return value
            self.repeated.clear()
        return self.decoder.decode(text)

    def element(self, number: int, text: str, at: int) -> tuple[Row, int]:
        """
        Return the row of the value that begins at a position, and the position after it.

        :raises ValueError: if it is not valid JSON, or breaks off
        :raises RecursionError: if it is nested too deep
        """
        self.repeated.clear()
        value, end = self.decoder.raw_decode(text, at)
        return self.row(number, value), end

    def row(self, number: int, value: Any) -> Row:
        """Return a row, with a problem if an object in it has a key twice."""
        if not self.repeated:
            return Row(number, value)
        return Row(number, value, problem=f"the key {self.repeated[0][:200]!r} is given twice")


def whole_number(digits: str) -> int:
    """Return a whole number, or one that every field refuses if it is too long to be read."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else TOO_LONG

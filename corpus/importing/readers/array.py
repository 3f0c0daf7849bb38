"""Read a JSON array, element by element."""

import io
import re
from collections.abc import Iterator

from corpus.importing.limits import Limits
from corpus.importing.readers.decoding import JsonDecoder
from corpus.importing.readers.row import CHUNK, Row, Unreadable


def array_rows(content: io.BufferedReader, name: str, limits: Limits) -> Iterator[Row]:
    """
    Yield the elements of a JSON array, with at most one element and one chunk in memory.

    An event parser would reject too much: Python writes NaN into JSON (docs/decisions/0002).
    """
    text = ArrayText(io.TextIOWrapper(content, "utf-8-sig", "surrogateescape"), name, limits)
    text.expect("[")
    if text.next_character() == "]":
        text.take_character()
        text.expect_end()
        return
    number = 0
    while True:
        number += 1
        yield text.element(number)
        if (mark := text.take_character()) == "]":
            break
        if mark != ",":
            raise text.unreadable_after(number, "a comma or the end of the array is missing")
    text.expect_end()


class ArrayText:
    """The part of an array that is in memory, and the position of the reader in it."""

    SPACE = re.compile(r"[ \t\r\n]*")
    MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)

    def __init__(self, source: io.TextIOWrapper, name: str, limits: Limits) -> None:
        self.source, self.name, self.limits = source, name, limits
        self.text, self.at, self.ended = "", 0, False
        self.decoder = JsonDecoder()

    def read_chunk(self) -> bool:
        """
        Read the next part of the file, and return whether there was any.

        The part is as long as what is in memory, so that the cost of an element grows only with its length.
        """
        waiting = self.text[self.at :]
        part = "" if self.ended else self.source.read(max(CHUNK, len(waiting)))
        self.ended = not part
        self.text, self.at = waiting + part, 0
        return bool(part)

    def next_character(self) -> str:
        """Return the next character that is not space, without passing it; empty at the end of the file."""
        while True:
            self.at = self.SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.read_chunk():
                return ""

    def take_character(self) -> str:
        """Return the next character that is not space, and pass it."""
        character = self.next_character()
        self.at += 1
        return character

    def expect(self, character: str) -> None:
        """
        Pass a character.

        :raises Unreadable: if the next one is another
        """
        if self.take_character() != character:
            raise Unreadable(f"{self.name} is not a JSON array.")

    def expect_end(self) -> None:
        """
        Check that the file ends here.

        :raises Unreadable: if it goes on
        """
        if self.next_character():
            raise Unreadable(f"{self.name} goes on after the end of its array.")

    def unreadable_after(self, number: int, reason: str) -> Unreadable:
        """Return the error for a file that cannot be read beyond a record."""
        return Unreadable(f"{self.name} cannot be read beyond record {number}: {reason}.")

    def element(self, number: int) -> Row:
        """
        Read one element.

        :raises Unreadable: if it is broken, or longer than the limit
        """
        self.next_character()
        while True:
            try:
                row, end = self.decoder.element(number, self.text, self.at)
                if end < len(self.text) or self.ended:  # a number may go on in the next chunk
                    row.size, self.at = end - self.at, end
                    return row
                problem = "the array breaks off"
            except RecursionError:
                self.skip_nested(number)
                return Row(number, problem="it is nested too deep")
            except ValueError as error:
                problem = str(error)
            if len(self.text) - self.at > self.limits.row_bytes:
                raise self.unreadable_after(number, f"it is broken, or longer than {self.limits.row_bytes:,} bytes")
            if not self.read_chunk() and self.ended and problem != "the array breaks off":
                raise self.unreadable_after(number, problem)

    def skip_nested(self, number: int) -> None:
        """
        Pass an element that is nested too deep, by counting its brackets.

        :raises Unreadable: if it does not end within the limit
        """
        while True:
            depth = 0
            for mark in self.MARK.finditer(self.text, self.at):
                depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
                if depth == 0 and mark[0] in "]}":
                    self.at = mark.end()
                    return
            if len(self.text) - self.at > self.limits.row_bytes or not self.read_chunk():
                raise self.unreadable_after(number, "it is nested too deep and does not end")

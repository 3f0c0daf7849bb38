"""Read a JSON array, element by element."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from corpus.importing.limits import Limits
from corpus.importing.readers.row import CHUNK, Row, Unreadable


def array_rows(content: io.BufferedReader, path: Path, limits: Limits) -> Iterator[Row]:
    """
    Walk a JSON array element by element, holding one element and one chunk at most.

    A reader of events would be stricter than the files are: Python writes NaN into JSON.
    """
    text = ArrayText(io.TextIOWrapper(content, "utf-8-sig", "surrogateescape"), path, limits)
    text.expect("[")
    if text.next_character() == "]":
        text.take()
        text.expect_end()
        return
    number = 0
    while True:
        number += 1
        yield text.element(number)
        if (mark := text.take()) == "]":
            break
        if mark != ",":
            raise text.broken(number, "a comma or the end of the array is missing")
    text.expect_end()


class ArrayText:
    """The part of an array that is in memory, and where in it the reading is."""

    SPACE = re.compile(r"[ \t\r\n]*")
    MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)

    def __init__(self, source: io.TextIOWrapper, path: Path, limits: Limits) -> None:
        self.source, self.path, self.limits = source, path, limits
        self.text, self.at, self.ended = "", 0, False
        self.decoder = json.JSONDecoder()

    def more(self) -> bool:
        """Read on; each time as much again as is waiting, so that a long element costs no more than its length."""
        waiting = self.text[self.at :]
        part = "" if self.ended else self.source.read(max(CHUNK, len(waiting)))
        self.ended = not part
        self.text, self.at = waiting + part, 0
        return bool(part)

    def next_character(self) -> str:
        while True:
            self.at = self.SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self) -> str:
        character = self.next_character()
        self.at += 1
        return character

    def expect(self, character: str) -> None:
        if self.take() != character:
            raise Unreadable(f"{self.path} is not a JSON array.")

    def expect_end(self) -> None:
        if self.next_character():
            raise Unreadable(f"{self.path} goes on after the end of its array.")

    def broken(self, number: int, reason: str) -> Unreadable:
        return Unreadable(f"{self.path} cannot be read beyond record {number}: {reason}.")

    def element(self, number: int) -> Row:
        self.next_character()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.text, self.at)
                if end < len(self.text) or self.ended:  # a number may go on in the next chunk
                    self.at = end
                    return Row(number, value)
                problem = "the array breaks off"
            except RecursionError:
                self.skip_nested(number)
                return Row(number, problem="it is nested too deep")
            except ValueError as error:
                problem = str(error)
            if len(self.text) - self.at > self.limits.row_bytes:
                raise self.broken(number, f"it is broken, or longer than {self.limits.row_bytes:,} bytes")
            if not self.more() and self.ended and problem != "the array breaks off":
                raise self.broken(number, problem)

    def skip_nested(self, number: int) -> None:
        """Step over an element by counting its brackets."""
        while True:
            depth = 0
            for mark in self.MARK.finditer(self.text, self.at):
                depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
                if depth == 0 and mark[0] in "]}":
                    self.at = mark.end()
                    return
            if len(self.text) - self.at > self.limits.row_bytes or not self.more():
                raise self.broken(number, "it is nested too deep and does not end")

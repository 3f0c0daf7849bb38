"""Lists of hashes, of which each stands for a text that is not passed on. Pure."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import numpy as np

from corpus.errors import Refused
from corpus.similarity.words import normalized

HASH = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
BYTES = 32
"Of one hash."
MOST_HASHES = 10_000_000
"In a file that a command compares with."
LINE_BYTES = 4_096


def text_hash(text: str) -> bytes:
    """Return SHA-256 of a normalized text in UTF-8: what a list of hashes has of each case, in hexadecimal."""
    return sha256(normalized(text).encode(errors="surrogatepass")).digest()


def read_hashes(path: Path) -> set[bytes]:
    """
    Return the hashes in a file.

    :raises Refused: if it cannot be read, has no hash or more than MOST_HASHES, or a line is none
    """
    try:
        with path.open("rb") as file:
            return set(unpacked(pack_hashes(lines_of(file), name=str(path), most=MOST_HASHES)))
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error


def lines_of(file: IO[Any], most_bytes: int | None = None) -> Iterator[bytes]:
    """
    Yield the lines of a file; one that is too long comes in pieces.

    :raises Refused: if the file has more than `most_bytes`
    """
    read = 0
    for line in iter(partial(file.readline, LINE_BYTES + 1), b""):
        read += len(line)
        if most_bytes is not None and read > most_bytes:
            raise Refused(f"The list has more than {most_bytes:,} bytes. Leave out remarks, or compare by command.")
        yield line


def pack_hashes(lines: Iterable[bytes], *, name: str, most: int) -> bytes:
    """
    Return the different hashes in lines, sorted, one after another.

    A line has one in hexadecimal; empty lines and those that begin with # do not count.

    :param name: of the list, for messages
    :raises Refused: if there is no hash or more than `most`, or a line is none
    """
    found = bytearray()
    for number, line in enumerate(lines, start=1):
        found += hash_in(line, number, name)
        if len(found) > most * BYTES:
            raise Refused(f"{name} has more than {most:,} hashes. Compare parts of it.")
    if not found:
        raise Refused(f"{name} has no hash.")
    return np.unique(np.frombuffer(found, f"S{BYTES}")).tobytes()


def hash_in(line: bytes, number: int, name: str) -> bytes:
    """
    Return the hash in a line; empty if the line does not count.

    :raises Refused: if it is no hash, not UTF-8, or too long
    """
    if len(line) > LINE_BYTES:
        raise Refused(f"{name}, line {number:,} has more than {LINE_BYTES:,} bytes: no list of hashes has such lines.")
    try:
        plain = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise Refused(f"{name} cannot be read: it is not UTF-8.") from error
    if not plain or plain.startswith("#"):
        return b""
    if match := HASH.fullmatch(plain):
        return bytes.fromhex(match[1])
    raise Refused(f"{name}, line {number:,}: a SHA-256 has 64 digits of 0 to 9 and a to f.")


def unpacked(packed: bytes | memoryview) -> Iterator[bytes]:
    """Yield the hashes that were packed one after another."""
    whole = bytes(packed)
    return (whole[at : at + BYTES] for at in range(0, len(whole), BYTES))

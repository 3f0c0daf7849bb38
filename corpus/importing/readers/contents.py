"""Recognize files that are no rows, by their first bytes: archives, pointers, web pages, other encodings."""

import json
import re

from corpus.importing.readers.row import Unreadable

UNPACK = "Unpack it, and send the file in it; gzip is accepted, too."
SAVE_AS = "Save it as CSV in UTF-8, or as JSON lines."
NO_ROWS = "It has no rows to import."
KINDS: dict[bytes, tuple[str, str]] = {
    b"PK\x03\x04": ("a zip archive or a workbook (xlsx)", "Unpack the archive, or save the workbook as CSV in UTF-8."),
    b"PK\x05\x06": ("a zip archive", UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", UNPACK),
    b"Rar!\x1a\x07": ("a rar archive", UNPACK),
    b"\xfd7zXZ\x00": ("an xz file", UNPACK),
    b"\x28\xb5\x2f\xfd": ("a zstd file", UNPACK),
    b"\x04\x22\x4d\x18": ("an lz4 file", UNPACK),
    b"\x1f\x9d": ("a compress (.Z) file", UNPACK),
    b"\xff\x06\x00\x00sNaPpY": ("a snappy file", UNPACK),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("a workbook (xls)", SAVE_AS),
    b"SQLite format 3\0": ("an SQLite database", SAVE_AS),
    b"ARROW1\0\0": ("an Arrow file", "Save it as Parquet."),
    b"Obj\x01": ("an Avro file", "Save it as Parquet."),
    b"%PDF-": ("a PDF document", NO_ROWS),
    b"\x89PNG": ("a picture", NO_ROWS),
    b"version https://git-lfs.github.com/": (
        "a pointer of Git LFS, not the file itself",
        "Fetch the file with `git lfs pull`.",
    ),
    b"version https://hawser.github.com/": ("a pointer of Git LFS, not the file itself", "Run `git lfs pull`."),
}
"First bytes of files that are not read, with what they are and what to do."
BZIP2 = re.compile(rb"BZh[1-9]1AY&SY")
TAR_MARKS, TAR_MARK_AT = (b"ustar\0", b"ustar  \0"), 257
"The marks of a tar archive by POSIX and by GNU, and where they are."
WEB_PAGE = re.compile(rb"\s*(<!--.*?-->\s*)?<(!doctype|html|head|body|\?xml)", re.IGNORECASE | re.DOTALL)
BEGINNING = 1_024
"Bytes to look at."


def check_contents(name: str, beginning: bytes) -> None:
    """
    Check that a file may hold rows.

    :param name: the file as its owner calls it
    :param beginning: its first bytes, best `BEGINNING` of them
    :raises Unreadable: if it is an archive other than gzip, a pointer to a file, a web page or a file of another kind
    """
    for mark, (kind, advice) in KINDS.items():
        if beginning.startswith(mark):
            raise Unreadable(f"{name} is {kind}. {advice}")
    if BZIP2.match(beginning):
        raise Unreadable(f"{name} is a bzip2 file. {UNPACK}")
    if beginning[TAR_MARK_AT:].startswith(TAR_MARKS):
        raise Unreadable(f"{name} is a tar archive. {UNPACK}")
    if WEB_PAGE.match(beginning.removeprefix(b"\xef\xbb\xbf")[:BEGINNING]):
        raise Unreadable(f"{name} is a web page (HTML or XML). Download the file itself, perhaps signed in.")


def check_is_utf8(name: str, beginning: bytes) -> None:
    """
    Check that a file of text is not in UTF-16 or UTF-32, with or without a byte order mark.

    :param name: the file as its owner calls it
    :param beginning: its first bytes, four at least if it has as many
    :raises Unreadable: if it is
    """
    # Looks for a byte order mark and for NULs beside the first two characters, which are ASCII in JSON and in headers.
    encoding = json.detect_encoding(beginning[:4])
    if not encoding.startswith("utf-8"):
        raise Unreadable(f"{name} is in {encoding[:6].upper()}. Save it in UTF-8 (Excel: CSV UTF-8).")

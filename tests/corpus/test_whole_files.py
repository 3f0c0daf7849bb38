"""A file that is written is there whole or not at all, and what is no file stays what it is."""

import os
import threading
from pathlib import Path

import pytest

from corpus.errors import Refused
from corpus.whole_files import write_whole


def broken():
    yield b"begun"
    raise OSError(28, "No space left on device")


def names_in(folder):
    return [each.name for each in folder.iterdir()]


def test_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "out"
    write_whole([b"a", b"b"], path)
    with pytest.raises(Refused, match=r"out cannot be written: No space left"):
        write_whole(broken(), path)
    assert (path.read_bytes(), names_in(tmp_path)) == (b"ab", ["out"])
    for nowhere in (tmp_path / "none" / "out", tmp_path):
        with pytest.raises(Refused, match="cannot be written"):
            write_whole([b"a"], nowhere)
    assert names_in(tmp_path) == ["out"]


def test_two_that_write_a_file_at_once_write_no_mixture(tmp_path):
    path = tmp_path / "out"

    def first():
        yield b"a" * 10
        write_whole([b"b"], path)  # begun later, and ended sooner
        yield b"a" * 10

    write_whole(first(), path)
    assert (path.read_bytes(), names_in(tmp_path)) == (b"a" * 20, ["out"])
    with pytest.raises(ZeroDivisionError):
        write_whole((b"%d" % (1 // each) for each in (1, 0)), path)
    assert (path.read_bytes(), names_in(tmp_path)) == (b"a" * 20, ["out"])


def test_link_stays_and_its_file_is_written(tmp_path):
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(file)
    write_whole([b"a"], link)
    assert (link.is_symlink(), file.read_bytes()) == (True, b"a")


def test_devices_and_pipes_are_written_into(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole([b"a", b"b"], pipe)
    reader.join(10)
    write_whole([b"a"], Path("/dev/null"))
    assert (read, pipe.is_fifo(), Path("/dev/null").is_file()) == ([b"ab"], True, False)

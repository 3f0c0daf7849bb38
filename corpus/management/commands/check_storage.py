"""Try the store of files."""

import os
from contextlib import suppress
from typing import Any

from corpus.commands import Command as Base
from corpus.errors import Refused
from corpus.stores import Store, store

BYTES = 2**16


class Command(Base):
    help = "Write, read, list and delete a file in the store of uploads and releases, and say what is wrong with it."

    def handle(self, **_options: Any) -> None:
        place = store()
        name = f"check/{os.urandom(12).hex()}.bin"
        try:
            try_out(place, name)
        except Refused:
            with suppress(Refused):  # it is the first failure that says what to mend
                place.delete(name)
            raise
        place.delete(name)
        self.print_result({"store": str(place), "bytes": BYTES})


def try_out(place: Store, name: str) -> None:
    """
    Do with one file what is done with all.

    :raises Refused: if the store refuses it, cannot be reached, or returns other bytes
    """
    content = os.urandom(BYTES)
    place.write(name, [content])
    whole, part = b"".join(place.blocks(name)), b"".join(place.blocks(name, range(10, 20)))
    if whole != content or part != content[10:20]:
        raise Refused(f"{place} returns other bytes than were written. It cannot be used.")
    if name not in {each.name for each in place.files("check")}:
        raise Refused(f"{place} does not list what was written. It cannot be used.")
    place.delete_unfinished(24 * 3600)

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a row may hold. Characters, unless the name says bytes."""

    id: int = 200
    dialogue_bytes: int = 2**20
    turns: int = 1_000
    field: int = 10_000
    depth: int = 32
    "How deep the JSON of an unknown key may be nested."
    row_bytes: int = 16 * 2**20
    "The longest line, array element or CSV cell that is read at all."
    unpacked_bytes: int = 20 * 2**30
    "The most that a compressed file may hold."

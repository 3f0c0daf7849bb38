"""Where the files for a consumer go, and what was written."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Target:
    """A folder, how many dialogues its files have, how many have no place in them, and SHA-256 by file name."""

    folder: Path
    rows: int = 0
    left_out: int = 0
    why: str = ""
    "Why dialogues were left out, as the end of a sentence about them."
    files: dict[str, str] = field(default_factory=dict)

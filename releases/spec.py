"""What a release is asked to be."""

from dataclasses import dataclass
from pathlib import Path

SPLITS = ("train", "validation", "test")
MANIFEST = "manifest.json"
SAMPLE = "sample.parquet"
"What a certificate stands on; only releases under the policy certified have it."
FILES = (
    *(f"{split}.json" for split in SPLITS),
    *(f"{split}.parquet" for split in SPLITS),
    "votes.parquet",
    "decisions.parquet",
    SAMPLE,
    "withdrawn.json",
    "README.md",
)
"The first files of a release, in the order of pages; papers come after them, and the manifest last."
PREFIX, STATUS, SPREAD = "answer_", "status_", "spread_"
"What the columns of a question begin with; its key follows. Answer, status and spread are columns of their own."


@dataclass(frozen=True)
class ReleaseSpec:
    """The specification of a release. The same spec on the same data gives the same bytes."""

    version: str
    splits: tuple[float, float, float] = (0.9, 0.04, 0.06)
    "Shares of train, validation and test; they add up to 1."
    seed: int = 0
    licenses: tuple[str, ...] | None = None
    "Only items under one of these licences; None for all."
    date: str | None = None
    "YYYY-MM-DD, the only date in the files."
    truncate: bool = False
    "Only the first user turn and the first assistant turn."
    out: Path | None = None
    "The folder to write to, instead of releases/PROJECT/VERSION in the data directory."
    split_by: str | None = None
    "A value of `Project.SplitBy`: what is never in two splits. None for the project's own."

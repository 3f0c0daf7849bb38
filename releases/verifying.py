"""Whether a release is what its manifest says, and whether its labels follow from its votes. Needs no database."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from adjudication.consensus import Opinion, decide
from adjudication.policies import POLICIES, Kind, Policy
from corpus.errors import Refused
from corpus.labels import FIELDS, REFUSAL_SOURCE

SPLITS = ("train", "validation", "test")
OWN = "manifest.json"
LABELS = ("prompt_label", "response_label", "prompt_source", "response_source")
Row = dict[str, Any]


@dataclass
class Verification:
    files: int = 0
    labels: int = 0
    "Items whose decision was made again from the votes."
    settled: int = 0
    "Items that an adjudicator or their making has decided, which no votes can make again."
    differences: list[str] = field(default_factory=list)


def verify(folder: Path) -> Verification:
    """
    Make every hash and every label of a release again.

    :raises Refused: if there is no release in the folder
    """
    found = Verification()
    manifest = read_manifest(folder)
    check_files(folder, manifest, found)
    try:
        check_labels(folder, manifest, found)
        check_rows(folder, found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        found.differences.append(f"the tables cannot be read: {type(error).__name__}: {error}")
    return found


def read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = orjson.loads((folder / OWN).read_bytes())
        dict(manifest["files"])
    except OSError as error:
        raise Refused(f"There is no release in {folder}: {OWN} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{folder / OWN} is no manifest of a release.") from error
    return dict(manifest)


def check_files(folder: Path, manifest: dict[str, Any], found: Verification) -> None:
    for name, told in manifest["files"].items():
        found.files += 1
        try:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            found.differences.append(f"{name}: cannot be read ({error.strerror})")
            continue
        if digest != told["sha256"]:
            found.differences.append(f"{name}: its SHA-256 is {digest}, the manifest says {told['sha256']}")
    for path in sorted(folder.iterdir()):
        if path.name != OWN and path.name not in manifest["files"]:
            found.differences.append(f"{path.name}: the manifest does not name it")


def check_labels(folder: Path, manifest: dict[str, Any], found: Verification) -> None:
    policy = policy_named(manifest["policy"])
    opinions: dict[str, list[Opinion]] = defaultdict(list)
    for row in rows_of(folder / "votes.parquet"):
        if row["outcome"] == "cast":
            opinions[row["item"]].append(as_opinion(row))
    for row in rows_of(folder / "decisions.parquet"):
        if row["decided_by"] in ("adjudicator", "construction"):
            found.settled += 1
            continue
        found.labels += 1
        made = made_again(opinions[row["item"]], policy, row, manifest)
        told = {name: row[name] for name in made}
        if made != told:
            wrong = [f"{name} {told[name]!r}, made again {made[name]!r}" for name in made if made[name] != told[name]]
            found.differences.append(f"{row['item']}: {', '.join(wrong)}")


def policy_named(told: Mapping[str, Any]) -> Policy:
    """
    :raises Refused: if this version does not know it
    """
    if told["name"] not in POLICIES:
        raise Refused(f"This version knows no policy {told['name']!r}. Verify with the software that made the release.")
    return POLICIES[told["name"]].with_settings(quorum=told["quorum"], caution=told["caution"])


def as_opinion(row: Row) -> Opinion:
    categories = tuple(row["categories"] or ())
    return Opinion(Kind(row["kind"]), row["prompt_label"], row["response_label"], categories)


def made_again(opinions: Sequence[Opinion], policy: Policy, row: Row, manifest: dict[str, Any]) -> Row:
    """Decide an item again, and give it as the table of decisions has it."""
    has_response = row["response_status"] is not None
    decision = decide(
        opinions,
        policy,
        fields=manifest["fields"],
        has_response=has_response,
        taxonomy=manifest["categories"],
    )
    made: Row = {"status": decision.status, "categories": list(decision.categories)}
    made["categories_agreed"] = decision.categories_agreed
    for name in FIELDS:
        if told := decision.fields.get(name):
            short = name.removesuffix("_label")
            made |= {f"{short}_status": told.status, f"{short}_label": told.label and str(told.label)}
            made |= {f"{short}_safe": told.safe, f"{short}_unsafe": told.unsafe}
            made[f"{short}_source"] = told.source if told.label else None
    return made


def check_rows(folder: Path, found: Verification) -> None:
    """Hold the rows of the splits to the table of decisions."""
    decided: Counter[tuple[Any, ...]] = Counter()
    for row in rows_of(folder / "decisions.parquet"):
        if row["split"]:
            is_refusal = row["response_source"] == REFUSAL_SOURCE
            name = row["item"].removesuffix("#refusal") if is_refusal else row["item"]
            decided[row["split"], name, *(row[label] for label in LABELS)] += 1
    for split in SPLITS:
        for row in orjson.loads((folder / f"{split}.json").read_bytes()):
            sources = (row["prompt_label_source"], row["response_label_source"])
            decided[split, row["id"], row["prompt_label"], row["response_label"], *sources] -= 1
    for (split, name, *_), count in sorted(decided.items(), key=str):
        if count:
            found.differences.append(f"{name}: {split}.json and decisions.parquet do not say the same of it")


def rows_of(path: Path) -> Iterator[Row]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches():
            yield from batch.to_pylist()

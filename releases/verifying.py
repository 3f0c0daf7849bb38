"""Verify a release: its files against its manifest, and its labels against its votes. Needs no database."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import Any

import orjson

from adjudication.answers import decide_answers
from adjudication.certifying.certificates import thresholds_of
from adjudication.consensus import RULES, Opinion, decide
from adjudication.panel_scores import ScoreBy
from adjudication.policies import POLICIES, Kind, Policy
from corpus.categories.translation import translate
from corpus.errors import Refused
from corpus.labels import FIELDS, Field, labels_in
from corpus.questions import PlainQuestion, Type
from releases.certificate_check import certificate_differences
from releases.parquet_rows import Row, rows_of
from releases.spec import MANIFEST, PREFIX, SPLITS, SPREAD, STATUS
from releases.splits import split_differences

COMPARED = tuple(field.column(name) for name in ("label", "source") for field in FIELDS)
"The columns of decisions.parquet that rows of the splits repeat."


@dataclass
class Verification:
    """The outcome of verifying a release."""

    files: int = 0
    labels: int = 0
    "Items decided again from the votes."
    settled: int = 0
    "Items decided by an adjudicator or by construction, which do not follow from votes."
    differences: list[str] = field(default_factory=list)


def verify(folder: Path) -> Verification:
    """
    Compute every hash and every label of a release again, and compare.

    :raises Refused: if there is no release in the folder
    """
    found = Verification()
    manifest = read_manifest(folder)
    check_files(folder, manifest, found)
    try:
        check_labels(folder, manifest, found)
        check_rows(folder, found)
        found.differences += split_differences(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        found.differences.append(f"the tables cannot be read: {type(error).__name__}: {error}")
    return found


def read_manifest(folder: Path) -> dict[str, Any]:
    """
    Return the manifest of a release.

    :raises Refused: if it cannot be read or is none
    """
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        [listed["sha256"] for listed in manifest["files"].values()]
    except OSError as error:
        raise Refused(f"There is no release in {folder}: {MANIFEST} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{folder / MANIFEST} is no manifest of a release.") from error
    return dict(manifest)


def check_files(folder: Path, manifest: dict[str, Any], found: Verification) -> None:
    """Compare the SHA-256 of every file with the manifest, and name the files it lacks."""
    for name, listed in manifest["files"].items():
        found.files += 1
        try:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            found.differences.append(f"{name}: cannot be read ({error.strerror})")
            continue
        if digest != listed["sha256"]:
            found.differences.append(f"{name}: its SHA-256 is {digest}, the manifest says {listed['sha256']}")
    for path in sorted(folder.iterdir()):
        if path.name != MANIFEST and path.name not in manifest["files"]:
            found.differences.append(f"{path.name}: the manifest does not name it")


def check_labels(folder: Path, manifest: dict[str, Any], found: Verification) -> None:
    """Decide every item again from the votes, and compare."""
    policy, questions = policy_of_manifest(manifest), questions_of_manifest(manifest)
    opinions: dict[str, list[Opinion]] = defaultdict(list)
    for row in rows_of(folder / "votes.parquet"):
        if row["outcome"] == "cast":
            opinions[row["item"]].append(as_opinion(row, questions, manifest.get("counts_as", {})))
    for row in rows_of(folder / "decisions.parquet"):
        again = decide_answers_again(opinions[row["item"]], policy, row, questions)
        if row["decided_by"] in ("adjudicator", "construction"):
            found.settled += 1
        else:
            found.labels += 1
            again = decide_again(opinions[row["item"]], policy, row, manifest) | again
        wrong = [f"{name} {row[name]!r}, decided again {again[name]!r}" for name in again if again[name] != row[name]]
        if wrong:
            found.differences.append(f"{row['item']}: {', '.join(wrong)}")
    found.differences += certificate_differences(folder, manifest, policy, opinions)


def policy_of_manifest(manifest: Mapping[str, Any]) -> Policy:
    """
    Return the policy that a manifest describes by name, quorum and caution.

    :raises Refused: if this version does not know it, or has other rules
    """
    described, rules = manifest["policy"], manifest.get("rules", RULES)
    if rules != RULES:
        raise Refused(
            f"It was made under version {rules} of the rules, and this software has version {RULES}. "
            "Verify with the software that made the release."
        )
    if described["name"] not in POLICIES:
        raise Refused(
            f"This version knows no policy {described['name']!r}. Verify with the software that made the release."
        )
    if described.get("score_by", ScoreBy.SHARE) not in list(ScoreBy):
        raise Refused(
            f"This version knows no score by {described['score_by']!r}. Verify with the software that made the release."
        )
    settings = {name: described.get(name) for name in ("quorum", "caution", "error", "risk", "score_by")}
    certificate = manifest.get("certificate")
    thresholds = certified_thresholds(certificate) if certificate else {}
    return replace(POLICIES[described["name"]].with_settings(**settings), thresholds=thresholds)


def certified_thresholds(certificate: Mapping[str, Any]) -> dict[Field, Fraction]:
    """
    Return the thresholds of a certificate, none of which its own figures may contradict.

    :raises Refused: if a threshold is not the loosest accepted level, or a level was accepted above the error
    """
    for name, each in certificate["fields"].items():
        accepted = [level for level in each["levels"] if level["accepted"]]
        loosest = accepted[-1]["score"] if accepted else None
        if each["threshold"] != loosest or any(level["bound"] > certificate["error"] for level in accepted):
            said = f"{name} has the threshold {each['threshold']}, its levels {loosest}"
            raise Refused(f"The certificate contradicts itself: {said}.")
    return thresholds_of(certificate)


def questions_of_manifest(manifest: Mapping[str, Any]) -> list[PlainQuestion]:
    """Return the questions that a manifest names; none for a release without any."""
    return [
        PlainQuestion(each["key"], each["type"], each["choices"], about=each["about"])
        for each in manifest.get("questions", ())
    ]


def as_opinion(row: Row, questions: Sequence[PlainQuestion], counts_as: Mapping[str, list[str]]) -> Opinion:
    """
    Return the opinion in a row of votes.parquet.

    :param counts_as: what categories that the taxonomy no longer has count as
    """
    slugs = translate(row["categories"] or (), {slug: tuple(heirs) for slug, heirs in counts_as.items()})
    answers = {each.key: answer for each in questions if (answer := row[PREFIX + each.key]) is not None}
    said = {field: row.get(field.column("probability")) for field in FIELDS}
    probabilities = {field: value for field, value in said.items() if value is not None}
    return Opinion(Kind(row["kind"]), labels_in(row), slugs, answers, probabilities)


def decide_answers_again(
    opinions: Sequence[Opinion], policy: Policy, row: Row, questions: Sequence[PlainQuestion]
) -> Row:
    """Decide the answers on an item again, but those of an adjudicator; return the columns of decisions.parquet."""
    # Nobody answers a question about a response that is not there.
    decided = decide_answers(opinions, policy, questions, has_response=True)
    again: Row = {}
    for each in questions:
        if row[STATUS + each.key] != "settled":
            answer = decided.get(each.key)
            again |= {PREFIX + each.key: answer and answer.value, STATUS + each.key: answer and answer.status}
            if each.type == Type.ORDINAL:
                again[SPREAD + each.key] = answer and answer.spread
    return again


def decide_again(opinions: Sequence[Opinion], policy: Policy, row: Row, manifest: dict[str, Any]) -> Row:
    """Decide an item again; return the columns of decisions.parquet that follow from its opinions."""
    decision = decide(
        opinions,
        policy,
        fields=manifest["fields"],
        has_response=row[Field.RESPONSE.column("status")] is not None,
        taxonomy=manifest["categories"],
    )
    again: Row = {"status": decision.status, "categories": list(decision.categories)}
    again["categories_agreed"] = decision.categories_agreed
    for label_field, decided in decision.fields.items():
        again |= {label_field.column(name): value for name, value in asdict(decided).items()}
    return again


def check_rows(folder: Path, found: Verification) -> None:
    """Compare the rows of the splits with the table of decisions."""
    decided: Counter[tuple[Any, ...]] = Counter()
    for row in rows_of(folder / "decisions.parquet"):
        if row["split"]:
            # The splits have the id of the original in a refusal's row, whoever decided it.
            decided[row["split"], row["item"].removesuffix("#refusal"), *(row[column] for column in COMPARED)] += 1
    for split in SPLITS:
        listed = orjson.loads((folder / f"{split}.json").read_bytes())
        check_parquet(folder / f"{split}.parquet", listed, found)
        for row in listed:
            labels, sources = [row[field] for field in FIELDS], [row[f"{field}_source"] for field in FIELDS]
            decided[split, row["id"].removesuffix("#refusal"), *labels, *sources] -= 1
    for (split, name, *_), count in sorted(decided.items(), key=str):
        if count:
            found.differences.append(f"{name}: {split}.json and decisions.parquet do not say the same of it")


def check_parquet(path: Path, listed: list[Row], found: Verification) -> None:
    """Compare the rows of a split in Parquet with those in JSON; older releases have JSON alone."""
    if not path.exists():
        return
    for row, other in zip_longest(rows_of(path), listed, fillvalue=None):
        if row is None or other is None or any(row[key] != other[key] for key in other):
            name = (row or other or {})["id"]
            found.differences.append(f"{name}: {path.name} and {path.stem}.json do not say the same of it")

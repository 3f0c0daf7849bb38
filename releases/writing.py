"""Write the files of a release, and build its manifest."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson

from adjudication import queries
from adjudication.actions.certificates import current_certificate
from adjudication.consensus import RULES
from adjudication.policies import Policy, policy_of
from adjudication.queries.evidence import labelled_sample
from adjudication.queries.set_evidence import labelled_sets
from corpus.errors import Refused
from corpus.models import Project
from corpus.queries import questions_of
from corpus.similarity.rules import SETTINGS as DUPLICATES
from corpus.taxonomy_versions import counts_as
from releases import exporting, tables
from releases.answer_columns import described_questions
from releases.card_header import Table, table_of
from releases.exporting import ExportQuery
from releases.facts.reading import read_facts
from releases.parquet import parquet_blocks
from releases.queries import guidelines_in_use, rater_counts
from releases.release_papers import papers_of
from releases.spec import MANIFEST, SAMPLE, SPLITS, ReleaseSpec

SOFTWARE = "0.1.0"
PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
Counts = dict[str, dict[str, int]]
DataFile = tuple[str, Callable[[], Iterable[bytes]]]
"A file name, and a function that yields the file's content."


def write_files(
    project: Project, spec: ReleaseSpec, policy_name: str | None, folder: Path, progress: Callable[[float], None]
) -> tuple[dict[str, Any], str]:
    """
    Write every file of a release.

    :param progress: called with the share of the files that are written, 0 to 1
    :return: the manifest, and the SHA-256 of its file
    :raises Refused: if no item is decided
    """
    policy = policy_of(project, policy_name)
    query = ExportQuery(
        project,
        policy.name,
        truncate=spec.truncate,
        licenses=spec.licenses,
        splits=spec.splits,
        seed=spec.seed,
        split_by=split_by(project, spec),
    )
    counts = tables.export_counts(query)
    if not sum(counts["split"].values()):
        licenses = f" under {' or '.join(spec.licenses)}" if spec.licenses else ""
        raise Refused(f"Nothing{licenses} is decided yet, so there is nothing to release.")
    data = write_data(folder, [*data_tables(query), *sample_table(project, policy)], progress)
    manifest = build_manifest(project, spec, policy_name, counts)
    facts = read_facts(query, manifest, project_categories(project))
    papers = papers_of(facts, data, card_tables(folder))
    manifest["files"] = data | {name: write_file(folder, name, [text]) for name, text in papers.items()}
    written = write_file(folder, MANIFEST, [orjson.dumps(manifest, option=PRETTY)])
    return manifest, written["sha256"]


def split_by(project: Project, spec: ReleaseSpec) -> str:
    """
    Return what a release keeps in one split: what its spec says, or the project.

    A truncated release has other prompts than those that were clustered, so it goes by equal ones.
    """
    return spec.split_by or (Project.SplitBy.PROMPT if spec.truncate else project.split_by)


def data_tables(query: ExportQuery) -> list[DataFile]:
    """Return the data files of a release in the order in which they are written."""
    return [
        *((f"{split}.json", partial(exporting.stream_dataset, query, "json", split=split)) for split in SPLITS),
        *((f"{split}.parquet", partial(exporting.stream_dataset, query, "parquet", split=split)) for split in SPLITS),
        ("votes.parquet", partial(tables.votes_parquet, query)),
        ("decisions.parquet", partial(tables.decisions_parquet, query)),
        ("withdrawn.json", lambda: exporting.json_array(tables.withdrawn_lines(query))),
    ]


def sample_table(project: Project, policy: Policy) -> list[DataFile]:
    """Return the file of the labels that the certificate stands on: an item of the sample and a field a row."""
    import pyarrow as pa

    schema = pa.schema([("item", pa.string()), ("field", pa.string())])

    def lines() -> Iterator[bytes]:
        yield from labelled_sample(project, policy)
        yield from labelled_sets(project, policy)

    return [(SAMPLE, lambda: parquet_blocks(lines(), schema))] if policy.promise else []


def card_tables(folder: Path) -> list[Table]:
    """Return what Hugging Face loads of a release: its splits that have rows, and its votes."""
    parts = {split: f"{split}.parquet" for split in SPLITS}
    return [table_of(folder, "default", parts), table_of(folder, "votes", {"votes": "votes.parquet"})]


def write_data(folder: Path, data: list[DataFile], progress: Callable[[float], None]) -> dict[str, dict[str, Any]]:
    """Write the data files, and return the size and hash of each by name."""
    files = {}
    for done, (name, content) in enumerate(data, start=1):
        files[name] = write_file(folder, name, content())
        progress(done / (len(data) + 1))
    return files


def write_file(folder: Path, name: str, blocks: Iterable[bytes]) -> dict[str, Any]:
    """Write a file and sync it to the disk; return its `sha256` and its size in `bytes`."""
    digest, size = hashlib.sha256(), 0
    with (folder / name).open("wb") as file:
        for block in blocks:
            digest.update(block)
            size += file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": digest.hexdigest(), "bytes": size}


def build_manifest(project: Project, spec: ReleaseSpec, policy_name: str | None, counts: Counts) -> dict[str, Any]:
    """
    Return the manifest of a release, still without its `files`.

    :param counts: rows by split, label, source, licence and category
    """
    policy = policy_of(project, policy_name)
    decided = queries.decision_counts(project, policy.name)
    return {
        "name": project.slug,
        "title": project.name,
        "version": spec.version,
        "date": spec.date,
        "software": f"assize {software_version()}",
        "policy": {"name": policy.name, **policy.settings},
        **({"certificate": certificate_in_force(project)} if policy.promise else {}),
        "rules": RULES,
        "taxonomy": str(project.taxonomy),
        "categories": queries.taxonomy_order(project),
        **({"counts_as": dict(counts_as(project.taxonomy_id))} if counts_as(project.taxonomy_id) else {}),
        "guideline": guidelines_in_use(project, spec.licenses),
        "fields": list(project.fields),
        **({"questions": described_questions(questions)} if (questions := questions_of(project)) else {}),
        "truncated": spec.truncate,
        "licenses": None if spec.licenses is None else sorted(spec.licenses),
        "splits": dict(zip(SPLITS, spec.splits, strict=True)),
        "split_by": split_by(project, spec),
        **({"duplicates": DUPLICATES} if split_by(project, spec) == Project.SplitBy.CLUSTER else {}),
        "seed": spec.seed,
        "rows": sum(counts["split"].values()),
        "counts": {
            "status": {name: decided[name] for name in ("decided", "settled", "disputed", "pending")},
            **counts,
        },
        "raters": rater_counts(project, spec.licenses),
    }


def certificate_in_force(project: Project) -> dict[str, Any] | None:
    """Return the certificate by which the released labels were decided; None if nobody has counted under one."""
    current = current_certificate(project)
    return dict(current.content) if current else None


def software_version() -> str:
    """Return the version of this software."""
    try:
        return version("assize")
    except PackageNotFoundError:  # a checkout is usually not installed as a package
        return SOFTWARE


def project_categories(project: Project) -> list[dict[str, str]]:
    """Return name, tier and definition of each category, in taxonomy order."""
    return [
        {"name": category.name, "tier": category.get_tier_display(), "definition": category.definition}
        for category in project.taxonomy.categories.order_by("position")
    ]

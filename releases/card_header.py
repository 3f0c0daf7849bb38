"""
Write the YAML header of a dataset card, by which Hugging Face loads the files.

It follows https://github.com/huggingface/hub-docs/blob/main/datasetcard.md. `datasets` takes one kind of file from a
folder, so all configurations are of Parquet, and it loads no file without rows, so empty splits are left out. Types are
stated, since a column that is null in every row would have none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

# Of https://huggingface.co/docs/hub/repositories-licenses, those of sources we know.
LICENSE_IDS = {"cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0", "mit", "apache-2.0", "cc-by-nc-4.0", "odc-by"}
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
"What YAML or a reader of text takes for a line end, what reverses the text beside it, and what is no character."
DTYPES = {"double": "float64"}
"Names of types at Hugging Face, where they are not Arrow's."


@dataclass(frozen=True)
class Table:
    """One configuration of a dataset at Hugging Face."""

    name: str
    files: Mapping[str, str]
    "File names by split, without those of empty splits."
    schema: Any
    "The Arrow schema of all files."


def table_of(folder: Path, name: str, files: dict[str, str]) -> Table:
    """Return the configuration of Parquet files in a folder, by split; all have the same schema."""
    import pyarrow.parquet as pq

    found = {split: pq.read_metadata(folder / path) for split, path in files.items()}
    schema = next(iter(found.values())).schema.to_arrow_schema()
    return Table(name, {split: files[split] for split, meta in found.items() if meta.num_rows}, schema)


def card_header(manifest: Mapping[str, Any], tables: Sequence[Table]) -> str:
    """
    Return the YAML header.

    :param manifest: of a release, of which it needs `title`, `rows` and `counts`
    """
    return "\n".join(
        [
            f"---\npretty_name: {quoted(manifest['title'])}\nlicense: {license_id(manifest['counts']['license'])}",
            "task_categories:\n- text-classification\ntags:\n- safety\n- content-moderation\n- guard-models",
            f"size_categories:\n- {size(manifest['rows'])}",
            *config_lines(tables),
            "---",
        ]
    )


def config_lines(tables: Sequence[Table]) -> Iterable[str]:
    """Yield the lines that say which files each configuration has, and which columns of what type."""
    if tables:
        yield "configs:"
    for table in tables:
        yield f"- config_name: {table.name}\n  data_files:"
        yield from (f"  - split: {split}\n    path: {quoted(path)}" for split, path in table.files.items())
    if tables:
        yield "dataset_info:"
    for table in tables:
        yield f"- config_name: {table.name}\n  features:"
        yield from (line for column in table.schema for line in feature_lines(column, "  "))


def feature_lines(column: Any, indent: str) -> Iterable[str]:
    """
    Yield the lines of one column, and those of its members below it.

    :param column: an Arrow field
    """
    import pyarrow as pa

    kind, is_list = column.type, pa.types.is_list(column.type)
    inner = kind.value_type if is_list else kind
    yield f"{indent}- name: {quoted(column.name)}"
    if pa.types.is_struct(inner):
        yield f"{indent}  {'list' if is_list else 'struct'}:"
        yield from (line for member in inner for line in feature_lines(member, indent + "  "))
    else:
        yield f"{indent}  {'list' if is_list else 'dtype'}: {DTYPES.get(str(inner), inner)}"


def license_id(licenses: Mapping[str, int]) -> str:
    """Return Hugging Face's id of the licence if all rows have the same one, else "other"."""
    ids = {name.lower() for name in licenses}
    single = ids.pop() if len(ids) == 1 else ""
    return single if single in LICENSE_IDS else "other"


def size(rows: int) -> str:
    """Return Hugging Face's size category."""
    return next((name for bound, name in SIZES if rows < bound), "n>1M")


def quoted(text: str) -> str:
    """Return a text quoted for YAML; a JSON string is valid YAML."""
    return orjson.dumps(UNSEEN.sub(" ", text)).decode()

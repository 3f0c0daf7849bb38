"""Compare two releases item by item, from their own tables."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.cache import cache

from corpus.labels import FIELDS, Field
from releases.downloads import file_of
from releases.models import Release
from releases.spec import PREFIX

COMPARED = (*(field.value for field in FIELDS), "categories")
REASONS = ("status", "decided_by", *(field.column(count) for field in FIELDS for count in ("safe", "unsafe")))
SETTING_NAMES = {"split_by": "Splits by", "licenses": "Licences", "certificate": "Certified thresholds"}
"Names of settings on pages, where they are not those of the manifest."
MOST_LISTED = 200
TABLE = "decisions.parquet"
KEPT_SECONDS = 24 * 60 * 60
"How long a comparison is kept: releases never change, but the cache has other uses."
SEPARATOR = "\x1f"
"Between the parts of a joined text, none of which has this character."
Row = dict[str, Any]

if TYPE_CHECKING:
    import pyarrow as pa


class Kind(NamedTuple):
    """A kind of change: a label or an answer from one value to another (empty for none), or another list."""

    field: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        if self.is_list:
            return self.field
        return f"{self.field}: {self.before or 'none'} → {self.after or 'none'}"

    @property
    def is_list(self) -> bool:
        """Whether the field has a list, of which it is only said that it is another one."""
        return self.before == self.after

    @property
    def name(self) -> str:
        """The name of the field on pages."""
        return display_name(self.field)


def display_name(name: str) -> str:
    """Return the name of a compared column on pages."""
    if name.startswith(PREFIX):
        return f"Question {name.removeprefix(PREFIX)}"
    return "Categories" if name == "categories" else Field(name).display_name


def shown_value(name: str, value: Any) -> Any:
    """Return a compared value as pages show it: an answer in words; labels and categories as they are."""
    return shown(value) if name.startswith(PREFIX) else value


def compared_in(names: Iterable[str]) -> list[str]:
    """Return those of a table's columns that are compared: labels, categories, and the answers to questions."""
    return [*COMPARED, *(name for name in names if name.startswith(PREFIX))]


@dataclass(frozen=True)
class Change:
    """An item that both releases have, with different labels."""

    item: str
    before: Row
    after: Row

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """Return (name, before, after) of the fields that differ."""
        both = ((name, self.before[name], self.after[name]) for name in compared_in(self.before))
        return [(name, old, new) for name, old, new in both if old != new]

    @property
    def named_fields(self) -> list[tuple[str, Any, Any]]:
        """Return the same with the names that pages show."""
        return [(display_name(name), shown_value(name, old), shown_value(name, new)) for name, old, new in self.fields]

    def reason(self, rules: str = "") -> str:
        """
        Return why the labels differ, from the counts in the tables.

        :param rules: what else the releases decided by, in words; empty if by the same
        """
        if self.fields and all(name.startswith(PREFIX) for name, _, _ in self.fields):
            return f"other answers were counted{rules and f', or {rules}'}"
        if self.before["decided_by"] != self.after["decided_by"]:
            return f"decided by {self.before['decided_by']}, then by {self.after['decided_by']}"
        counts = [name for name in REASONS[2:] if self.before[name] != self.after[name]]
        if not rules:
            return "other opinions were counted"
        return f"other opinions were counted, {rules}" if counts else f"as many opinions each way, {rules}"


@dataclass
class Comparison:
    """How the exported items of two releases differ."""

    before: Release | None
    after: Release | None
    "None only while the comparison is kept."
    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    moved: int = 0
    "Items that are in another split, whatever became of their labels."
    kinds: Counter[Kind] = field(default_factory=Counter)
    "Number of changes by kind."
    listed: list[Change] = field(default_factory=list)

    @property
    def by_kind(self) -> list[tuple[Kind, int]]:
        """Return (kind, count) of the changes, the most frequent first."""
        return sorted(self.kinds.items(), key=lambda kind: (-kind[1], str(kind[0])))

    @property
    def shown_settings(self) -> list[tuple[str, str, str]]:
        """Return them in words."""
        return [
            (SETTING_NAMES.get(name, name.capitalize()), shown(old), shown(new)) for name, old, new in self.settings
        ]

    @property
    def rules(self) -> str:
        """Return in words what else the releases decided by; empty if by the same."""
        was, now = (release.manifest if release else {} for release in (self.before, self.after))
        named = [manifest.get("policy", {}).get("name") for manifest in (was, now)]
        if named[0] != named[1]:
            return "under another policy"
        differs = {
            "other settings of the policy": was.get("policy") != now.get("policy"),
            "other thresholds of the certificate": thresholds_in(was) != thresholds_in(now),
            "another taxonomy": was.get("taxonomy") != now.get("taxonomy"),
            "other rules of this software": was.get("rules") != now.get("rules"),
        }
        parts = [words for words, is_so in differs.items() if is_so]
        return "with " + " and ".join(parts) if parts else ""

    @property
    def explained(self) -> list[tuple[Change, str]]:
        """Return the listed changes, each with its reason."""
        rules = self.rules
        return [(change, change.reason(rules)) for change in self.listed]

    @property
    def shared(self) -> int:
        """Return the number of items that both releases have."""
        return self.changed + self.same

    @property
    def percent_changed(self) -> float:
        """Return the share of them that have another label or other categories."""
        return 100 * self.changed / self.shared if self.shared else 0.0

    @property
    def settings(self) -> list[tuple[str, Any, Any]]:
        """Return (name, before, after) of the release settings that differ."""
        names = ("policy", "taxonomy", "guideline", "software", "splits", "split_by", "seed", "licenses", "truncated")
        manifests = [release.manifest if release else {} for release in (self.before, self.after)]
        pairs = [(name, *(manifest.get(name) for manifest in manifests)) for name in names]
        pairs.append(("certificate", *map(thresholds_in, manifests)))
        pairs.append(("questions", *map(question_keys, manifests)))
        return [(name, old, new) for name, old, new in pairs if old != new]


def thresholds_in(manifest: dict[str, Any]) -> dict[str, str | None] | None:
    """Return the thresholds of a release's certificate by label field; None if it has no certificate."""
    certificate = manifest.get("certificate")
    return certificate and {name: each["threshold"] for name, each in certificate["fields"].items()}


def question_keys(manifest: dict[str, Any]) -> list[str]:
    """Return the keys of the questions of a release, in order."""
    return [question["key"] for question in manifest.get("questions", ())]


def shown(value: Any) -> str:
    """Return a setting in words: a mapping as `name value` pairs, a list with commas."""
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {shown(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(shown(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def compare(before: Release, after: Release) -> Comparison:
    """
    Compare the exported items of two releases. The result is kept, because a million items take seconds.

    :raises Damaged: if a table of decisions is missing or has changed
    """
    paths = [file_of(release, TABLE) for release in (before, after)]
    key = f"release-comparison:2:{paths[0][1]}:{paths[1][1]}"
    counted: Comparison | None = cache.get(key)
    if counted is None:
        answers = shared_answers([path for path, _digest in paths])
        counted = compare_tables(before, after, *(exported(path, answers) for path, _digest in paths))
        cache.set(key, replace(counted, before=None, after=None), timeout=KEPT_SECONDS)
    return replace(counted, before=before, after=after)


def compare_tables(before: Release, after: Release, old: "pa.Table", new: "pa.Table") -> Comparison:
    """Compare the tables of the exported items, which have one row an item."""
    import pyarrow.compute as pc

    place = pc.index_in(new["item"], value_set=old["item"].combine_chunks())
    new_shared, old_shared = new.filter(pc.is_valid(place)), old.take(place.drop_null())
    comparison = Comparison(before, after)
    comparison.added = new.num_rows - new_shared.num_rows
    comparison.removed = old.num_rows - old_shared.num_rows
    comparison.moved = pc.sum(pc.not_equal(old_shared["split"], new_shared["split"])).as_py() or 0
    add_changes(comparison, old_shared, new_shared)
    return comparison


def add_changes(comparison: Comparison, old: "pa.Table", new: "pa.Table") -> None:
    """Count the items whose labels, categories or answers differ, row by row, and list the first of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    any_differs = None
    for name in compared_in(new.column_names):
        was, now = as_text(old[name]), as_text(new[name])
        differs = pc.not_equal(was, now)
        any_differs = differs if any_differs is None else pc.or_(any_differs, differs)
        is_list = pa.types.is_list(new[name].type)
        count_kinds(comparison, name, was.filter(differs), now.filter(differs), is_list=is_list)
    places = pc.indices_nonzero(any_differs)
    comparison.changed = len(places)
    comparison.same = new.num_rows - comparison.changed
    first = places[:MOST_LISTED]
    rows = zip(old.take(first).to_pylist(), new.take(first).to_pylist(), strict=True)
    comparison.listed = [Change(row["item"], earlier, row) for earlier, row in rows]


def as_text(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Return labels or lists of categories as texts, without nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(pc.binary_join(column, SEPARATOR) if pa.types.is_list(column.type) else column, "")


def count_kinds(
    comparison: Comparison, name: str, old: "pa.ChunkedArray", new: "pa.ChunkedArray", *, is_list: bool
) -> None:
    """Count the changes of a column by kind."""
    import pyarrow.compute as pc

    if is_list:
        if len(old):
            comparison.kinds[Kind(name)] = len(old)
        return
    for pair in pc.value_counts(pc.binary_join_element_wise(old, new, SEPARATOR)).to_pylist():
        comparison.kinds[Kind(name, *pair["values"].split(SEPARATOR))] = pair["counts"]


def shared_answers(paths: Iterable[Path]) -> list[str]:
    """Return the columns of answers that all tables have alike, in the order of the last; others are not compared."""
    import pyarrow.parquet as pq

    *earlier, last = ({column.name: column.type for column in pq.read_schema(path)} for path in paths)
    answers = {name: kind for name, kind in last.items() if name.startswith(PREFIX)}
    return [name for name, kind in answers.items() if all(each.get(name) == kind for each in earlier)]


def exported(path: Path, answers: Sequence[str] = ()) -> "pa.Table":
    """
    Return the decisions of the items that a release exports.

    :param answers: columns of answers to read, too
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["item", "split", *COMPARED, *REASONS, *answers])
    return table.filter(pc.field("split").is_valid()).combine_chunks()  # `take` is slow across chunks

"""Rows, cells, row groups and splits of the dataset at their boundaries."""

import csv
import hashlib
import io
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.models import Item
from releases.exporting import TEXT_KEYS, ExportQuery, escape_formula, json_array, stream_dataset
from releases.parquet import (
    PARQUET_BYTES,
    PARQUET_ROWS,
    DrainableBuffer,
    dataset_schema,
    parquet_blocks,
    row_groups,
)
from releases.row_keys import KEYS
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

FORMULAS = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "\nx", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
TEXTS_OF_ALL_KINDS = [
    "plain",
    'say "yes"',
    '"',
    '""',
    "a,b",
    ",",
    "two\nlines",
    "two\r\nlines",
    "end\n",
    "tab\there",
    "back\\slash",
    "\\N",
    "\\.",
    "NULL",
    "null",
    "é 漢字 שלום",
    "👩\u200d👩\u200d👧",
    "a\u2028b\u2029c",
    "\ufeffmark",
    "\x01\x1f\x7f",
    " = 1",
    "a=1",
    "'=1",
    "'",
    "{}",
    "%s %(x)s",
    "$1",
    " x ",
    *FORMULAS,
]
ITEMS = {f"t{at:02}": text for at, text in enumerate(TEXTS_OF_ALL_KINDS)}


def label_all(project, folder, rows, **options):
    """Import the rows, and decide each by one vote."""
    imported = import_dialogues(project, folder, rows)
    assert imported["rejected"] == 0, imported.stderr
    votes = [opinion(row["id"], "ada", "safe", "safe" if has_response(row) else None) for row in rows]
    assert import_votes(project, folder, votes)["rejected"] == 0
    command("adjudicate", project=project.slug, **options)
    return project


def has_response(row):
    return "response" in row or row.get("turns", [{}])[-1].get("role") == "assistant"


def exported(project, form="json", **options):
    return b"".join(stream_dataset(ExportQuery(project, project.policy, **options), form))


def rows_by_id(project, **options):
    return {row["id"]: row for row in json.loads(exported(project, **options))}


@pytest.fixture(scope="module")
def odd(database, tmp_path_factory):
    """A project whose prompts and responses are texts of all kinds."""
    rows = [dialogue(name, text=text) | {"response": text} for name, text in ITEMS.items()]
    return label_all(make_project(quorum=1), tmp_path_factory.mktemp("odd"), rows)


def cells_of(content):
    return {row["id"]: row for row in csv.DictReader(io.StringIO(content.decode(), newline=""))}


@pytest.fixture(scope="module")
def read(odd):
    """The export in each format, read by a reader of that format, by id."""
    lines = [json.loads(line) for line in exported(odd, "jsonl").split(b"\n")[:-1]]
    return {
        "json": rows_by_id(odd),
        "jsonl": {row["id"]: row for row in lines},
        "parquet": {row["id"]: row for row in pq.read_table(pa.BufferReader(exported(odd, "parquet"))).to_pylist()},
        "csv": cells_of(exported(odd, "csv", raw=True)),
    }


@pytest.mark.parametrize("name", ITEMS)
def test_text_leaves_in_every_format_as_it_came(read, name):
    for form, rows in read.items():
        assert (rows[name]["prompt"], rows[name]["response"]) == (ITEMS[name], ITEMS[name]), form


@pytest.mark.parametrize("name", ITEMS)
def test_only_cells_that_look_like_formulas_are_guarded(odd, name):
    guarded = cells_of(exported(odd, "csv"))[name]
    text = ITEMS[name]
    assert guarded["prompt"] == guarded["response"] == (f"'{text}" if text in FORMULAS else text)
    assert guarded["prompt_label"] == "safe"


def test_json_has_a_row_a_line(odd):
    lines = exported(odd).decode().split("\n")
    assert (lines[0], lines[-2], lines[-1]) == ("[", "]", "")
    assert len(lines) == len(ITEMS) + 3
    assert all(line.endswith(",") for line in lines[1:-3])


def test_csv_has_its_header_even_without_rows():
    project = make_project()
    assert exported(project, "csv") == (",".join(KEYS) + "\n").encode()
    assert exported(project, "jsonl") == b""
    assert exported(project, "json") == b"[]\n"
    table = pq.read_table(pa.BufferReader(exported(project, "parquet")))
    assert (table.num_rows, table.schema.names[: len(KEYS)]) == (0, list(KEYS))


@cases("column", KEYS)
def test_only_columns_of_outside_text_are_guarded(column):
    assert (escape_formula(column) == column) is (column not in TEXT_KEYS)


@pytest.mark.parametrize("name", ["=id", "+id", "-id", "@id", "\uff1did"])
def test_id_that_looks_like_a_formula_is_guarded(tmp_path, name):
    project = label_all(make_project(quorum=1), tmp_path, [dialogue(name)])
    assert list(cells_of(exported(project, "csv"))) == [f"'{name}"]
    assert list(cells_of(exported(project, "csv", raw=True))) == [name]


def test_source_of_an_imported_refusal_is_text_from_outside(tmp_path):
    source = f"=HYPERLINK({'x' * 80})"
    refusal = dialogue("a") | {"prompt_label": "unsafe", "response_label": "safe", "prompt_label_source": source}
    project = make_project()
    import_dialogues(project, tmp_path, [refusal | {"response_label_source": "refusal_data_augmentation"}])
    assert command("adjudicate", project=project.slug)["decided"] == 1
    (row,) = cells_of(exported(project, "csv")).values()
    assert (row["prompt_label_source"], row["response_label_source"]) == (f"'{source}", "refusal_data_augmentation")
    assert json.loads(exported(project, "jsonl"))["prompt_label_source"] == source


def test_largest_row_numbers_are_exported_whole(tmp_path):
    largest = 2**53 - 1
    rows = [dialogue("a", text="REDACTED") | {"reconstruction_id_if_redacted": largest}]
    project = label_all(make_project(quorum=1), tmp_path, rows)
    key = "reconstruction_id_if_redacted"
    parquet = pq.read_table(pa.BufferReader(exported(project, "parquet"))).to_pylist()
    whole = [json.loads(exported(project))[0], json.loads(exported(project, "jsonl")), parquet[0]]
    assert [row[key] for row in whole] == [largest] * 3
    assert str(largest).encode() in exported(project, "csv")


def test_rows_are_in_byte_order_of_their_ids(tmp_path):
    names = ["b", "a", "Z", "é", "a b", "a-b", "A", "10", "9", "漢", "_", "~", "\U0001f600", "\uffee"]
    project = label_all(make_project(quorum=1), tmp_path, [dialogue(name) for name in names])
    assert list(rows_by_id(project)) == sorted(names, key=str.encode)


TURNS = {
    "one": [("user", "Q")],
    "pair": [("user", "Q"), ("assistant", "A")],
    "system": [("system", "S"), ("user", "Q"), ("assistant", "A")],
    "prompt-only": [("system", "S"), ("user", "Q")],
    "long": [("user", "Q"), ("assistant", "A"), ("user", "R"), ("assistant", "B")],
    "ends-with-user": [("user", "Q"), ("assistant", "A"), ("user", "R")],
    "empty": [("user", "Q"), ("assistant", "")],
    "colons": [("user", "user: Q\n\nassistant: A"), ("assistant", "A")],
}


@pytest.fixture(scope="module")
def turned(database, tmp_path_factory):
    rows = [
        {"id": name, "turns": [{"role": role, "text": text} for role, text in turns]} for name, turns in TURNS.items()
    ]
    return label_all(make_project(quorum=1), tmp_path_factory.mktemp("turns"), rows)


@pytest.mark.parametrize(
    ("name", "whole", "short"),
    [
        ("one", ("Q", None), ("Q", None)),
        ("pair", ("Q", "A"), ("Q", "A")),
        ("system", ("system: S\n\nuser: Q", "A"), ("Q", "A")),
        ("prompt-only", ("system: S\n\nuser: Q", None), ("Q", None)),
        ("long", ("user: Q\n\nassistant: A\n\nuser: R", "B"), ("Q", "A")),
        ("ends-with-user", ("user: Q\n\nassistant: A\n\nuser: R", None), ("Q", None)),
        ("empty", ("Q", ""), ("Q", "")),
        ("colons", ("user: Q\n\nassistant: A", "A"), ("user: Q\n\nassistant: A", "A")),
    ],
)
def test_turns_become_prompt_and_response_whole_or_truncated(turned, name, whole, short):
    row, cut = rows_by_id(turned)[name], rows_by_id(turned, truncate=True)[name]
    assert (row["prompt"], row["response"]) == whole
    assert (cut["prompt"], cut["response"]) == short


def test_truncated_rows_keep_all_turns_in_json_lines(turned):
    lines = [json.loads(line) for line in exported(turned, "jsonl", truncate=True).splitlines()]
    assert {line["id"]: [(turn["role"], turn["text"]) for turn in line["turns"]] for line in lines} == TURNS


@pytest.fixture(scope="module")
def licensed(database, tmp_path_factory):
    names = ["MIT", "mit", "", "CC0-1.0", 'a "quoted, {licence}']
    rows = [dialogue(f"l{at}", license=name) for at, name in enumerate(names)]
    return label_all(make_project(quorum=1), tmp_path_factory.mktemp("licensed"), rows)


@pytest.mark.parametrize(
    ("licenses", "found"),
    [
        (None, ["l0", "l1", "l2", "l3", "l4"]),
        ((), []),
        (("MIT",), ["l0"]),
        (("mit",), ["l1"]),
        (("MIT", "mit"), ["l0", "l1"]),
        (("",), ["l2"]),
        (("MIT", "MIT"), ["l0"]),
        (("MIT ",), []),
        (("CC0%",), []),
        (("CC0-1.0", "nobody's"), ["l3"]),
        (('a "quoted, {licence}',), ["l4"]),
        (("MIT') OR true --",), []),
    ],
)
def test_licence_filter_takes_exact_names(licensed, licenses, found):
    assert list(rows_by_id(licensed, licenses=licenses)) == found
    assert ExportQuery(licensed, licensed.policy, licenses=licenses).count() == len(found)


def point_of(prompt, seed):
    """The number from 0 to 1 that chooses a prompt's split, as the comment on SPLIT defines it."""
    text = re.sub("[ \t\r\n]+", " ", prompt)
    lowered = "".join(each.lower() if each.isascii() else each for each in text)
    return int(hashlib.sha256(f"{seed}:{lowered}".encode()).hexdigest()[:13], 16) / 2**52


def splits_of(project, splits, **options):
    """The split of each id."""
    query = ExportQuery(project, project.policy, splits=splits, **options)
    return {row["id"]: row["split"] for row in (json.loads(line) for line in query.json_lines(("id", "split")))}


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("splits", [(0.9, 0.04, 0.06), (0.5, 0.25, 0.25), (0.0, 0.5, 0.5), (0.3, 0.0, 0.7)])
def test_split_follows_from_seed_and_prompt_alone(odd, splits, seed):
    expected = {}
    for name, text in ITEMS.items():
        point = point_of(text, seed)
        expected[name] = "train" if point < splits[0] else "validation" if point < splits[0] + splits[1] else "test"
    assert splits_of(odd, splits, seed=seed) == expected


@pytest.mark.parametrize(
    ("splits", "only"), [((1.0, 0.0, 0.0), "train"), ((0.0, 1.0, 0.0), "validation"), ((0.0, 0.0, 1.0), "test")]
)
def test_share_of_one_takes_everything(odd, splits, only):
    assert set(splits_of(odd, splits).values()) == {only}
    assert len(
        json.loads(b"".join(stream_dataset(ExportQuery(odd, odd.policy, splits=splits), "json", split=only)))
    ) == (len(ITEMS))


def test_point_at_the_very_share_is_in_the_next_split(odd):
    point = point_of("plain", 0)
    assert splits_of(odd, (point, 1 - point, 0.0))["t00"] == "validation"
    above = point + 2**-52
    assert splits_of(odd, (above, 1 - above, 0.0))["t00"] == "train"


def test_rows_without_shares_have_no_split(odd):
    assert set(splits_of(odd, None).values()) == {None}


SAME = ["What is it?", "what IS it?", "What  is\tit?", "What\r\nis it?"]
OTHERS = [" What is it?", "What is it", "What is it??", "Whatisit?"]


def test_prompts_differing_in_case_or_spacing_share_a_split(tmp_path):
    rows = [dialogue(f"p{at}", text=text) for at, text in enumerate(SAME + OTHERS)]
    project = label_all(make_project(quorum=1), tmp_path, rows)
    groups = set()
    for seed in range(12):
        splits = splits_of(project, (0.4, 0.3, 0.3), seed=seed)
        assert len({splits[f"p{at}"] for at in range(len(SAME))}) == 1
        groups.add(tuple(splits[f"p{at + len(SAME)}"] for at in range(len(OTHERS))))
    assert len(groups) > 1  # other prompts go their own ways


def test_truncated_dialogues_split_by_their_first_prompt(turned):
    for seed in range(5):
        splits = splits_of(turned, (0.5, 0.25, 0.25), truncate=True, seed=seed)
        assert len({splits[name] for name in TURNS if name != "colons"}) == 1  # all begin with Q


def test_redacted_prompts_are_in_one_split(tmp_path):
    rows = [{"id": f"r{at}", "prompt": "", "response": "No.", "reconstruction_id_if_redacted": at} for at in range(6)]
    project = label_all(make_project(quorum=1), tmp_path, rows)
    assert len(set(splits_of(project, (0.4, 0.3, 0.3)).values())) == 1


def test_refusal_is_in_the_split_of_its_original(tmp_path):
    project = label_all(make_project(quorum=1), tmp_path, [dialogue("a", text="Same?"), dialogue("b", text="Same?")])
    Item.objects.filter(project=project, external_id="b").update(refusal_of="a", external_id="a#refusal")
    query = ExportQuery(project, project.policy, splits=(0.4, 0.3, 0.3))
    rows = [json.loads(line) for line in query.json_lines(("id", "sort_key", "split"))]
    assert [(row["id"], row["sort_key"]) for row in rows] == [("a", "a"), ("a", "a#refusal")]
    assert len({row["split"] for row in rows}) == 1


def line_of(size):
    return b"x" * size


@cases(
    ("sizes", "groups"),
    [
        ([], []),
        ([1], [1]),
        ([0, 0], [2]),
        ([1] * PARQUET_ROWS, [PARQUET_ROWS]),
        ([1] * (PARQUET_ROWS + 1), [PARQUET_ROWS, 1]),
        ([1] * (2 * PARQUET_ROWS), [PARQUET_ROWS] * 2),
        ([PARQUET_BYTES], [1]),
        ([PARQUET_BYTES + 1], [1]),
        ([PARQUET_BYTES - 1, 1], [2]),
        ([PARQUET_BYTES - 1, 2], [1, 1]),
        ([1, PARQUET_BYTES], [1, 1]),
        ([PARQUET_BYTES, 1, 1], [1, 2]),
        ([10 * PARQUET_BYTES, 10 * PARQUET_BYTES], [1, 1]),
        ([PARQUET_BYTES // 2] * 5, [2, 2, 1]),
    ],
)
def test_row_groups_end_at_their_rows_or_bytes(sizes, groups):
    assert [len(group) for group in row_groups(map(line_of, sizes))] == groups


@cases("rows", [0, 1, PARQUET_ROWS, PARQUET_ROWS + 1])
def test_parquet_file_has_a_group_a_batch(rows):
    lines = (b'{"id": "i%d", "turns": [], "unknown": 1}\n' % at for at in range(rows))
    file = pq.ParquetFile(pa.BufferReader(b"".join(parquet_blocks(lines, dataset_schema()))))
    assert (file.metadata.num_rows, file.num_row_groups) == (rows, -(-rows // PARQUET_ROWS))
    assert file.schema_arrow.equals(dataset_schema())


@cases("value", [None, 0, 17, 2**53 + 1, 2**63 - 1, -1])
def test_parquet_keeps_large_numbers_whole(value):
    lines = [json.dumps({"id": "a", "reconstruction_id_if_redacted": value}).encode()]
    table = pq.read_table(pa.BufferReader(b"".join(parquet_blocks(lines, dataset_schema()))))
    assert table["reconstruction_id_if_redacted"].to_pylist() == [value]


@cases(
    ("lines", "array"),
    [
        ([], b"[]\n"),
        ([b"1\n"], b"[\n1\n]\n"),
        ([b"1\n", b"2\n"], b"[\n1,\n2\n]\n"),
        ([b"[]\n"], b"[\n[]\n]\n"),
    ],
)
def test_lines_become_an_array(lines, array):
    assert b"".join(json_array(lines)) == array


def test_buffer_hands_out_each_byte_once_and_keeps_its_place():
    buffer = DrainableBuffer()
    assert (buffer.drain(), buffer.tell(), buffer.writable()) == (b"", 0, True)
    assert [buffer.write(b"ab"), buffer.write(memoryview(b"c")), buffer.write(b"")] == [2, 1, 0]
    assert (buffer.drain(), buffer.drain(), buffer.tell()) == (b"abc", b"", 3)
    buffer.write(b"d")
    assert (buffer.tell(), buffer.drain()) == (4, b"d")

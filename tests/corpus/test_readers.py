"""Dialects of CSV, types of Parquet, gzip in odd places, and files cut off anywhere."""

import csv
import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.importing.readers import Unreadable
from tests.corpus.test_rows import as_parquet, read, write


def cells(folder, content, **options):
    return [row.value or row.problem for row in read(write(folder, "x.csv", content), **options)]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("", []),
        ("id,text", []),
        ("id,text\n", []),
        ("id,text\n\n\n", []),
        ("id,text\na,b", [{"id": "a", "text": "b"}]),
        ("id,text\r\na,b\r\n", [{"id": "a", "text": "b"}]),
        ("id,text\ra,b\r", [{"id": "a", "text": "b"}]),
        ("id,text\na,b\n\n\nc,d\n", [{"id": "a", "text": "b"}, {"id": "c", "text": "d"}]),
        (" id , text \na, b \n", [{"id": "a", "text": " b "}]),
        ('"id","text"\n"a","b"\n', [{"id": "a", "text": "b"}]),
        ('id,text\na,""\n', [{"id": "a", "text": ""}]),
        ("id,text\na,\n", [{"id": "a", "text": ""}]),
        ("id,text\n,\n", [{"id": "", "text": ""}]),
        ('id,text\na,""""\n', [{"id": "a", "text": '"'}]),
        ('id,text\na,"b, c"\n', [{"id": "a", "text": "b, c"}]),
        ('id,text\na,"b\nc"\n', [{"id": "a", "text": "b\nc"}]),
        ('id,text\na,"b\r\nc"\n', [{"id": "a", "text": "b\r\nc"}]),
        ('id,text\na,b"c"\n', [{"id": "a", "text": 'b"c"'}]),
        ("id,text\na,'b'\n", [{"id": "a", "text": "'b'"}]),
        ("id,text\na,b\\,c\n", ["it has 3 cells, the header has 2"]),
        ("id,text\na;b\n", ["it has 1 cells, the header has 2"]),
        ("id,text\na,b,\n", ["it has 3 cells, the header has 2"]),
        ("id;text\na;b\n", [{"id;text": "a;b"}]),
        ("id\ttext\na\tb\n", [{"id\ttext": "a\tb"}]),
        ("id,text\na,\u2028b\x85c\n", [{"id": "a", "text": "\u2028b\x85c"}]),
        ("id,text\n# no comment,b\n", [{"id": "# no comment", "text": "b"}]),
        ("id,text\nNULL,NA\n", [{"id": "NULL", "text": "NA"}]),
        ("id,text\n=1+1,@x\n", [{"id": "=1+1", "text": "@x"}]),
        ("\ufeff\ufeffid,text\na,b\n", [{"\ufeffid": "a", "text": "b"}]),
        ('\ufeff"id",text\na,b\n', [{"id": "a", "text": "b"}]),
        ("id,text\n\ufeffa,b\n", [{"id": "\ufeffa", "text": "b"}]),
    ],
)
def test_csv_is_read_as_the_standard_has_it(tmp_path, content, rows):
    assert cells(tmp_path, content) == rows


@pytest.mark.parametrize(("length", "is_read"), [(99, True), (100, True), (101, False), (380, False)])
@pytest.mark.parametrize("quote", ["", '"'])
def test_cell_is_as_long_as_a_row_may_be(tmp_path, length, is_read, quote):
    content = f"id,text\na,{quote}{'x' * length}{quote}\n"
    (row,) = read(write(tmp_path, "x.csv", content), limits={"row_bytes": 100})
    if is_read:
        assert row.value == {"id": "a", "text": "x" * length}
    else:
        assert row.problem == "the cell of text is longer than 100 characters"


def test_limits_of_one_import_hold_for_no_other_reader_of_csv(tmp_path):
    assert len(cells(tmp_path, "id,text\n" + "a,b\n" * 3, limits={"row_bytes": 10})) == 3
    assert next(csv.reader(["x" * 200_000])) == ["x" * 200_000]


@pytest.mark.parametrize("separator", [",", "\n"])
def test_record_of_many_small_cells_has_a_limit_too(tmp_path, separator):
    content = 'id,text\na,"' + separator.join(["x"] * 300) + '"\n'
    with pytest.raises(Unreadable, match="longer than 400 characters"):
        cells(tmp_path, content, limits={"row_bytes": 100})


def test_many_records_do_not_add_up_to_a_long_one(tmp_path):
    rows = cells(tmp_path, "id,text\n" + "a,b\n" * 1_000, limits={"row_bytes": 10})
    assert rows == [{"id": "a", "text": "b"}] * 1_000


VALUES = [
    (pa.string(), "text"),
    (pa.large_string(), "text"),
    (pa.int8(), -128),
    (pa.uint64(), 2**64 - 1),
    (pa.int64(), -(2**63)),
    (pa.float32(), 0.5),
    (pa.float64(), 1e308),
    (pa.bool_(), False),
    (pa.binary(), b"\xff\0"),
    (pa.date32(), date(1, 1, 1)),
    (pa.timestamp("us", tz="UTC"), datetime(2024, 2, 29, 23, 59, 59, 999999, UTC)),
    (pa.timestamp("s"), datetime(1970, 1, 1)),
    (pa.decimal128(38, 2), Decimal("999999.99")),
    (pa.list_(pa.string()), ["a", None, ""]),
    (pa.list_(pa.string()), []),
    (pa.struct([("role", pa.string()), ("text", pa.string())]), {"role": "user", "text": None}),
    (pa.list_(pa.struct([("role", pa.string())])), [{"role": "user"}, {"role": "assistant"}]),
    (pa.string(), None),
    (pa.int64(), None),
    (pa.null(), None),
    (pa.string(), "é 漢 👩‍👩‍👧 \ufeff"),
    (pa.string(), "a\0b"),
    (pa.string(), ""),
]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=[f"{kind}-{at}" for at, (kind, _) in enumerate(VALUES)])
def test_each_type_of_parquet_is_a_value_of_python(tmp_path, kind, value):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": pa.array(["a"]), "value": pa.array([value], kind)}), sink)
    (row,) = read(write(tmp_path, "x.parquet", sink.getvalue().to_pybytes()))
    assert (row.number, row.value) == (1, {"id": "a", "value": value})


def test_categories_of_parquet_are_their_texts(tmp_path):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": pa.array(["a", "b", "a"]).dictionary_encode()}), sink)
    assert [row.value["id"] for row in read(write(tmp_path, "x.parquet", sink.getvalue().to_pybytes()))] == [*"aba"]


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_parquet_is_read_however_it_is_packed(tmp_path, compression, suffix):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": [str(at) for at in range(50)]}), sink, compression=compression, row_group_size=7)
    rows = read(write(tmp_path, f"x.parquet{suffix}", sink.getvalue().to_pybytes()))
    assert [(row.number, row.value["id"]) for row in rows] == [(at + 1, str(at)) for at in range(50)]


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_001, 2_000])
def test_records_of_parquet_are_numbered_across_batches(tmp_path, count):
    table = pa.table({"id": pa.array(range(count), pa.int64())})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    rows = read(write(tmp_path, "x.parquet", sink.getvalue().to_pybytes()))
    assert [row.number for row in rows] == list(range(1, count + 1))


WHOLE = as_parquet([{"id": str(at), "text": "x" * 50} for at in range(100)])


@pytest.mark.parametrize("kept", [0, 1, 3, 4, 8, 12, len(WHOLE) // 2, len(WHOLE) - 9, len(WHOLE) - 1])
def test_parquet_cut_off_anywhere_is_unreadable(tmp_path, kept):
    with pytest.raises(Unreadable, match="cannot be read beyond record 0"):
        read(write(tmp_path, "x.parquet", WHOLE[:kept]))


LINES = "".join(json.dumps({"id": str(at * 7919 % 10_007)}) + "\n" for at in range(500)).encode()
PACKED = gzip.compress(LINES, mtime=0)


@pytest.mark.parametrize("kept", [2, 9, 10, 11, len(PACKED) // 3, len(PACKED) - 9, len(PACKED) - 8, len(PACKED) - 1])
def test_gzip_cut_off_anywhere_is_unreadable(tmp_path, kept):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(PACKED[:kept])
    with pytest.raises(Unreadable, match="not a whole gzip file"):
        read(path)


@pytest.mark.parametrize("at", [3, 20, len(PACKED) - 6, len(PACKED) - 2])
def test_gzip_with_a_changed_byte_is_unreadable_or_rejects_rows(tmp_path, at):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(PACKED[:at] + bytes([PACKED[at] ^ 0xFF]) + PACKED[at + 1 :])
    with pytest.raises(Unreadable):
        read(path)


def test_several_gzip_members_are_one_file(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a"}\n{"id"') + gzip.compress(b': "b"}\n') + gzip.compress(b""))
    assert [row.value["id"] for row in read(path)] == ["a", "b"]


def test_gzip_followed_by_zeros_is_read(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a"}\n') + bytes(512))
    assert [row.value for row in read(path)] == [{"id": "a"}]


def test_gzip_followed_by_something_else_is_unreadable(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a"}\n') + b"more")
    with pytest.raises(Unreadable, match="not a whole gzip file"):
        read(path)


def test_gzip_in_gzip_is_unpacked_once(tmp_path):
    rows = read(write(tmp_path, "x.jsonl.gz", gzip.compress(b'{"id": "a"}\n')))
    assert rows
    assert all("not valid JSON" in row.problem for row in rows)


@pytest.mark.parametrize(
    ("name", "is_packed"), [("x.jsonl", True), ("x.jsonl.gz", False), ("X.JSONL", False), ("X.JSONL.GZ", True)]
)
def test_gzip_is_known_by_its_content_and_not_by_its_name(tmp_path, name, is_packed):
    path = tmp_path / name
    path.write_bytes(gzip.compress(b'{"id": "a"}') if is_packed else b'{"id": "a"}')
    assert [row.value for row in read(path)] == [{"id": "a"}]


@pytest.mark.parametrize("name", ["x", "x.gz", "jsonl", ".jsonl", "x.jsonl.bak", "x.tsv", "x.json5", "x.csv.gz.gz"])
def test_name_without_a_known_ending_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b'{"id": "a"}')
    with pytest.raises(Unreadable, match="the form is not known"):
        read(path)


@pytest.mark.parametrize("name", ["a.csv.jsonl", "a b.jsonl", "é漢.jsonl", "..jsonl", "a.2024.jsonl"])
def test_only_the_last_ending_counts(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b'{"id": "a"}')
    assert [row.value for row in read(path)] == [{"id": "a"}]


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n \t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"   "])
def test_blank_lines_are_no_rows(tmp_path, content):
    assert read(write(tmp_path, "x.jsonl", content)) == []


@pytest.mark.parametrize("content", ["[]", " [ ] ", "\n[\n]\n", "\ufeff[]"])
def test_empty_array_has_no_rows(tmp_path, content):
    assert read(write(tmp_path, "x.json", content)) == []


@pytest.mark.parametrize("value", [1, "text", None, True, [], [1], -0.5, {}, {"a": {"b": [1, "]", "}"]}}, 2**53])
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_any_value_of_json_is_a_row(tmp_path, value, form):
    text = json.dumps(value)
    content = f"[{text}, {text}]" if form == "json" else f"{text}\n{text}\n"
    assert [row.value for row in read(write(tmp_path, f"x.{form}", content))] == [value, value]


@pytest.mark.parametrize(("extra", "is_read"), [(0, True), (1, False)])
@pytest.mark.parametrize("end", ["", "\n"])
def test_line_may_be_just_as_long_as_the_limit(tmp_path, extra, is_read, end):
    line = json.dumps({"id": "x" * (90 + extra)})
    (row,) = read(write(tmp_path, "x.jsonl", line + end), limits={"row_bytes": 100 - (1 if end else 0) + len(end)})
    assert bool(row.value) == (is_read or len(line) <= 100)


@pytest.mark.parametrize(("limit", "is_read"), [(len(LINES), True), (len(LINES) - 1, False)])
def test_file_may_unpack_to_just_the_limit(tmp_path, limit, is_read):
    path = write(tmp_path, "x.jsonl.gz", LINES)
    if is_read:
        assert len(read(path, limits={"unpacked_bytes": limit})) == 500
    else:
        with pytest.raises(Unreadable, match="unpacks to more than"):
            read(path, limits={"unpacked_bytes": limit})

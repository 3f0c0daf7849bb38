"""The readers: every form of file, and broken files."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.importing.limits import Limits
from corpus.importing.readers import Columns, RowFile, Unreadable

ROWS = [{"id": "a", "text": "one"}, {"id": "b", "text": 'two "quoted"\nlines, é'}, {"id": "c", "text": "three"}]


def write(folder, name, content):
    path = folder / name
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def read(path, **options):
    with RowFile(path, Limits(**options.pop("limits", {})), Columns(**options)) as file:
        return list(file.rows())


def as_parquet(rows):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()


FORMS = {
    "rows.jsonl": "\n".join(map(json.dumps, ROWS)),
    "rows.ndjson": "\n\n".join(map(json.dumps, ROWS)) + "\n",
    "lines.json": "\n".join(map(json.dumps, ROWS)),
    "array.json": json.dumps(ROWS, indent=2),
    "rows.csv": 'id,text\na,one\n\nb,"two ""quoted""\nlines, é"\nc,three\n',
    "rows.parquet": as_parquet(ROWS),
}


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("name", FORMS)
def test_every_form_has_the_same_rows(tmp_path, name, suffix):
    rows = read(write(tmp_path, name + suffix, FORMS[name]))

    assert [row.value for row in rows] == ROWS
    assert not any(row.problem for row in rows)


@pytest.mark.parametrize("name", ["rows.jsonl", "array.json", "rows.csv"])
def test_byte_order_mark_is_ignored(tmp_path, name):
    assert [row.value for row in read(write(tmp_path, name, "\ufeff" + FORMS[name]))] == ROWS


def test_rows_are_numbered_by_line_or_record(tmp_path):
    assert [row.number for row in read(write(tmp_path, "rows.ndjson", FORMS["rows.ndjson"]))] == [1, 3, 5]
    assert [row.number for row in read(write(tmp_path, "array.json", FORMS["array.json"]))] == [1, 2, 3]
    assert [row.number for row in read(write(tmp_path, "rows.csv", FORMS["rows.csv"]))] == [1, 2, 3]


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_nan_is_read(tmp_path, form):
    text = '{"id": "a", "n": NaN}'
    (row,) = read(write(tmp_path, f"x.{form}", f"[{text}]" if form == "json" else text))

    assert row.value["n"] != row.value["n"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{broken", "not valid JSON"),
        ('{"id": "a"', "not valid JSON"),
        ("[" * 100_000 + "]" * 100_000, "nested too deep"),
        ('{"id": "' + "x" * 500 + '"}', "longer than 300 bytes"),
    ],
)
def test_unreadable_line_is_skipped(tmp_path, line, problem):
    limits = {"row_bytes": 300} if "300" in problem else {}
    rows = read(write(tmp_path, "x.jsonl", f'{{"id": "before"}}\n{line}\n{{"id": "after"}}\n'), limits=limits)

    assert [row.number for row in rows] == [1, 2, 3]
    assert problem in rows[1].problem
    assert rows[2].value == {"id": "after"}


def test_element_nested_too_deep_is_skipped(tmp_path):
    deep = '{"a": ' * 50_000 + '"]}["' + "}" * 50_000
    rows = read(write(tmp_path, "x.json", f'[{{"id": "before"}}, {deep}, {{"id": "after"}}]'))

    assert [bool(row.problem) for row in rows] == [False, True, False]
    assert rows[2].value == {"id": "after"}


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv"])
def test_invalid_utf8_spoils_one_row(tmp_path, name):
    bad, good = b'{"id": "a", "text": "\xff\xfe"}', b'{"id": "b", "text": "fine"}'
    content = {
        "x.jsonl": bad + b"\n" + good,
        "x.json": b"[" + bad + b"," + good + b"]",
        "x.csv": b"id,text\na,\xff\nb,fine\n",
    }
    rows = read(write(tmp_path, name, content[name]))

    assert not rows[0].value["text"].isprintable()
    assert rows[1].value == {"id": "b", "text": "fine"}


def test_elements_across_chunks_are_whole(tmp_path):
    rows = [{"id": str(n), "text": "é" * (n * 7)} for n in range(900)]  # several times the size of a chunk
    content = json.dumps(rows, ensure_ascii=False)

    assert len(content) > 2**21
    assert [row.value for row in read(write(tmp_path, "x.json", content))] == rows


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", '[{"id": "a"}, {"id": "b"', "beyond record 2"),
        ("x.json", '[{"id": "a"}, {"id" "b"}]', "beyond record 2"),
        ("x.json", '[{"id": "a"} {"id": "b"}]', "comma"),
        ("x.json", '[{"id": "a"}', "beyond record 1"),
        ("x.json", '[{"id": "a"}] and more', "goes on after the end"),
        ("x.json", "[", "beyond record 1"),
        ("x.csv", 'id,text\na,"open', "beyond record 0"),
        ("x.csv", 'id,text\na,one\nb,"x"y\n', "beyond record 1"),
        ("x.csv", "id,id\na,b\n", "twice"),
        ("x.parquet", b"PAR1 this is no parquet file", "cannot be read"),
        ("x.txt", "id", "form is not known"),
    ],
)
def test_broken_file_is_unreadable(tmp_path, name, content, message):
    with pytest.raises(Unreadable, match=message):
        read(write(tmp_path, name, content))


def test_truncated_gzip_is_unreadable(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    whole = gzip.compress("\n".join(json.dumps({"id": str(n * 7919)}) for n in range(5_000)).encode())
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(Unreadable, match="not a whole gzip file"):
        read(path)


def test_missing_columns_are_named(tmp_path):
    path = write(tmp_path, "x.csv", "id,text\na,b\n")

    with pytest.raises(Unreadable, match="lacks the column rater"):
        read(path, required=frozenset({"id", "rater"}))
    with pytest.raises(Unreadable, match="none of the columns prompt, turns"):
        read(path, one_of=frozenset({"prompt", "turns"}))


def test_record_with_wrong_cell_count_is_skipped(tmp_path):
    rows = read(write(tmp_path, "x.csv", "id,text\na\nb,two,three\nc,fine\n"))

    assert [bool(row.problem) for row in rows] == [True, True, False]


def test_missing_file_is_unreadable(tmp_path):
    for path in (tmp_path / "nowhere.jsonl", tmp_path):
        with pytest.raises(Unreadable, match="cannot be read"):
            RowFile(path, Limits()).close()


def test_element_longer_than_the_limit_ends_the_file(tmp_path):
    path = write(tmp_path, "x.json", '[{"id": "' + "x" * 3_000_000)

    with pytest.raises(Unreadable, match="longer than 1,000 bytes"):
        read(path, limits={"row_bytes": 1_000})

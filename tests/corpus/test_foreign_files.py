"""Files as people have them: other encodings, separators, kinds and forms are read, or refused with their name."""

import gzip
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from annotation.models import Annotator, Vote
from corpus.importing.dialogues import COLUMNS, parse_dialogue
from corpus.importing.limits import Limits
from corpus.importing.readers import RowFile, Unreadable
from corpus.models import Item
from corpus.queries import CHARACTERS, LOOK_ALIKE_IDS
from tests.corpus.test_rows import read, write
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

ROW = '{"id": "a", "prompt": "Which tea?"}'
IS_SPREAD = "one JSON value over several lines"


@pytest.fixture(scope="module")
def cases(real_data):
    folder = real_data / "cases"
    if not folder.is_dir():
        pytest.skip(f"the cases are not here: {folder}")
    return folder


def imported(folder, name, content, kind="dialogues", project=None):
    """Import a file with the command; return the outcome and its items by id."""
    project = project or make_project()
    outcome = command(f"import_{kind}", write(folder, name, content), project=project.slug)
    return outcome, {item.external_id: item for item in Item.objects.filter(project=project)}


def test_cases_from_reports_are_read_or_refused(cases):
    def items_of(name):
        project = make_project()
        outcome = command("import_dialogues", cases / name, project=project.slug)
        assert "Traceback" not in outcome.stderr
        return outcome, {item.external_id: item for item in Item.objects.filter(project=project)}

    outcome, items = items_of("messages_beside_response.jsonl")
    assert {name: item.turns[-1]["text"] for name, item in items.items()} == {
        "mr-1": "White tea is mild.", "mr-2": "Assam.",
    }  # fmt: skip
    assert "row 3: response: " in outcome.stderr
    for name in ("messages_null_keys.jsonl", "messages_null_keys.parquet"):
        outcome, items = items_of(name)
        assert (outcome.code, len(items)) == (0, 1), outcome.stderr
    (item,) = items_of("timestamp_ns.parquet")[1].values()
    assert any(isinstance(value, str) and value.startswith("20") for value in item.meta.values()), item.meta
    assert items_of("timestamp_odd_zone.parquet")[0].code == 0
    for name in ("big_integer.jsonl", "big_integer.json"):
        outcome, items = items_of(name)
        assert (outcome.code, items) == (1, {})
        assert "row 1: tweet: a whole number of more than 64 bits" in outcome.stderr
    assert items_of("excel_semicolon.csv")[1]["x-2"].turns[1]["text"] == "“fine” – ok"
    assert items_of("trailing_empty_columns.csv")[1]["x-1"].meta == {}
    assert set(items_of("array_named_jsonl.jsonl")[1]) == {"aa", "ab"}
    items = items_of("sharegpt.json")[1]
    roles = {name: [turn["role"] for turn in item.turns] for name, item in items.items()}
    assert roles == {"s1": ["user", "assistant"], "s2": ["system", "user", "assistant"]}


def test_cases_of_votes_are_read_or_refused(cases):
    project = make_project()
    command("import_dialogues", cases / "votes_items.jsonl", project=project.slug)
    epoch = command("import_votes", cases / "votes_epoch.csv", project=project.slug)
    assert [line.split(":")[:2] for line in epoch.stderr.splitlines() if line.startswith("row")] == [
        [f"row {row}", " cast_at"] for row in (1, 2, 4, 6)
    ]
    assert {vote.cast_at.year for vote in Vote.objects.filter(item__project=project)} == {2024}
    spelled = command("import_votes", cases / "votes_one_person_four_spellings.csv", project=project.slug)
    assert (spelled["created"], spelled["unchanged"]) == (4, 2)
    assert "'Amy' and 'amy' are counted as different raters" in spelled.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", ROW.encode("utf-16"), "is in UTF-16. Save it in UTF-8"),
        ("a.csv", "id,prompt\na,b\n".encode("utf-16-le"), "is in UTF-16"),
        ("a.json", f"[{ROW}]".encode("utf-16-be"), "is in UTF-16"),
        ("a.csv.gz", "id,prompt\na,b\n".encode("utf-32"), "is in UTF-32"),
        ("a.jsonl", b"PK\x03\x04rest", "is a zip archive or a workbook"),
        ("a.csv.gz", b"PK\x03\x04rest", "is a zip archive"),
        ("a.parquet", b"\x28\xb5\x2f\xfdrest", "is a zstd file"),
        ("a.csv", b"BZh91AY&SYrest", "is a bzip2 file"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", r"is a workbook \(xls\)"),
        ("a.jsonl.gz", bytes(257) + b"ustar\x0000", "is a tar archive"),
        ("a.csv", bytes(257) + b"ustar  \0", "is a tar archive"),
        ("a.csv", b"%PDF-1.7", "It has no rows to import"),
        ("a.jsonl", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "is a pointer of Git LFS"),
        ("a.parquet", b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        ("a.csv", b"\xef\xbb\xbf\n <!DOCTYPE html><title>Sign in</title>", "is a web page"),
        ("a.json", b"<?xml version='1.0'?><Error/>", "is a web page"),
        ("a.csv", b"PAR1rest", "is a Parquet file. Name it .parquet"),
        ("a.json", '{\n "id": "a",\n "prompt": "b"\n}', IS_SPREAD),
        ("a.jsonl", '{"data": [\n {"id": "a"}]}', IS_SPREAD),
        ("a.csv", "ID,Prompt\na,b\n", "It has 'ID', 'Prompt'"),
        ("a.csv", "id\u200b,prompt\na,b\n", r"It has 'id\\u200b', 'prompt'"),
        ("a.csv", ",".join(f"c{at}" for at in range(1_001)) + "\n", "has 1,001 columns, 1,000 are allowed"),
        ("a.csv", "id,prompt" + "," * 1_000 + "\n", "has 1,002 columns"),
    ],
)  # fmt: skip
def test_file_of_another_kind_is_refused_under_its_own_name(tmp_path, name, content, message):
    path = write(tmp_path, name, content)
    with pytest.raises(Unreadable, match=message) as refusal, RowFile(path, Limits(), COLUMNS, name="My May") as file:
        list(file.rows())
    assert str(refusal.value).startswith("My May ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id;prompt\na;Tea, or not?\n"),
        ("a.csv", "\ufeffid\tprompt\na\tTea, or not?\n"),
        ("a.csv", "id|prompt\na|Tea, or not?\n"),
        ("a.csv", 'sep=;\r\nid;prompt\r\na;"Tea, or not?"\r\n'),
        ("a.csv", '\ufeff"sep=\t"\nid\tprompt\na\tTea, or not?\n'),
        ("a.csv", '\n \n"id";"prompt"\na;"Tea, or not?"\n'),
        ("a.csv", 'sep=,\nid,prompt\na,"Tea, or not?"\n'),
        ("a.csv", 'id,prompt,,\na,"Tea, or not?",, \n'),
        ("a.CSV", ',id,prompt\n,a,"Tea, or not?"\n'),
        ("a.jsonl", '\ufeff [ {"id": "a", "prompt": "Tea, or not?"}\n]'),
        ("a.ndjson.gz", '[\n{"id": "a",\n "prompt": "Tea, or not?"}]'),
        ("a.json", '{"id": "a", "prompt": "Tea, or not?"}'),
    ],
)
def test_separators_and_forms_are_found(tmp_path, name, content):
    columns = {"required": frozenset({"id"}), "one_of": frozenset({"prompt"})}
    assert [row.value for row in read(write(tmp_path, name, content), **columns)] == [
        {"id": "a", "prompt": "Tea, or not?"}
    ]


def test_text_where_a_tar_archive_has_its_mark_is_read(tmp_path):
    content = f"id,prompt\na,{'m' * 245}ustard\n"
    assert content.index("ustar") == 257
    assert [row.value["id"] for row in read(write(tmp_path, "a.csv", content))] == ["a"]


def test_empty_response_is_judged_by_the_form_and_not_by_the_name(tmp_path):
    row = {"id": "a", "prompt": "Which tea?", "response": ""}
    outcome, items = imported(tmp_path, "mine.csv.jsonl", json.dumps(row))
    assert items["a"].has_response, outcome.stderr
    assert not imported(tmp_path, "MINE.CSV", "id,prompt,response\na,Which tea?,\n")[1]["a"].has_response


def test_value_in_a_nameless_column_is_refused(tmp_path):
    outcome, items = imported(tmp_path, "a.csv", "id,prompt,\na,b,\nc,d,note\n")
    assert (outcome.code, list(items)) == (1, ["a"])
    assert "row 2: row: column 3 has no name in the header, but holds 'note'" in outcome.stderr


def test_empty_cells_of_a_csv_are_as_absent_keys(tmp_path):
    outcome, items = imported(tmp_path, "a.csv", "id,turns,messages,prompt,topic\na,,,Which tea?,\nb,,,,x\n")
    assert (list(items), items["a"].meta) == (["a"], {})
    assert "row 2: turns: the row has neither" in outcome.stderr


def test_value_that_is_nested_too_deep_for_its_message_rejects_its_row(tmp_path):
    deep = ["[" * depth + "]" * depth for depth in range(800, 1_000, 3)]
    rows = [f'{{"id": {each}, "prompt": "x"}}' for each in deep] + [
        f'{{"id": "a", "turns": [{each}]}}' for each in deep
    ]
    outcome = import_dialogues(make_project(), tmp_path, rows)
    assert (outcome.code, outcome["rejected"]) == (1, len(rows)), outcome.stderr


def test_devices_and_pipes_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    (tmp_path / "link.jsonl").symlink_to(write(tmp_path, "file.jsonl", ROW))
    for name in ("pipe.jsonl", "zero.jsonl"):
        with pytest.raises(Unreadable, match="not a regular file"):
            read(tmp_path / name)
    assert len(read(tmp_path / "link.jsonl")) == 1


def test_errors_are_not_written_over_the_file_itself(tmp_path):
    path = write(tmp_path, "a.jsonl", ROW)
    outcome = command("import_dialogues", path, project=make_project().slug, errors=path)
    assert (outcome.code, "is the file to import" in outcome.stderr, path.read_text()) == (2, True, ROW)


@pytest.mark.parametrize("form", ["jsonl", "json"])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"id": "a", "id": "b"}', "the key 'id' is given twice"),
        ('{"id": "a", "turns": [{"role": "user", "text": "x", "text": "y"}]}', "the key 'text' is given twice"),
        ('{"id": "a", "n": {"m": {"": 1, "": 1}}}', "the key '' is given twice"),
        ('{"id": "a", "x": 1, "\\u0078": 2}', "the key 'x' is given twice"),
    ],
)
def test_key_given_twice_is_refused_by_name(tmp_path, form, text, problem):
    content = f'[{text}, {{"id": "after"}}]' if form == "json" else f'{text}\n{{"id": "after"}}\n'
    rows = read(write(tmp_path, f"x.{form}", content))
    assert [row.problem for row in rows] == [problem, ""]


def test_key_given_twice_in_a_cell_is_refused_by_name(tmp_path):
    """A table has lists as JSON; `json` itself keeps the last value of a key."""
    said = '[{"role": "user", "content": "first", "content": "second"}]'
    table = "id;messages\na;" + '"' + said.replace('"', '""') + '"\n'
    outcome, items = imported(tmp_path, "x.csv", table)
    assert (outcome.code, items) == (1, {})
    assert "row 1: messages: the key 'content' is given twice" in outcome.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", "item_id;rater;rater_kind;prompt_label;Prénom\na;r;human;safe;Ada\na;s;human;safe;\n"),
        ("x.csv", "item_id;rater;rater_kind;prompt_label;answer_größe\na;r;human;safe;1\na;s;human;safe;\n"),
        (
            "x.jsonl",
            '{"item_id": "a", "rater": "r", "rater_kind": "human", "prompt_label": "safe", "\\ud83d": 1}\n'
            '{"item_id": "a", "rater": "s", "rater_kind": "human", "prompt_label": "safe"}\n',
        ),
    ],
)
def test_row_with_a_column_that_is_not_utf8_is_refused_alone(tmp_path, name, content):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    path = tmp_path / name
    path.write_bytes(content.encode("cp1252"))
    outcome = command("import_votes", path, project=project.slug, errors=tmp_path / "errors")
    assert (outcome.code, outcome["created"], outcome["rejected"]) == (1, 1, 1)
    [error] = map(json.loads, (tmp_path / "errors").read_text().splitlines())
    assert (error["row"], "?" in error["field"]) == (1, True)


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_whole_numbers_are_exact_however_long(tmp_path, form):
    numbers = [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 12345678901234567890123]
    text = json.dumps({"id": 12345678901234567890123, "prompt": "x", "n": numbers})
    (row,) = read(write(tmp_path, f"x.{form}", f"[{text}]" if form == "json" else text))
    assert (row.value["id"], row.value["n"]) == (12345678901234567890123, numbers)
    long = '{"id": "a", "prompt": "x", "n": ' + "7" * 6_000 + "}"
    outcome, items = imported(tmp_path, f"y.{form}", f"[{long}]" if form == "json" else long)
    assert (outcome.code, items) == (1, {})
    assert "row 1: n: a whole number of more than 64 bits" in outcome.stderr


def test_numbers_too_large_for_a_float_are_refused(tmp_path):
    project = make_project()
    huge = "1" + "0" * 400
    rows = [f'{{"id": "a", "prompt": "x", "n": {each}}}' for each in ("1e400", "-Infinity", '{"m": [1e999]}')]
    rows.append(f'{{"id": "b", "prompt": "x", "reconstruction_id_if_redacted": {huge}}}')
    outcome = import_dialogues(project, tmp_path, rows)
    assert (outcome["created"], outcome["rejected"]) == (0, 4)
    assert outcome.stderr.count("infinite number has no form in JSON") == 3
    import_dialogues(project, tmp_path, [dialogue("a")])
    vote = json.dumps(opinion("a", "ada"))[:-1] + f', "seconds": {huge}}}'
    assert "seconds: " in import_votes(project, tmp_path, [vote]).stderr


def test_opinion_with_an_unknown_key_is_refused_by_name(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    outcome = import_votes(project, tmp_path, [opinion("a", "ada", notes="Mild."), opinion("a", "bea", notes=None)])
    assert (outcome["created"], outcome["rejected"]) == (1, 1)
    assert "row 1: notes: an opinion has no such key" in outcome.stderr


def test_one_rater_in_several_spellings_is_one_rater(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a"), dialogue("b")])
    spellings = ["zoé lee", "zoe\u0301 lee ", "zoé\u00a0lee", "\u200bzoé  lee", "zo\u2060é lee", "zoé\u200d lee\u3164"]
    first = import_votes(project, tmp_path, [opinion("a", name) for name in spellings[::-1]])
    assert (first["created"], first["unchanged"], "warnings" in first) == (1, 5, False)
    assert [each.name for each in Annotator.objects.filter(project=project)] == ["zoé lee"]
    second = import_votes(project, tmp_path, [opinion("b", name) for name in ("ZOÉ LEE", "zoé lee", "ｚｏé lee")])
    assert second["created"] == 3
    assert second["warnings"] == [
        "The raters 'ZOÉ LEE' and 'zoé lee' are counted as different raters.",
        "The raters 'ｚｏé lee' and 'zoé lee', 'ZOÉ LEE' are counted as different raters.",
    ]
    models = import_votes(project, tmp_path, [opinion("a", "model-x"), opinion("b", "model-x\u00a0")])
    assert models["created"] == 2
    assert "it is missing" in import_votes(project, tmp_path, [opinion("a", " \u200b\u3164")]).stderr


def test_letters_of_other_scripts_that_look_alike_are_told_of(tmp_path):
    project = make_project()
    twins = ["\u0430\u0441e-1", "\u0391CE-1", "ac\u0451", "\u0575-\u057d", "\u041f"]
    plain = import_dialogues(project, tmp_path, [dialogue(name) for name in ("ace-1", "ac\xeb", "n", "1", "l")])
    assert "warnings" not in plain
    outcome = import_dialogues(project, tmp_path, [dialogue(name) for name in twins])
    assert (outcome["created"], outcome["warnings"]) == (
        5,
        [
            "The ids 'ace-1', '\\u0430\\u0441e-1', '\\u0391CE-1' look alike, but are different items.",
            "The ids 'ac\\xeb', 'ac\\u0451' look alike, but are different items.",
        ],
    )
    votes = import_votes(project, tmp_path, [opinion("1", "max"), opinion("n", "m\u0430\u0445"), opinion("l", "MAX")])
    assert (votes["created"], votes["warnings"]) == (
        3,
        [
            "The raters 'm\\u0430\\u0445' and 'max' are counted as different raters.",
            "The raters 'MAX' and 'max', 'm\\u0430\\u0445' are counted as different raters.",
        ],
    )
    votes = import_votes(project, tmp_path, [opinion("\u0410CE-1", "ada")])
    assert "no item of this id, but 'ace-1' looks like '\\u0410CE-1'" in votes.stderr


@pytest.mark.parametrize(("first", "then"), [("A-1", "a-1"), ("a-1", "A-1"), ("A-1", "a-1 "), ("a 1", "A1")])
def test_new_id_looks_like_one_there_is_whichever_of_them_is_odd(tmp_path, first, then):
    project, other = make_project(), make_project()
    import_dialogues(other, tmp_path, [dialogue(name) for name in ("A-1", "A1")])
    import_dialogues(project, tmp_path, [dialogue(name) for name in (first, "b-1")])
    outcome = import_dialogues(project, tmp_path, [dialogue(name) for name in (then, "c-1")])
    assert outcome["warnings"] == [f"The ids {first!r}, {then!r} look alike, but are different items."]


def test_ids_that_look_alike_are_found_by_the_index_of_odd_ones():
    """So that an import reads none of the ids where, as mostly, all are plain."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_seqscan', 'off', false)")
        cursor.execute(f"EXPLAIN {LOOK_ALIKE_IDS}", {**CHARACTERS, "project": 0, "after": 0, "most": 1})
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("SELECT set_config('enable_seqscan', 'on', false)")
    assert "items_with_an_odd_id" in plan


def test_ids_that_look_alike_are_told_of(tmp_path):
    project = make_project()
    assert "warnings" not in import_dialogues(
        project, tmp_path, [dialogue(name) for name in ("a-1", "café", "b", "x", "É")]
    )
    odd = ["a-1 ", "A-1", "cafe\u0301", "b\u200b", "x\u00a0", "a-١", "é"]
    outcome = import_dialogues(project, tmp_path, [dialogue(name) for name in odd])
    assert (outcome.code, outcome["created"]) == (0, 7)
    assert outcome["warnings"] == [
        "The ids 'caf\\xe9', 'cafe\\u0301' look alike, but are different items.",
        "The ids 'b', 'b\\u200b' look alike, but are different items.",
        "The ids 'x', 'x\\xa0' look alike, but are different items.",
        "The ids 'a-1', 'a-1 ', 'A-1', 'a-\\u0661' look alike, but are different items.",
        "The ids '\\xc9', '\\xe9' look alike, but are different items.",
    ]
    assert "warnings" not in import_dialogues(project, tmp_path, [dialogue("fresh")])
    votes = import_votes(project, tmp_path, [opinion("FRESH ", "ada"), opinion("none", "ada")])
    assert "row 1: item_id: the project has no item of this id, but 'fresh' looks like 'FRESH '" in votes.stderr
    assert "row 2: item_id: the project has no item of this id\n" in votes.stderr
    many = import_dialogues(project, tmp_path, [dialogue(f"{case}{n}") for n in range(25) for case in "pP"])
    assert (len(many["warnings"]), many["warnings"][-1]) == (21, "… and 5 more of this kind.")


def parquet(folder, name, **columns):
    columns = {"id": pa.array(["a"]), "prompt": pa.array(["Which tea?"]), **columns}
    pq.write_table(pa.table(columns), folder / name)
    return (folder / name).read_bytes()


NS = 1_704_067_200_123_456_789
MAP = pa.map_(pa.string(), pa.int64())
STRUCT = pa.struct([("a", pa.string()), ("b", pa.timestamp("ns"))])


@pytest.mark.parametrize(
    ("column", "kept"),
    [
        (pa.array([NS], pa.timestamp("ns")), "2024-01-01T00:00:00.123456789"),
        (pa.array([NS], pa.timestamp("ns", "Europe/Paris")), "2024-01-01T00:00:00.123456789+00:00"),
        (pa.array([NS // 1000], pa.timestamp("us", "Mars/Olympus")), "2024-01-01T00:00:00.123456+00:00"),
        (pa.array([-1], pa.timestamp("ns")), "1969-12-31T23:59:59.999999999"),
        (pa.array([2**62], pa.timestamp("us")), f"{2**62 * 1_000} ns since 1970-01-01"),
        (pa.array([1], pa.time64("ns")), "00:00:00.000000001"),
        (pa.array([3_600], pa.time32("s")), "01:00:00"),
        (pa.array([-1], pa.duration("ns")), "-PT0.000000001S"),
        (pa.array([90], pa.duration("s")), "PT90S"),
        (pa.array([2**30], pa.date32()), f"{2**30 * 86_400 * 10**9} ns since 1970-01-01"),
        (pa.array([0], pa.date32()), "1970-01-01"),
        (pa.array(["x"]).dictionary_encode(), "x"),
        (pa.array([7], pa.int64()).dictionary_encode(), 7),
        (pa.array(["x"], pa.large_string()), "x"),
        (pa.array([[("k", 1), ("l", None)]], MAP), {"k": 1, "l": None}),
        (pa.array([[("k", 1), ("k", 2)]], MAP), [{"key": "k", "value": 1}, {"key": "k", "value": 2}]),
        (pa.array([[(1, "x")]], pa.map_(pa.int64(), pa.string())), [{"key": 1, "value": "x"}]),
        (pa.array([[[1, 2], None]], pa.list_(pa.list_(pa.int64(), 2))), [[1, 2], None]),
        (pa.array([{"a": None, "b": NS}], STRUCT), {"a": None, "b": "2024-01-01T00:00:00.123456789"}),
        (pa.array([float("nan")]), None),
        (pa.array([None], pa.timestamp("ns")), None),
        (pa.array([bytes(range(16))], pa.uuid()), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
    ],
    ids=str,
)  # fmt: skip
def test_types_of_parquet_are_kept_in_meta(tmp_path, column, kept):
    (row,) = read(write(tmp_path, "x.parquet", parquet(tmp_path, "y.parquet", value=column)))
    found = parse_dialogue(row.value, spellings={}, limits=Limits())
    assert json.loads(found.meta).get("value") == kept


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pa.array([b"\xff"]), "a bytes has no form in JSON"),
        (pa.array([b"\xff"], pa.binary(1)), "a bytes has no form in JSON"),
        (pa.array([{"n": [float("inf")]}]), "an infinite number has no form in JSON"),
    ],
)
def test_types_that_json_lacks_are_refused_by_name(tmp_path, column, reason):
    outcome, items = imported(tmp_path, "x.parquet", parquet(tmp_path, "y.parquet", value=column))
    assert (outcome.code, items) == (1, {})
    assert f"row 1: value: {reason}" in outcome.stderr


def test_struct_with_a_field_twice_is_refused(tmp_path):
    twice = pa.StructArray.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["k", "k"])
    with pytest.raises(Unreadable, match="has the field k twice in a struct"):
        read(write(tmp_path, "x.parquet", parquet(tmp_path, "y.parquet", value=twice)))


def test_parquet_has_a_limit_of_columns_too(tmp_path):
    wide = {f"c{at}": pa.array([1]) for at in range(1_000)}
    deep = {"s": pa.array([{f"c{at}": 1 for at in range(1_000)}])}
    for columns in (wide, deep):
        with pytest.raises(Unreadable, match="columns"):
            read(write(tmp_path, "x.parquet", parquet(tmp_path, "y.parquet", **columns)))


def test_gzip_of_a_pointer_is_refused_by_command(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(b"version https://git-lfs.github.com/spec/v1\n"))
    outcome = command("import_votes", path, project=make_project().slug)
    assert (outcome.code, "git lfs pull" in outcome.stderr) == (2, True)

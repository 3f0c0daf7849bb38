"""Files in the forms of others: recognised or named, tables by their columns, ids from content, nothing dropped."""

import gzip
import json
import re
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.data_dir import CHECKOUT
from corpus.errors import Invalid, Refused
from corpus.importing.columns import rename_columns
from corpus.importing.forms import FORMS, Form, candidates, recognise
from corpus.importing.limits import Limits
from corpus.importing.options import ReadOptions, parse_columns
from corpus.importing.peek import FirstRows
from corpus.importing.readers import Row
from corpus.importing.reading import RowParser
from corpus.models import Item
from tests.cases import cases
from tests.factories import command, import_dialogues, make_project, write_lines

GUIDE = (CHECKOUT / "docs" / "import.md").read_text()
SAMPLES = dict(re.findall(r"^#### `([a-z0-9-]+)`\n\n```json\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL))
HH = {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello.\n", "rejected": "\n\nHuman: Hi\n\nAssistant: No."}
LOG = {"conversation_id": "c1", "conversation": [{"role": "user", "content": "Hi"}], "model": "m"}
WILD = {**LOG, "conversation_hash": "h1", "toxic": False}


def read(form, row, *, columns=None, make_ids=False):
    """Return the dialogues of a row in a form."""
    options = ReadOptions(form, columns or {}, make_ids)
    return RowParser(FORMS[form], options, {}, Limits(), empty_is_none=False).dialogues(row)


def items_of(project):
    return {item.external_id: item for item in Item.objects.filter(project=project)}


def test_guide_has_a_sample_of_every_form_but_our_own():
    assert SAMPLES.keys() == FORMS.keys() - {"assize"}
    assert all(len(sample.splitlines()) >= 10 for sample in SAMPLES.values())


def test_samples_of_the_guide_are_imported(tmp_path):
    """Recognised by themselves and named, from JSON and from a gzipped file of lines: the same items."""
    for name, sample in SAMPLES.items():
        rows = json.loads(sample)
        assert recognise(rows, "x").name == name
        plain, packed = tmp_path / f"{name}.json", tmp_path / f"{name}.jsonl.gz"
        plain.write_text("\ufeff" + sample)
        packed.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
        project = make_project()
        first = command("import_dialogues", plain, project=project.slug, make_ids=True)
        assert (first.code, first["rejected"]) == (0, 0), (name, first.stderr)
        again = command("import_dialogues", packed, project=project.slug, make_ids=True, form=name)
        assert (again.code, again["created"], again["rejected"]) == (0, 0, 0), (name, again.stderr)
        assert again["unchanged"] == first["created"] + first["unchanged"]


def variants(value):
    """Yield copies of a value in which one of the values within has another type."""
    yield from (None, 5, "x", "", [], [5], ["x"], {}, {"x": "x"}, {"²": "x"}, {"0": {}}, float("inf"), DEEP)
    if isinstance(value, dict):
        for key in value:
            yield {name: each for name, each in value.items() if name != key}
            yield from ({**value, key: each} for each in variants(value[key]))
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in variants(each))


DEEP = json.loads("[" * 900 + "]" * 900)
OWN = [
    {"id": "a", "prompt": "Hi", "response": "No.", "prompt_label": "safe", "reconstruction_id_if_redacted": 1,
     "violated_categories": ["x"], "expected_categories": "x", "meta": {"a": [1]}},
    {"id": "b", "turns": [{"role": "user", "text": "Hi", "message": {"content": [{"type": "text", "text": "Hi"}]}}]},
    {"id": "c", "messages": [
        {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "a", "signature": "s"},
                                          {"type": "tool_use", "id": "c", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "1", "is_error": True}]}]},
]  # fmt: skip


def test_row_of_any_shape_is_read_or_refused():
    """A row that another program wrote oddly is no reason to end the import, or the preview, of the others."""
    samples = {name: json.loads(sample) for name, sample in SAMPLES.items()}
    for name, rows in (*samples.items(), ("assize", OWN)):
        form = FORMS[name]
        parser = RowParser(form, ReadOptions(name, {"prompt": "text"}), {}, Limits(), empty_is_none=False)
        named = RowParser(form, ReadOptions(name), {}, Limits(), empty_is_none=False)
        for row in (odd for each in rows for odd in variants(each)):
            FirstRows([Row(1, row)], "lines").names_in(form)
            candidates([row])
            for read_row in (parser.dialogues, parser.opinions, named.dialogues, named.opinions):
                with suppress(Invalid):
                    read_row(row)


def test_comparison_becomes_two_dialogues():
    found = read("anthropic-hh", {"id": 7, **HH, "split": "test"})
    assert [(each.external_id, json.loads(each.meta)) for each in found] == [
        ("7/chosen", {"split": "test", "preference": "chosen"}),
        ("7/rejected", {"split": "test", "preference": "rejected"}),
    ]
    assert found[0].turns == [{"role": "user", "text": "Hi"}, {"role": "assistant", "text": "Hello.\n"}]
    made = read("anthropic-hh", HH, make_ids=True)
    assert [len(each.external_id) for each in made] == [16, 16]


def test_notes_of_turns_and_conversations_are_kept():
    told = [{"role": "user", "content": "Hi", "toxic": True, "country": None}, {"role": "assistant", "content": "Yes"}]
    [found] = read("wildchat", WILD | {"conversation": told, "openai_moderation": [{"flagged": True}]})
    assert (found.external_id, [turn["text"] for turn in found.turns]) == ("c1", ["Hi", "Yes"])
    assert json.loads(found.meta) == {
        "model": "m", "conversation_hash": "h1", "toxic": False, "openai_moderation": [{"flagged": True}],
        "turn_notes": [{"toxic": True}, {}],
    }  # fmt: skip
    [plain] = read("lmsys", LOG)
    assert json.loads(plain.meta) == {"model": "m"}


@cases(
    ("form", "row", "field", "reason"),
    [
        ("anthropic-hh", HH, "id", "name its column (--map id=COLUMN), or have ids made from content (--make-ids)"),
        ("anthropic-hh", {"id": 1, **HH, "rejected": "Hi"}, "rejected", "'Hi' is no transcript"),
        ("anthropic-hh", {"id": 1, **HH, "chosen": None}, "chosen", "None is no transcript"),
        ("wildchat", {"id": 1}, "conversation", "None is not a list"),
        ("wildchat", {"id": 1, "conversation": ["x"]}, "conversation[0]", "'x' is not an object"),
        ("lmsys", LOG | {"conversation": [{"role": "user"}]}, "messages[0].content", "None is not text"),
        ("sharegpt", {"id": 1, "prompt": "x"}, "conversations", "it is missing, and the form sharegpt has it"),
        ("openai", ["x"], "row", "is not an object"),
    ],
)
def test_row_that_is_not_of_the_named_form_is_refused(form, row, field, reason):
    with pytest.raises(Invalid) as refusal:
        read(form, row)
    assert refusal.value.field == field
    assert reason in refusal.value.reason


@cases(
    ("rows", "name"),
    [
        ([], "assize"),
        ([7, None, {"text": "x"}], "assize"),
        ([{"id": 1, "prompt": "x"}], "assize"),
        ([{"id": 1, "prompt": "x", "chosen": [{}], "rejected": [{}]}], "assize"),
        ([{"id": 1, "turns": []}, {"id": 2, "messages": []}], "assize"),
        ([{"messages": []}], "openai"),
        ([HH], "anthropic-hh"),
        ([None, LOG], "lmsys"),
        ([WILD], "wildchat"),
        ([WILD | {"conversation": "x"}], "assize"),
    ],
)
def test_form_is_recognised_by_the_first_rows(rows, name):
    assert recognise(rows, "x").name == name


def test_rows_of_several_forms_are_refused_with_their_names():
    for rows in ([WILD, HH], [{**HH, "prompt": "x"}]):
        with pytest.raises(Refused, match=r"x may be of the form (wildchat|assize|anthropic-hh) or .*--form"):
            recognise(rows, "x")


def test_every_form_says_what_it_is():
    assert all(isinstance(form, Form) and form.title and form.columns for form in FORMS.values())


def test_columns_take_the_names_of_their_targets():
    row = {"id": "old", "Q": "x", "k": 1}
    assert rename_columns(row, {"id": "k", "prompt": "Q"}) == {"original_id": "old", "id": 1, "prompt": "x"}
    for pairs in (["x"], ["=a"], ["prompt="], ["id=a", "id=b"]):
        with pytest.raises(Refused):
            parse_columns(pairs)
    with pytest.raises(Refused, match=r"is not what a column can be\. There are id, prompt"):
        ReadOptions(columns={"Prompt": "x"})


def test_tables_are_read_by_their_columns(tmp_path):
    """From CSV with any separator, JSON lines and Parquet; other columns are kept."""
    rows = [{"Ticket": "t1", "Question": "Hi; there", "Answer": "Yes", "id": "9", "extra": "e"}]
    table = tmp_path / "t.csv"
    table.write_text('Ticket;Question;Answer;id;extra\nt1;"Hi; there";Yes;9;e\n')
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    for path in (table, write_lines(tmp_path, rows), tmp_path / "t.parquet"):
        project = make_project()
        columns = ["id=Ticket", "prompt=Question", "response=Answer"]
        assert command("import_dialogues", path, project=project.slug, map=columns)["created"] == 1
        item = items_of(project)["t1"]
        assert [turn["text"] for turn in item.turns] == ["Hi; there", "Yes"]
        assert item.meta == {"original_id": "9", "extra": "e"}


def test_list_of_turns_in_a_table_is_json(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('chat,key\n"[{""role"": ""user"", ""content"": ""Hi""}]",k1\n[,k2\n')
    project = make_project()
    done = command("import_dialogues", path, project=project.slug, map=["messages=chat", "id=key"])
    assert (done["created"], done["rejected"]) == (1, 1)
    assert "row 2: messages: '[' is not JSON" in done.stderr


@cases(
    ("options", "said"),
    [
        ({"map": "prompt=Nothing"}, "lacks the column 'Nothing'. It has 'id', 'text'"),
        ({"map": "Prompt=text"}, "'Prompt' is not what a column can be"),
        ({"map": "prompt"}, "'prompt' is not TARGET=COLUMN"),
        ({"form": "nosuch"}, "'nosuch' is no form. There are assize, openai"),
    ],
)
def test_wrong_option_imports_nothing(options, said, tmp_path_factory):
    project = make_project()
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "x.csv").write_text("id,text\na,Hi\n")
    for path in (write_lines(folder, [{"id": "a", "text": "Hi"}]), folder / "x.csv"):
        done = command("import_dialogues", path, project=project.slug, **options)
        assert (done.code, said in done.stderr) == (2, True), done.stderr
    assert not items_of(project)


def test_same_content_is_one_item(tmp_path):
    project = make_project()
    rows = [{"prompt": "Hi"}, {"prompt": "Hi"}, {"prompt": "Hi", "source": "b"}, {"id": "own", "prompt": "Hi"}]
    done = import_dialogues(project, tmp_path, rows, make_ids=True)
    assert (done["created"], done["unchanged"], done["rejected"]) == (3, 1, 0)
    assert "1 rows have the content of an item" in done["warnings"][0]
    assert import_dialogues(project, tmp_path, rows, make_ids=True)["unchanged"] == 4
    assert sorted(map(len, items_of(project))) == [3, 16, 16]
    refusal = {
        "prompt": "Hi", "response": "No.", "prompt_label": "unsafe", "response_label": "safe",
        "prompt_label_source": "human", "response_label_source": "refusal_data_augmentation",
    }  # fmt: skip
    assert import_dialogues(project, tmp_path, [refusal], make_ids=True)["created"] == 1
    item = Item.objects.get(project=project, refusal_of__isnull=False)
    assert item.external_id == f"{item.refusal_of}#refusal"


def test_parquet_of_structs_is_read_as_lines_are(tmp_path):
    """A column of structs has all keys in every turn, most of them null."""
    talk = [{"role": "user", "content": "Hi", "tool_calls": None}, {"role": "assistant", "content": "Yes", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]  # fmt: skip # noqa: E501
    pq.write_table(pa.Table.from_pylist([{"id": "a", "messages": talk}]), tmp_path / "t.parquet")
    project = make_project()
    assert command("import_dialogues", tmp_path / "t.parquet", project=project.slug)["created"] == 1
    assert items_of(project)["a"].turns[0] == {"role": "user", "text": "Hi"}
    assert items_of(project)["a"].turns[1]["text"] == "Yes\n[call f (c): {}]"

"""The dataset card and the Croissant description, part by part, from a manifest alone."""

import json

import pyarrow as pa
import pytest
import yaml
from markdown_it import MarkdownIt

from releases.card_header import Table, card_header, license_id, quoted, size
from releases.croissant import CONTEXT, croissant, file_object, record_set
from releases.dataset_card import COLUMNS, cell, dataset_card, method, table
from releases.row_keys import KEYS
from tests.cases import cases
from tests.releases.made_up_facts import CATEGORIES, facts, labelling, manifest

FILES = {
    "train.json": {"sha256": "a" * 64, "bytes": 12},
    "votes.parquet": {"sha256": "b" * 64, "bytes": 0},
}


def header_of(card):
    """Read the YAML between the first two lines of dashes."""
    opening, head, *_ = card.split("---\n", 2) if card.count("---\n") > 1 else card.split("---")
    assert opening == ""
    return yaml.safe_load(head)


@cases(
    ("rows", "category"),
    [
        (0, "n<1K"),
        (1, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (99_999, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (999_999, "100K<n<1M"),
        (1_000_000, "n>1M"),
        (10**12, "n>1M"),
    ],
)
def test_size_category_at_its_bounds(rows, category):
    assert size(rows) == category
    assert header_of(card_header(manifest(rows=rows), ()))["size_categories"] == [category]


@cases(
    ("licenses", "identifier"),
    [
        ({"MIT": 1}, "mit"),
        ({"mit": 5, "MIT": 1}, "mit"),
        ({"CC-BY-4.0": 3}, "cc-by-4.0"),
        ({"Apache-2.0": 3}, "apache-2.0"),
        ({"CC0-1.0": 3}, "cc0-1.0"),
        ({"ODC-BY": 1}, "odc-by"),
        ({"MIT": 1, "CC0-1.0": 99}, "other"),
        ({"MIT": 1, "": 1}, "other"),
        ({"": 1}, "other"),
        ({}, "other"),
        ({"GPL-3.0": 1}, "other"),
        ({"mit ": 1}, "other"),
        ({"mit\nlicense: apache-2.0": 1}, "other"),
    ],
)
def test_licence_is_the_only_known_one_or_other(licenses, identifier):
    assert license_id(licenses) == identifier
    assert header_of(card_header(manifest(counts={"license": licenses}), ()))["license"] == identifier


HOSTILE = [
    "Mine",
    "two: words",
    "# no heading",
    "- no list",
    'a "quoted" name',
    "it's",
    "back\\slash",
    "line\nbreak",
    "tab\there",
    "---",
    "x\n---\nlicense: mit",
    "null",
    "yes",
    "1.0",
    "{a: b}",
    "[a]",
    "*anchor",
    "!tag",
    "%directive",
    "漢字 é",
    "שלום",
    " spaces ",
    "",
]


@cases("title", HOSTILE)
def test_name_is_the_same_text_in_the_header(title):
    assert yaml.safe_load(quoted(title)) == title
    head = card_header(manifest(title=title), ())
    assert yaml.safe_load(head.removeprefix("---\n").removesuffix("\n---"))["pretty_name"] == title
    assert head.count("\n---") == 1  # no name ends the header early


def test_header_names_task_files_and_types():
    read = header_of(card_header(manifest(), ()))
    assert list(read) == ["pretty_name", "license", "task_categories", "tags", "size_categories"]
    assert read["tags"] == ["safety", "content-moderation", "guard-models"]

    text = pa.string()
    columns = [("id", text), ("count: 1", pa.int64()), ("texts", pa.list_(text))]
    inner = pa.struct([("a", pa.float64()), ("b", pa.struct([("c", pa.int32())]))])
    schema = pa.schema([*columns, ("one", inner), ("many", pa.list_(inner))])
    read = header_of(card_header(manifest(), [Table("default", {"train": "train.parquet"}, schema)]))
    assert read["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "train.parquet"}]}
    ]  # fmt: skip
    members = [
        {"name": "a", "dtype": "float64"}, {"name": "b", "struct": [{"name": "c", "dtype": "int32"}]},
    ]  # fmt: skip
    assert read["dataset_info"] == [{"config_name": "default", "features": [
        {"name": "id", "dtype": "string"}, {"name": "count: 1", "dtype": "int64"}, {"name": "texts", "list": "string"},
        {"name": "one", "struct": members}, {"name": "many", "list": members},
    ]}]  # fmt: skip


@cases(
    ("text", "shown"),
    [
        ("own", "own"),
        ("", "not stated"),
        ("a|b", "a\\|b"),
        ("||", "\\|\\|"),
        ("a\nb", "a b"),
        ("\n", "not stated"),
        ("a\n|b", "a \\|b"),
        ("é 漢", "é 漢"),
    ],
)
def test_cell_stays_one_cell_of_one_line(text, shown):
    assert cell(text) == shown


@cases("name", ["a|b", "a\nb", "| x | 1 |", "a\n| forged | 9 |"])
def test_hostile_source_adds_no_row_to_its_table(name):
    shown = table("source", {name: 3})
    assert len(shown.splitlines()) == 3
    assert shown.endswith("| 3 |")


FORGED = """s"><script>alert(1)</script><img src=x onerror=alert(2)>
---
license: mit
---
# Heading\r\n![t](http://127.0.0.1/t.png) [a](javascript:alert(1))
`code` <!-- & \u2028## Two\x85**b** __c__ ~~d~~ $e$"""


def test_no_text_of_the_data_is_read_as_markdown_html_or_yaml():
    hostile = dict.fromkeys(("title", "version", "taxonomy"), FORGED) | {"guideline": [FORGED]}
    counts = {name: {FORGED: 3} for name in ("source", "license", "category")}
    categories = [{"name": FORGED, "tier": "Core", "definition": FORGED}]
    card = dataset_card(facts(manifest(**hostile, counts=counts), categories))

    plain = dataset_card(facts(manifest(counts={name: {"Violence": 3} for name in counts}), [CATEGORIES[0]]))
    assert len(card.split("\n")) == len(card.splitlines()) + 1 == len(plain.split("\n"))
    assert header_of(card) == header_of(plain) | {"pretty_name": header_of(card)["pretty_name"]}
    body = card.split("\n---\n", 1)[1]
    found = MarkdownIt("gfm-like", {"linkify": False}).parse(body)
    kinds = {token.type for block in found for token in (block, *(block.children or ()))}
    assert not kinds & {"html_block", "html_inline", "image", "s_open", "hr"}, kinds
    links = [token.attrs["href"] for block in found for token in block.children or () if token.type == "link_open"]
    assert links == ["datasheet.md", "article-10.md"]
    assert [block.tag for block in found if block.type == "heading_open"] == ["h1"] + ["h2"] * 9
    texts = [token.content for block in found for token in block.children or () if token.type.startswith("text")]
    assert "alert(1)" in " ".join(texts)


def test_yaml_takes_any_title():
    for title in ('a "b"', "a: b #c", "\x7f\x85\u2028\ufeff\ufffe x", "- x", "\U0001f600", "null", "\u202etxt"):
        assert isinstance(header_of(card_header(manifest(title=title), ()))["pretty_name"], str)


def test_table_is_ordered_by_count_then_name():
    lines = table("split", {"b": 1, "a": 1, "c": 2_000, "d": 0}).splitlines()
    assert lines == ["| split | dialogues |", "|---|---:|", "| c | 2,000 |", "| a | 1 |", "| b | 1 |", "| d | 0 |"]


def test_table_without_counts_is_left_out_with_no_gap():
    assert table("category", {}) == ""
    card = dataset_card(facts(manifest(counts={"category": {}, "response_label": {}})))
    assert "| category |" not in card
    assert "| response_label |" not in card
    assert "\n\n\n" not in card


def test_card_has_every_part_once_in_order():
    card = dataset_card(facts())
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings == [
        "# Mine, version 1.0",
        "## How the labels came about",
        "## Splits",
        "## Columns",
        "## Labels",
        "## Agreement",
        "## Taxonomy: aegis2 v1",
        "## Sources and licences",
        "## Known limits",
        "## More about it",
    ]
    assert card.startswith("---\npretty_name")
    assert card.endswith("say more.\n")
    assert "- **Violence** (core): Harm to people.\n- **Other** (other): What has no name: yet." in card


def test_card_describes_every_column_of_the_export():
    assert tuple(COLUMNS) == KEYS
    card = dataset_card(facts(categories=[]))
    assert all(f"| `{name}` | " in card for name in KEYS)


@cases(("rows", "shown"), [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")])
def test_rows_are_written_with_separators(rows, shown):
    assert f"It holds {shown} dialogues" in dataset_card(facts(manifest(rows=rows)))
    assert f"It holds {shown} dialogues" in croissant(facts(manifest(rows=rows)), {})["description"]


@cases(("name", "fewer"), [("majority", False), ("human", False), ("aegis2", True), ("jury", True)])
def test_method_says_where_a_smaller_quorum_decides(name, fewer):
    said = method(facts(manifest(policy={"name": name, "quorum": 5, "caution": "unsafe"})))
    assert f"Policy {name} merged them: a label needs 5 opinions" in said
    assert ("one fewer if they agree" in said) is fewer
    assert "needs caution counts as unsafe." in said


@cases(("settled", "shown"), [(0, None), (1, "settled 1 disputed"), (1_200, "settled 1,200 disputed")])
def test_method_counts_what_an_adjudicator_settled(settled, shown):
    said = method(facts(labelling=labelling(settled=settled)))
    assert ("An adjudicator" in said) is bool(shown)
    assert (shown or "") in said


@cases(
    ("guidelines", "shown"),
    [([], "guideline none"), (["1.0"], "guideline 1.0,"), (["1.0", "2"], "guideline 1.0 and 2,")],
)
def test_method_names_the_guidelines(guidelines, shown):
    assert shown in method(facts(manifest(guideline=guidelines)))


def test_method_counts_people_and_models():
    assert method(facts(manifest(raters={"human": 0, "llm": 7}))).startswith(
        "0 people and 7 models gave their opinions"
    )


@cases(
    ("key", "value"),
    [
        ("@type", "sc:Dataset"),
        ("conformsTo", ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]),
        ("name", "mine"),
        ("version", "1.0"),
        ("license", ["MIT"]),
        ("rai:annotationsPerItem", "Each dialogue is meant to have 3 votes by people; on average it has 1.0."),
        ("@context", CONTEXT),
    ],
)
def test_croissant_field_by_field(key, value):
    assert croissant(facts(), FILES)[key] == value


@cases(("date", "published"), [(None, "2026-02-05"), ("", "2026-02-05"), ("2026-03-04", "2026-03-04")])
def test_release_without_a_date_is_dated_by_its_newest_data(date, published):
    described = croissant(facts(manifest(date=date)), FILES)
    assert described["datePublished"] == published
    assert (described["dateCreated"], described["dateModified"]) == ("2026-01-02", "2026-02-05")


def test_croissant_lists_licences_sorted():
    licenses = {"b": 1, "a": 9, "": 2}
    assert croissant(facts(manifest(counts={"license": licenses})), {})["license"] == ["not stated", "a", "b"]


def test_croissant_lists_each_file_with_size_and_hash():
    listed = croissant(facts(), FILES)["distribution"]
    assert [each["@id"] for each in listed] == list(FILES)
    assert [each["contentSize"] for each in listed] == ["12 B", "0 B"]
    assert [each["sha256"] for each in listed] == ["a" * 64, "b" * 64]
    assert [each["encodingFormat"] for each in listed] == ["application/json", "application/x-parquet"]
    assert all(each["contentUrl"] == each["name"] == each["@id"] for each in listed)


@cases("name", ["data.csv", "README.md"])
def test_croissant_describes_no_file_of_unknown_type(name):
    with pytest.raises(KeyError):
        file_object(name, FILES["train.json"])


@cases("split", ["train", "validation", "test"])
def test_record_set_has_a_field_for_each_column(split):
    described = record_set(split)
    assert (described["@id"], described["name"]) == (split, split)
    assert [field["name"] for field in described["field"]] == list(KEYS)
    for field in described["field"]:
        assert field["@id"] == f"{split}/{field['name']}"
        assert field["source"] == {
            "fileObject": {"@id": f"{split}.json"},
            "extract": {"jsonPath": f"$[*].{field['name']}"},
        }
    kinds = {field["name"]: field["dataType"] for field in described["field"]}
    assert {name for name, kind in kinds.items() if kind == "sc:Float"} == {"reconstruction_id_if_redacted"}
    labels = {name for name, kind in kinds.items() if kind == ["sc:Text", "cr:Label"]}
    assert labels == {"prompt_label", "response_label", "violated_categories"}


def test_croissant_has_a_record_set_a_split_in_order():
    described = croissant(facts(), FILES)
    assert [each["name"] for each in described["recordSet"]] == ["train", "validation", "test"]


@cases("title", HOSTILE)
def test_croissant_is_json_whatever_the_name(title):
    described = croissant(facts(manifest(title=title)), FILES)
    assert json.loads(json.dumps(described)) == described
    assert described["description"].startswith(f"{title}: ")


def test_croissant_leaves_the_manifest_alone():
    given = manifest()
    before = json.dumps(given)
    croissant(facts(given), FILES)
    dataset_card(facts(given))
    assert json.dumps(given) == before

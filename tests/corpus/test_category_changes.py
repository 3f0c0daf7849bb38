"""Changes of a taxonomy as plain values: nothing is lost, and what cannot be is refused by name."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.actions.taxonomies import FOLDER
from corpus.categories.changes import CHANGES, apply, apply_all
from corpus.categories.content import Content, check_content, read_category
from corpus.categories.diff import differences
from corpus.categories.files import read_file, write_csv, write_json
from corpus.categories.translation import counting_as, overlapping, translate
from corpus.errors import Invalid


def row(slug, **more):
    return {"slug": slug, "name": slug.replace("_", " ").title(), "code": "C", "definition": f"About {slug}.", **more}


def content(*slugs):
    rows = [row(slug) for slug in slugs] + [row("needs_caution", tier="caution")]
    categories = tuple(read_category(each, "category") for each in rows)
    return Content("A title", "", categories, before=frozenset(each.slug for each in categories))


def next_version(version):
    """Return a version as the one that the next draft begins with."""
    return replace(version, earlier=version.counts_as, chosen={}, before=frozenset(version.slugs))


def publish(version, *changes):
    return next_version(apply_all(version, changes))


def counted(version, *slugs):
    return list(translate(slugs, version.earlier))


def test_merge_and_split_gives_each_opinion_back():
    merged = publish(content("a", "b", "d"), {"change": "merge", "slugs": ["a", "b"], "category": row("c")})
    assert merged.slugs == ("c", "d", "needs_caution")
    assert counted(merged, "a", "d", "b") == ["c", "d"]
    back = [row("a"), row("b")]
    again = publish(merged, {"change": "split", "slug": "c", "categories": back, "counts_as": ["b"]})
    assert (counted(again, "a"), counted(again, "b"), counted(again, "c")) == (["a"], ["b"], ["b"])
    assert counted(publish(merged, {"change": "split", "slug": "c", "categories": back}), "c") == ["a", "b"]
    assert counting_as("b", again.earlier) == ["b", "c"]
    assert set(overlapping(["c"], again.earlier)) == {"b", "c"}


def test_heirs_follow_what_becomes_of_them_in_one_draft_and_over_versions():
    steps = [
        {"change": "retire", "slug": "a", "counts_as": ["b"]},
        {"change": "split", "slug": "b", "categories": [row("e"), row("f")], "counts_as": ["f"]},
        {"change": "merge", "slugs": ["f"], "into": "d"},
    ]
    at_once = publish(content("a", "b", "d"), *steps)
    one_by_one = content("a", "b", "d")
    for step in steps:
        one_by_one = publish(one_by_one, step)
    assert counted(at_once, "a") == counted(one_by_one, "a") == ["d"]
    assert counted(at_once, "b", "a") == ["d"]
    # What only the draft knew may stand in no opinion, so it has no row.
    assert (set(at_once.earlier), set(one_by_one.earlier)) == ({"a", "b"}, {"a", "b", "f"})
    none = publish(at_once, {"change": "retire", "slug": "d", "counts_as": []})
    assert counted(none, "a", "d", "e") == ["e"]
    later = publish(none, {"change": "count", "slug": "a", "counts_as": ["e"]})
    assert (counted(later, "a"), counted(later, "d")) == (["e"], [])
    back = publish(later, {"change": "add", "category": row("a")})
    assert counted(back, "a") == ["a"]


SLUGS = "abcdefgh"


@st.composite
def a_change(draw, version):
    """Draw a change that loses nothing: a merge, a split, a retirement with an heir, or one that is back."""
    live = [slug for slug in version.slugs if slug != "needs_caution"]
    free = [slug for slug in SLUGS if slug not in version.slugs]
    kind = draw(st.sampled_from(["merge", "into", "split", "retire", "add", "move"]))
    if kind == "merge" and len(live) > 1 and free:
        slugs = draw(st.lists(st.sampled_from(live), min_size=2, max_size=3, unique=True))
        return {"change": "merge", "slugs": slugs, "category": row(draw(st.sampled_from(free)))}
    if kind in ("into", "retire") and len(live) > 1:
        gone, heir = draw(st.lists(st.sampled_from(live), min_size=2, max_size=2, unique=True))
        if kind == "retire":
            return {"change": "retire", "slug": gone, "counts_as": [heir]}
        return {"change": "merge", "slugs": [gone], "into": heir}
    if kind == "split" and live and len(free) > 1:
        parts = draw(st.lists(st.sampled_from(free), min_size=2, max_size=3, unique=True))
        heirs = draw(st.lists(st.sampled_from(parts), unique=True))
        slug = draw(st.sampled_from(live))
        return {"change": "split", "slug": slug, "categories": [row(part) for part in parts], "counts_as": heirs}
    if kind == "add" and free:
        return {"change": "add", "category": row(draw(st.sampled_from(free)))}
    return {"change": "move", "slug": "needs_caution", "position": 1}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_opinion_is_lost_whatever_is_merged_and_split(data):
    first = version = content("a", "b", "c")
    used = set(first.slugs)
    for _ in range(data.draw(st.integers(1, 6))):
        version = publish(version, *data.draw(st.lists(a_change(version), min_size=1, max_size=1)))
        used |= set(version.slugs)
        for slug in used:
            now = counted(version, slug)
            assert now, (slug, version.earlier)
            assert set(now) <= set(version.slugs)
            assert slug not in version.slugs or now == [slug]
    # Whatever happened: a category that is back is itself again.
    for slug in sorted(used - set(version.slugs)):
        assert counted(publish(version, {"change": "add", "category": row(slug)}), slug) == [slug]


REFUSED = [
    ("x", "change", "not an object"),
    ({"change": "drop"}, "change", "is not one of add"),
    ({"change": "add", "category": row("z"), "at": 1}, "change", "no key 'at'"),
    ({"change": "add", "category": []}, "category", "not an object"),
    ({"change": "add", "category": row("a")}, "category.slug", "is a category already"),
    ({"change": "add", "category": row("z", name="A")}, "categories", "is how the category 'a' is written already"),
    ({"change": "add", "category": row("z", name="x;y")}, "category.name", "cannot have ';'"),
    ({"change": "add", "category": row("z", name="x\0y")}, "category.name", "NUL"),
    ({"change": "add", "category": row("z z")}, "category.slug", "Latin letters"),
    ({"change": "add", "category": row("---")}, "category.slug", "Latin letters"),
    ({"change": "add", "category": row("z", definition=" ")}, "category.definition", "missing"),
    ({"change": "add", "category": row("z", definition="x" * 10_001)}, "category.definition", "10,000 are allowed"),
    ({"change": "add", "category": row("z", tier="top")}, "category.tier", "not one of core"),
    ({"change": "add", "category": row("z", colour="red")}, "category", "'colour'"),
    ({"change": "add", "category": row("z", examples=["x"])}, "category.examples", "text and counts"),
    ({"change": "add", "category": row("z", included=[1])}, "category.included", "not text"),
    ({"change": "add", "category": row("z", included="x")}, "category.included", "not a list"),
    ({"change": "add", "category": row("z", crosswalk={"prompt": "S1"})}, "category.crosswalk", "'prompt'"),
    ({"change": "add", "category": row("z", crosswalk={"a b": "S1"})}, "category.crosswalk", "'a b'"),
    ({"change": "add", "category": row("z", crosswalk={"ours": 1.5})}, "category.crosswalk.ours", "not text"),
    ({"change": "add", "category": row("z"), "position": 9}, "position", "from 1 to 4"),
    ({"change": "edit", "slug": "z", "category": {}}, "slug", "is not a category"),
    ({"change": "edit", "slug": "a", "category": {"slug": "z"}}, "category.slug", "it stays"),
    ({"change": "edit", "slug": "needs_caution", "category": {"tier": "core"}}, "category.tier", "stays"),
    ({"change": "move", "slug": "a", "position": True}, "position", "from 1 to 3"),
    ({"change": "retire", "slug": "needs_caution"}, "slug", "must stay"),
    ({"change": "retire", "slug": "a", "counts_as": ["a"]}, "counts_as", "cannot count as itself"),
    ({"change": "retire", "slug": "a", "counts_as": [["b"]]}, "counts_as", "not text"),
    ({"change": "merge", "slugs": ["a"], "into": "a"}, "slugs", "at least two"),
    ({"change": "merge", "slugs": [], "into": "a"}, "slugs", "at least two"),
    ({"change": "merge", "slugs": ["a", "b"], "into": "b", "category": row("z")}, "into", "not both"),
    ({"change": "split", "slug": "a", "categories": [row("z")]}, "categories", "at least two"),
    ({"change": "split", "slug": "a", "categories": [row("a"), row("z")]}, "categories[0].slug", "is what is split"),
    ({"change": "split", "slug": "a", "categories": [row("y"), row("z")], "counts_as": ["b"]}, "counts_as", "new"),
    ({"change": "count", "slug": "a", "counts_as": []}, "slug", "not a retired"),
    ({"change": "name", "title": ""}, "title", "missing"),
    ({"change": "import", "categories": []}, "categories", "1 to 200"),
    ({"change": "import", "categories": [row("z")] * 2}, "categories", "twice"),
    ({"change": "import", "categories": [row("z")], "counts_as": {"q": []}}, "counts_as", "'q'"),
]  # fmt: skip


def test_what_cannot_be_is_refused_by_its_place():
    for change, field, reason in REFUSED:
        with pytest.raises(Invalid) as refused:
            apply(content("a", "b"), change)
        assert refused.value.field == field, (change, refused.value)
        assert reason in refused.value.reason, (change, refused.value)
    assert {change["change"] for change, *_ in REFUSED[2:]} == set(CHANGES)
    with pytest.raises(Invalid) as refused:
        apply_all(content("a", "b"), [{"change": "name", "title": "B"}, {"change": "retire", "slug": "q"}])
    assert refused.value.field == "changes[1].slug"


def test_import_keeps_the_category_that_is_a_label_and_says_what_counts_as_what():
    change = {"change": "import", "title": "Ours", "categories": [row("b"), row("z", tier=None, code=None)]}
    new = apply(content("a", "b"), change | {"counts_as": {"a": ["z"]}})
    assert (new.title, new.slugs, new.counts_as) == ("Ours", ("b", "z", "needs_caution"), {"a": ("z",)})
    assert (new.find("z", "").tier, new.find("z", "").code) == ("fine", "S2")
    assert apply(content("a", "b"), change).counts_as == {"a": ()}


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0;,", exclude_categories=("Cs", "Cc", "Zl", "Zp")))


def words(text):
    return " ".join(text.split())


@st.composite
def a_category(draw, slug):
    text = TEXTS.map(words).filter(bool)
    lines = st.lists(text, max_size=3)
    examples = [
        {"text": each, "counts": counts} for counts in (True, False) for each in draw(st.lists(text, max_size=2))
    ]
    codes = st.dictionaries(st.sampled_from(["mlcommons", "ours"]), st.sampled_from(["S1", "S2, S3", None]))
    return read_category(
        row(
            slug,
            definition=draw(text),
            name=slug + words(draw(TEXTS))[:50],
            included=draw(lines),
            excluded=draw(lines),
            examples=examples,
            crosswalk=draw(codes),
            tier=draw(st.sampled_from(["core", "fine"])),
        ),
        "category",
    )


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_file_that_is_written_reads_back_equal(data):
    caution = read_category(row("needs_caution", tier="caution"), "category")
    written = Content("A title", "", (*(data.draw(a_category(slug)) for slug in ("one", "two")), caution))
    check_content(written)
    for name, write in (("t.json", write_json), ("t.CSV", write_csv)):
        change = read_file(name, write(written))
        assert apply(content("a"), change).categories == written.categories


def test_delivered_file_is_one_that_can_be_imported():
    for path in sorted(FOLDER.glob("*.json")):
        change = read_file(path.name, path.read_bytes())
        assert len(apply(content("a"), change).categories) == len(json.loads(path.read_text())["categories"])


def test_broken_file_is_refused_with_its_row():
    head = b"slug,name,definition\n"
    for name, broken, reason in [
        ("t.json", b"{", "not JSON"),
        ("t.json", b"\xff", "not UTF-8: byte 0"),
        ("t.json", b"1", "neither an object"),
        ("t.json", b'{"rows": []}', "the key 'rows'"),
        ("t.json", b"[" * 5_000, "not JSON"),
        ("t.csv", b"", "empty"),
        ("t.csv", b"slug,name\n", "lacks the column definition"),
        ("t.csv", b"slug,name,definition,colour\n", "the column 'colour'"),
        ("t.csv", b"slug,slug,name,definition\n", "twice"),
        ("t.csv", head + b"a,A\n", "row 2 has 2 cells, the header has 3"),
        ("t.csv", head + b'a,"A,x\n', "not CSV"),
        ("t.csv", head + b"x" * 2**21, "bytes"),
    ]:
        with pytest.raises(Invalid, match=reason):
            read_file(name, broken)
    with pytest.raises(Invalid, match=r"categories\[1\]\.definition"):
        apply(content("a"), read_file("t.csv", head + b"a,A,x\nb,B,\n"))


def test_differences_say_what_became_of_each_category():
    before = publish(content("a", "b", "c"), {"change": "retire", "slug": "c", "counts_as": ["a"]})
    after = apply_all(
        before,
        [
            {"change": "add", "category": row("c")},
            {"change": "add", "category": row("d"), "position": 1},
            {"change": "edit", "slug": "a", "category": {"included": ["this", "that"], "crosswalk": {"ours": None}}},
            {"change": "retire", "slug": "b", "counts_as": ["a", "d"]},
        ],
    )
    found = {each.slug: each for each in differences(before, after, before.earlier)}
    assert {slug: each.kind for slug, each in found.items()} == {
        "c": "back", "d": "added", "a": "changed", "b": "retired",
    }  # fmt: skip
    assert found["a"].fields == (("Included", "", "this\nthat"), ("In other taxonomies", "", "ours: no equal"))
    assert found["b"].heirs == ("D", "A")
    moved = apply(before, {"change": "move", "slug": "b", "position": 1})
    assert {each.kind for each in differences(before, moved, before.earlier)} == {"moved"}


def test_kept_category_gets_a_code_that_no_imported_one_has():
    rows = [{name: value for name, value in row(f"c{at}").items() if name != "code"} for at in range(13)]
    before = content("a")
    caution = replace(before.categories[-1], code="S13")
    before = replace(before, categories=(*before.categories[:-1], caution))
    after = apply(before, {"change": "import", "categories": rows})
    codes = {each.slug: each.code for each in after.categories}
    assert (codes["c12"], codes["needs_caution"]) == ("S13", "S14")

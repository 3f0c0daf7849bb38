"""Grouping of texts for `other` at the limits of similarity, and the category suggested from a text."""

from adjudication.forms.other_category import CategoryForm, slug_of, suggest_category
from adjudication.other_category import LENGTH_COMPARED, OtherText, group_texts, ignore_case_and_spacing
from adjudication.views.other_category import matching_category
from corpus.labels import normalize
from tests.cases import cases


def group(*texts, **options):
    """Group texts that one person wrote each; return the groups as lists of texts."""
    grouping = group_texts([OtherText(text, 1, 0) for text in texts], **options)
    return [[each.text for each in found.texts] for found in grouping.groups]


@cases(
    ("text", "folded"),
    [
        ("", ""),
        ("  ", ""),
        ("Spying", "spying"),
        (" spying\ton\n people ", "spying on people"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ÉTÉ", "été"),
        ("漢 字", "漢 字"),
        ("a\u00a0b", "a b"),
    ],
)
def test_case_and_spacing_do_not_count(text, folded):
    assert ignore_case_and_spacing(text) == folded


@cases(
    ("one", "other"),
    [
        ("abcdefg", "abcdefx"),  # 85.7 of 100
        ("ticket scalping", "scalping ticket"),
        ("ticket scalping", "TICKET   SCALPING"),
        ("gambling", "gambling."),
        ("x" * LENGTH_COMPARED + " one", "x" * LENGTH_COMPARED + " another thing altogether"),
    ],
)
def test_similar_texts_are_one_group(one, other):
    assert len(group(one, other)) == 1


@cases(
    ("one", "other"),
    [
        ("abcdef", "abcdex"),  # 83.3 of 100
        ("spying", "gambling"),
        ("a", "b"),
        ("ab", "abc"),
        ("été", "hiver"),
        ("諜報", "賭博"),
    ],
)
def test_other_texts_are_two_groups(one, other):
    assert len(group(one, other)) == 2


def test_texts_between_are_a_chain():
    far_apart = ("ticket scalping at fairs", "tickets scalpings at a fair")
    assert len(group(*far_apart, "ticket scalpings at fair")) == 1


@cases(
    ("texts", "groups"),
    [
        ([], []),
        (["spying"], [["spying"]]),
        (["spying", "Spying", "SPYING"], [["SPYING", "Spying", "spying"]]),
        (["gambling", "spying"], [["gambling"], ["spying"]]),
        (["spying", "gambling"], [["gambling"], ["spying"]]),
    ],
)
def test_equal_counts_are_in_alphabetical_order(texts, groups):
    assert group(*texts) == groups


def test_largest_group_is_first_and_its_commonest_text_names_it():
    texts = [
        OtherText("gambling", 3, 0, ("d2", "d1")),
        OtherText("spying", 0, 2, ("d1",)),
        OtherText("Spying.", 1, 1, ("d3", "d1")),
    ]
    first, second = group_texts(texts).groups
    assert (first.commonest, first.people, first.models, first.count) == ("Spying.", 1, 3, 4)
    assert first.dialogues == ["d1", "d3"]
    assert (second.commonest, second.count, second.dialogues) == ("gambling", 3, ["d1", "d2"])


@cases(("most", "not_compared", "groups"), [(0, 3, 3), (1, 2, 3), (2, 1, 2), (3, 0, 1), (9, 0, 1)])
def test_only_so_many_texts_are_compared(most, not_compared, groups):
    texts = [OtherText(text, count, 0) for text, count in (("spying", 3), ("spying.", 2), ("spying!", 1))]
    grouping = group_texts(texts, most=most)
    assert (grouping.not_compared, len(grouping.groups)) == (not_compared, groups)


def test_limit_counts_spellings_of_one_text_once():
    texts = [OtherText(text, 1, 0) for text in ("spying", "Spying", "SPYING")]
    grouping = group_texts(texts, most=1)
    assert (grouping.not_compared, len(grouping.groups)) == (0, 1)


@cases(
    ("name", "slug"),
    [
        ("Ticket scalping", "ticket_scalping"),
        ("  Ticket -- scalping!  ", "ticket_scalping"),
        ("Fraud/Deception", "frauddeception"),
        ("Été", "ete"),
        ("漢字", ""),
        ("‽", ""),
        ("", ""),
        ("___", ""),
        ("3D printing", "3d_printing"),
        ("x" * 70, "x" * 60),
        ("x" * 59 + " y", "x" * 59),
        ("<script>", "script"),
    ],
)
def test_slug_has_latin_letters_digits_and_underscores(name, slug):
    assert slug_of(name) == slug


@cases(
    ("text", "name"),
    [
        ("ticket scalping", "Ticket scalping"),
        ("  ticket\n\nscalping ", "Ticket scalping"),
        ("iPhone theft", "IPhone theft"),
        ("漢字", "漢字"),
        ("x" * 200, "X" + "x" * 119),
        ("", ""),
    ],
)
def test_suggested_name_fits_the_form(text, name):
    suggested = suggest_category(text)
    assert suggested == {"name": name, "slug": slug_of(name)}


@cases(
    ("field", "value", "is_valid"),
    [
        ("name", "x" * 120, True),
        ("name", "x" * 121, False),
        ("name", " ", False),
        ("slug", "x" * 60, True),
        ("slug", "x" * 61, False),
        ("slug", "two words", False),
        ("slug", "été", False),
        ("slug", "a-b_C9", True),
        ("definition", "x" * 2_000, True),
        ("definition", "x" * 2_001, False),
        ("definition", "", False),
    ],
)
def test_category_form_at_its_limits(field, value, is_valid):
    form = CategoryForm({"name": "Spying", "slug": "spying", "definition": "Watching people."} | {field: value})
    assert form.is_valid() is is_valid
    assert set(form.errors) == (set() if is_valid else {field})


@cases(
    ("text", "slug"),
    [("Spying!", "spying"), ("S-P-Y ing", "spying"), ("spying on", ""), ("", ""), ("Betting", "betting")],
)
def test_group_that_spells_a_category_is_matched(text, slug):
    spellings = {normalize(name): name.lower() for name in ("Spying", "Betting")}
    found = group_texts([OtherText(text, 1, 0)]).groups[0]
    assert matching_category(found, spellings) == slug

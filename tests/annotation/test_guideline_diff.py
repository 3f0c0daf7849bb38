"""What differs between two versions of a guideline, as a table."""

from annotation.guideline_diff import compare, diff, sections_of
from tests.cases import cases

NAMES = {"violence": "Violence", "threat": "Threat"}


def version(body="", entries=None, faq=()):
    return {"body": body, "entries": entries or {}, "faq": list(faq)}


def entry(included=(), excluded=()):
    return {"included": list(included), "excluded": list(excluded)}


def pair(question, answer):
    return {"question": question, "answer": answer}


def marks(lines):
    return [(line.change, line.text) for line in lines]


@cases(
    ("before", "after", "lines"),
    [
        ([], [], []),
        (["a"], ["a"], [("same", "a")]),
        ([], ["a"], [("added", "a")]),
        (["a"], [], [("removed", "a")]),
        (["a"], ["b"], [("removed", "a"), ("added", "b")]),
        (["a", "b"], ["b"], [("removed", "a"), ("same", "b")]),
        (["a"], ["a", "a"], [("same", "a"), ("added", "a")]),
        ([""], ["", ""], [("same", ""), ("added", "")]),
        (["é"], ["e\u0301"], [("removed", "é"), ("added", "e\u0301")]),
        (["a "], ["a"], [("removed", "a "), ("added", "a")]),
        (["A"], ["a"], [("removed", "A"), ("added", "a")]),
        (["+ a"], ["- a"], [("removed", "+ a"), ("added", "- a")]),
        (["? a"], ["? a"], [("same", "? a")]),
        (["  a"], ["\ta"], [("removed", "  a"), ("added", "\ta")]),
        (["<b>"], ["<i>"], [("removed", "<b>"), ("added", "<i>")]),
        (["👩‍👩‍👧"], ["👩‍👩‍👧", "שלום"], [("same", "👩‍👩‍👧"), ("added", "שלום")]),
    ],
)
def test_lines_are_same_added_or_removed(before, after, lines):
    assert marks(diff(before, after)) == lines


@cases("count", [1, 2, 50])
def test_hints_of_the_comparison_are_no_lines(count):
    before = [f"the long line with number {at} in it" for at in range(count)]
    after = [line.replace("long", "lung") for line in before]
    lines = diff(before, after)
    assert {line.change for line in lines} == {"added", "removed"}
    assert len(lines) == 2 * count


@cases(
    ("before", "after", "titles"),
    [
        (version(), version(), []),
        (version("a"), version("a"), []),
        (version("a"), version("b"), ["In general"]),
        (version("a\n"), version("a"), []),
        (version("a\r\nb"), version("a\nb"), []),
        (version(), version(entries={"threat": entry(["x"])}), ["Threat"]),
        (version(entries={"threat": entry(["x"])}), version(), ["Threat"]),
        (version(entries={"threat": entry(["x"])}), version(entries={"threat": entry([], ["x"])}), ["Threat"]),
        (version(entries={"threat": entry()}), version(), []),
        (version(entries={"threat": {}}), version(entries={"threat": entry()}), []),
        (version(entries={"threat": {"included": ["x"]}}), version(entries={"threat": entry(["x"])}), []),
        (version(), version(faq=[pair("q", "a")]), ["Questions"]),
        (version(faq=[pair("q", "a")]), version(faq=[pair("q", "b")]), ["Questions"]),
        (version(faq=[pair("q", "a")]), version(faq=[pair("q", "a")]), []),
        (version(), version(entries={"gone": entry(["x"])}), ["gone"]),
        (version(), version(entries={"zeta": entry(["x"]), "alpha": entry(["y"])}), ["alpha", "zeta"]),
        (
            version(),
            version("a", {"old": entry(["x"]), "threat": entry(["x"]), "violence": entry(["x"])}, [pair("q", "a")]),
            ["In general", "Violence", "Threat", "Questions", "old"],
        ),
    ],
)
def test_only_sections_that_differ_are_shown_in_order(before, after, titles):
    assert [section.title for section in compare(before, after, NAMES)] == titles


def test_section_has_its_unchanged_lines_too():
    (section,) = compare(version("a\nb\nc"), version("a\nc\nd"), NAMES)
    assert marks(section.lines) == [("same", "a"), ("removed", "b"), ("same", "c"), ("added", "d")]


def test_sections_hold_what_is_in_and_out_and_each_answer_line_by_line():
    whole = version(
        "one\n\ntwo", {"threat": entry(["in"], ["out", "too"])}, [pair("why?", "so\nand so"), pair("?", "")]
    )
    assert sections_of(whole) == {
        "": ["one", "", "two"],
        "threat": ["In: in", "Out: out", "Out: too"],
        "?": ["why?", "so", "and so", "?"],
    }


def test_line_that_moves_from_in_to_out_is_removed_and_added():
    before, after = (version(entries={"threat": each}) for each in (entry(["a joke"]), entry([], ["a joke"])))
    (section,) = compare(before, after, NAMES)
    assert sorted(marks(section.lines)) == [("added", "Out: a joke"), ("removed", "In: a joke")]


def test_comparing_backwards_swaps_added_and_removed():
    one, two = version("a\nb"), version("b\nc")
    (there,), (back,) = compare(one, two, NAMES), compare(two, one, NAMES)
    swap = {"added": "removed", "removed": "added", "same": "same"}
    assert sorted((swap[change], text) for change, text in marks(there.lines)) == sorted(marks(back.lines))


def test_removed_lines_come_before_the_added_ones_between_lines_that_stay():
    before, after = ["a", "x", "y", "b", "z"], ["a", "p", "q", "b", "r", "s"]
    signs = {"removed": "-", "added": "+", "same": " "}
    assert "".join(signs[change] + text for change, text in marks(diff(before, after))) == " a-x-y+p+q b-z+r+s"


@cases(
    ("before", "after", "changed"),
    [
        ([f"the old sentence {at}" for at in range(5_000)], [f"the new sentence {at}" for at in range(5_000)], 10_000),
        (["same"] * 10_000, ["same"] * 9_999, 1),
        (["a"] * 10_000, ["a", "b"] * 5_000, 10_000),
        (list(map(str, range(10_000))), list(map(str, range(10_000)))[::-1], 19_998),
    ],
)
def test_rewritten_repeated_and_reversed_pages_are_compared(before, after, changed):
    """A comparison that looks for similar lines, or tries every pair of equal ones, takes minutes to hours here."""
    assert sum(line.change != "same" for line in diff(before, after)) == changed

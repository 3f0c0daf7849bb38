"""Long tables: sorted by the links in their heads, and shown in pages."""

from quality.views.listing import PAGE_SIZE, Column, list_rows, sort_rows
from tests.cases import cases

COLUMNS = (Column("rater", "Rater", is_number=False), Column("gold.share", "Gold"))
ROWS = [
    {"rater": "bea", "gold": {"share": 0.5}},
    {"rater": "Ada", "gold": {"share": None}},
    {"rater": "cleo", "gold": {"share": 0.25}},
]


def listing(**query):
    return list_rows(ROWS, COLUMNS, query, repeated={"tab": "checks"})


@cases(
    ("sort", "names"),
    [
        ("", ["bea", "Ada", "cleo"]),
        ("rater", ["Ada", "bea", "cleo"]),
        ("-rater", ["cleo", "bea", "Ada"]),
        ("gold.share", ["cleo", "bea", "Ada"]),  # without a figure last, in either direction
        ("-gold.share", ["bea", "cleo", "Ada"]),
        ("gold", ["bea", "Ada", "cleo"]),
        ("gold.other", ["bea", "Ada", "cleo"]),
        ("--rater", ["bea", "Ada", "cleo"]),
    ],
)
def test_rows_are_sorted_by_a_known_column_only(sort, names) -> None:
    assert [row["rater"] for row in listing(sort=sort).shown] == names


def test_second_click_turns_the_order_round() -> None:
    heads = {sort: listing(sort=sort).heads for sort in ("", "rater", "-rater")}
    assert [(head.direction, head.query) for head in heads[""]] == [
        ("", "tab=checks&sort=rater"),
        ("", "tab=checks&sort=gold.share"),
    ]
    assert (heads["rater"][0].direction, heads["rater"][0].query) == ("ascending", "tab=checks&sort=-rater")
    assert (heads["-rater"][0].direction, heads["-rater"][0].query) == ("descending", "tab=checks&sort=rater")
    assert heads["-rater"][1].direction == ""


def test_pages_keep_the_order() -> None:
    rows = [{"rater": f"r{at:03}", "gold": {"share": at}} for at in range(PAGE_SIZE + 1)]
    found = list_rows(rows, COLUMNS, {"sort": "-rater", "at": "2"}, repeated={"tab": "checks", "field": "f"})
    assert [row["rater"] for row in found.shown] == ["r000"]
    assert found.query == "tab=checks&field=f&sort=-rater"
    assert list_rows(rows, COLUMNS, {"at": "nonsense"}, repeated={}).shown.number == 1


def test_equal_rows_keep_their_order() -> None:
    rows = [{"rater": name, "n": 1} for name in ("b", "a", "c")]
    assert [row["rater"] for row in sort_rows(rows, "n", is_descending=True)] == ["b", "a", "c"]

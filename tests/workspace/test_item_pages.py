"""The list of items in pages, in every order; and what stops a search."""

import itertools
import re
from html import unescape

import pytest

from corpus.models import Item
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from workspace.queries.items import ITEMS_A_PAGE, SORTS, TooSlow, item_page, items_matching, time_limit

COUNT = 2 * ITEMS_A_PAGE + 7


@pytest.fixture(scope="module")
def many(database, tmp_path_factory):
    """More than two pages of items, whose sources and licences repeat."""
    project = make_project()
    rows = [
        dialogue(f"i{n * 37 % COUNT:03}", source=f"s{n % 3}", license=f"l{n % 2}" if n % 5 else "")
        for n in range(COUNT)
    ]
    import_dialogues(project, tmp_path_factory.mktemp("many"), rows)
    return project


def ids(page):
    return [row["external_id"] for row in page.rows]


def walk(project, sort, filters):
    """Return the ids of all pages on the way to the end, and of all pages on the way back."""
    there, back, page = [], [], item_page(project, filters, sort=sort)
    assert not page.has_previous
    while True:
        there.append(ids(page))
        if not page.has_next:
            break
        page = item_page(project, filters, sort=sort, after=there[-1][-1])
        assert page.has_previous
    page = item_page(project, filters, sort=sort, at="last")
    while True:
        back.append(ids(page))
        if not page.has_previous:
            break
        page = item_page(project, filters, sort=sort, before=back[-1][0])
        assert page.has_next
    return [*itertools.chain(*there)], [*itertools.chain(*back[::-1])]


def test_pages_hold_every_item_once_in_every_order_and_both_ways(many):
    items = list(Item.objects.filter(project=many))
    for column, sign, filters in itertools.product(SORTS, ("", "-"), ({}, {"source": "s1"})):
        matching = [item for item in items if not filters or item.source == "s1"]
        matching.sort(key=lambda item, column=SORTS[column]: (getattr(item, column), item.pk), reverse=bool(sign))
        expected = [item.external_id for item in matching]
        assert walk(many, sign + column, filters) == (expected, expected), (sign, column, filters)


def test_links_of_the_page_lead_on_and_back(many):
    lead = Visitor(many, "lead")

    def links(query):
        page = lead.client.get(f"/projects/{many.slug}/items/{query}").content.decode()
        return {name: unescape(href) for href, name in re.findall(r'href="(\?[^"]*)" rel="(\w+)"', page)}

    first = links("?sort=-id&id=i")
    assert list(first) == ["next"]
    second = links(first["next"])
    assert list(second) == ["prev", "next"]
    assert list(links(second["prev"])) == ["next"]


def test_odd_places_show_the_first_page_in_the_order_of_import(many):
    lead, first = Visitor(many, "lead"), ids(item_page(many, {}))
    for name, value in (
        ("after", "none"),
        ("after", "a\0b"),
        ("before", ""),
        ("sort", "pk"),
        ("at", "9"),
        ("at", "-1"),
    ):
        assert ids(lead.get("items/", **{name: value}).context["shown"]) == first, (name, value)


def test_id_of_another_project_is_no_place(many, tmp_path):
    other = make_project()
    import_dialogues(other, tmp_path, [dialogue("elsewhere")])
    assert ids(item_page(many, {}, after="elsewhere")) == ids(item_page(many, {}))


def test_counts_are_exact_up_to_a_bound(many):
    page = item_page(many, {"source": "s0"})
    assert (page.count, page.is_more) == (36, False)
    assert (item_page(many, {}).count, item_page(many, {}).is_more) == (COUNT, False)


def test_search_that_takes_too_long_ends_with_a_reason(many):
    with pytest.raises(TooSlow, match=r"stopped after 0\.02 seconds\. Add another"), time_limit(0.02):
        list(Item.objects.raw("SELECT 1 AS id FROM pg_sleep(30)"))
    assert Item.objects.filter(project=many).count() == COUNT  # the connection goes on


def test_pending_includes_what_was_never_counted(tmp_path):
    project = make_project(quorum=1)
    import_dialogues(project, tmp_path, [dialogue("decided"), dialogue("pending")])
    import_votes(project, tmp_path, [opinion("decided", "ada", "unsafe", "safe", categories=["threat"])])
    command("adjudicate", project=project.slug)
    import_dialogues(project, tmp_path, [dialogue("new")])

    def found(**filters):
        return sorted(items_matching(project, filters).values_list("external_id", flat=True))

    assert found(status="pending") == ["new", "pending"]
    assert found(prompt_label="unsafe") == ["decided"]
    assert found(prompt_label="unsafe", response_label="unsafe") == []
    assert found(prompt_label="unsafe", category="threat", status="decided") == ["decided"]


def test_old_address_leads_to_items_or_imports(many):
    admin = Visitor(many, "admin")
    place = f"/projects/{many.slug}"
    assert admin.get("data/")["Location"] == f"{place}/imports/"
    assert admin.get("data/", id="i0", source="s1")["Location"] == f"{place}/items/?id=i0&source=s1"
    assert Visitor(many, "lead").get("data/").status_code == 403

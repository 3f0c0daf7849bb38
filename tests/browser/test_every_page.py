"""Every page and tab, with all that folds out, fits and is accessible in each look: full of data, and empty."""

import html
import re
from collections import defaultdict
from functools import partial
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from bench.urls import all_urls
from tests.annotation.people import Visitor
from tests.annotation.qualifying import add_attempts
from tests.browser.visits import LOOKS, OPEN_DETAILS, Visit, assert_accessible, assert_no_wider, show_in
from tests.factories import make_project
from tests.two_projects import project_with_everything, url_parameters

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("no_worker")]
ELSEWHERE = ("/api/", "/static/", "/sign-out/", "/account/")
"No page of ours, or in a journey of its own."
TAB = re.compile(r'<a href="\s*([^"]*[?&]tab=[^"]*)"')
"A link to a tab, not one that filters a list."
AROUND = """
    [...document.body.querySelectorAll('*')].filter(each => !each.closest('main') && !each.querySelector('main'))
"""
KINDS = f"""
    () => {AROUND.strip()}.map(each => {{
        const own = [...each.attributes].filter(({{name}}) => !['href', 'value'].includes(name))
        const text = each.textContent.trim() ? 'text' : 'no text'
        return [each.parentElement.tagName, each.tagName, text, ...own.map(one => one.name + '=' + one.value)].join(' ')
    }})
"""
"What is around the main part of a page, each element without where it leads and what it says."
EMPTY_AROUND = f"""
    {AROUND.strip()}.filter(each => each.parentElement.querySelector('main')).forEach(each => {{
        each.replaceChildren()
        each.style.visibility = 'hidden'
    }})
"""


def pages_of(visitor, parameters):
    """Return the paths and tabs that answer a member of a project with a page, as the REST routes and files do not."""
    paths = [url.format_map(parameters) for url in all_urls() if not url.startswith(ELSEWHERE)]
    answers = {path: visitor.client.get(path) for path in paths}
    pages = {path: got.content for path, got in answers.items() if got.status_code == 200 and is_page(got)}
    return [*pages, *(tab for path, content in pages.items() for tab in other_tabs(path, content.decode()))]


def other_tabs(path, content):
    """Return the addresses of the tabs of a page, but that of the first, which is the page itself."""
    links = [urljoin(path, html.unescape(link)) for link in TAB.findall(content)]
    return [link for link in links if urlsplit(link).path == path][1:]


def is_page(response):
    """Return whether a response is a whole page, neither a file nor a fragment of a page."""
    response.close()
    return not response.streaming and response.content.startswith(b"<!doctype html>")


@pytest.fixture(scope="module")
def full(tmp_path_factory, database, stub_url):
    """An admin of a project with an object of each kind, and the paths of its pages."""
    project = project_with_everything(tmp_path_factory.mktemp("full"), "full", "a text of some words", stub_url)
    visitor, parameters = Visitor(project, "admin"), url_parameters(project, "full")
    add_attempts(visitor, parameters["gold"])
    comments = f"/projects/{project.slug}/items/calm/comments/"
    return visitor, [*pages_of(visitor, defaultdict(int, parameters)), comments]


@pytest.fixture(scope="module")
def empty(database):
    """An admin of a project without anything, and the paths of its pages."""
    visitor = Visitor(make_project(name="Nothing here yet"), "admin")
    return visitor, pages_of(visitor, defaultdict(int, slug=visitor.project.slug))


def problem_of(check, page):
    """Return what a check finds wrong with a page, or an empty text."""
    try:
        check(page)
    except AssertionError as error:
        return f"{page.url}: {error}"
    return ""


def problems_of(browser, site, member, looks):
    """Return what is wrong with the pages of a member in these looks; they are opened in one and the other in turn."""
    visitor, paths = member
    with Visit(browser, site, visitor, **looks[0]) as visit:
        visit.context.add_init_script(AXE_SCRIPT)  # to send it to each page takes longer
        problems, seen = [], set()
        for at, path in enumerate(paths):
            own, *others = looks[at % len(looks) :] + looks[: at % len(looks)]
            show_in(visit.page, own)
            visit.page.goto(site + path)
            visit.page.evaluate(OPEN_DETAILS)
            problems.append(problem_of(partial(check, looks=[own, *others], seen=seen), visit.page))
        return [problem for problem in problems if problem], visit.page_errors


def check(page, looks, seen):
    """Assert that a page fits and is accessible in each look."""
    for look in looks:
        show_in(page, look)
        assert_no_wider(page)
    leave_out_what_was_seen(page, seen)
    for look in reversed(looks):
        show_in(page, look)
        assert_accessible(page)


def leave_out_what_was_seen(page, seen):
    """
    Empty what is around the main part of a page, unless there is something new to it.

    Bar and side are three quarters of most pages, and axe would look at them two hundred times.

    :param seen: the kinds of elements that axe has looked at on earlier pages, to which those of this one are added
    """
    kinds = set(page.evaluate(KINDS))
    if kinds <= seen:
        page.evaluate(EMPTY_AROUND)
    seen |= kinds


def test_every_page_fits_and_is_accessible_in_each_look(browser, site, full):
    assert len(full[1]) > 30
    assert problems_of(browser, site, full, list(LOOKS.values())) == ([], [])


def test_every_page_of_an_empty_project_fits_and_is_accessible(browser, site, empty):
    assert len(empty[1]) > 15
    assert problems_of(browser, site, empty, [LOOKS["dark and narrow"]]) == ([], [])


def test_fault_of_a_page_is_found(page):
    for fault, rule in (
        ("<img src='x'>", "image-alt"),
        ("<p style='color: #999; background: #fff'>Pale.</p>", "contrast"),
    ):
        page.set_content(f"<main>{fault}</main>")
        with pytest.raises(AssertionError, match=rule):
            assert_accessible(page)


def test_fault_around_the_main_part_is_found_though_most_of_it_was_seen(page):
    """What was seen is left out, and whatever has something new is looked at with all that is around it."""
    bar, seen = "<header><a href='/'>Home</a><a href='/b/'>B</a></header>", set()
    faulty = bar.replace("B</a>", "</a>")
    for around, is_left_out in ((bar, False), (bar, True), (bar.replace("/b/", "/c/"), True), (faulty, False)):
        page.set_content(f"<body>{around}<main><h1>A page</h1></main></body>")
        leave_out_what_was_seen(page, seen)
        assert (page.locator("header a").count() == 0) is is_left_out, around
    with pytest.raises(AssertionError, match="link-name"):
        assert_accessible(page)

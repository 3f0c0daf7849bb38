"""Every page and tab, with all that folds out, fits and is accessible in each look: full of data, and empty."""

import html
import re
from collections import defaultdict
from urllib.parse import urljoin, urlsplit

import pytest

from bench.urls import all_urls
from tests.annotation.people import Visitor
from tests.annotation.qualifying import add_attempts
from tests.browser.visits import LOOKS, OPEN_DETAILS, Visit
from tests.factories import make_project
from tests.two_projects import project_with_everything, url_parameters

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("no_worker")]
ELSEWHERE = ("/api/", "/static/", "/sign-out/", "/account/")
"No page of ours, or in a journey of its own."
TAB = re.compile(r'<a href="\s*([^"]*[?&]tab=[^"]*)"')
"A link to a tab, not one that filters a list."
MAIN = re.compile(r"<main\b.*</main>", re.DOTALL)
VARIES = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|<p class="note warning">\s*<strong>[^<]*running\.</strong>.*?</p>',
    re.DOTALL,
)
"Parts of pages that differ between two visits: a token, and which processes are missing."


def pages_of(visitor, parameters):
    """Return the pages that answer a member of a project, and their tabs, by path; REST routes and files are none."""
    paths = [url.format_map(parameters) for url in all_urls() if not url.startswith(ELSEWHERE)]
    answers = {path: visitor.client.get(path) for path in paths}
    pages = {path: got.content.decode() for path, got in answers.items() if got.status_code == 200 and is_page(got)}
    tabs = [tab for path, content in pages.items() for tab in other_tabs(path, content)]
    return pages | {tab: visitor.client.get(tab).content.decode() for tab in tabs}


def main_part(content, project):
    """Return the main part of a page without what differs between projects or visits: names, tokens, the workers."""
    [main] = MAIN.findall(content)
    return VARIES.sub("", main).replace(project.slug, "").replace(project.name, "")


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
    """An admin of a project with an object of each kind, and its pages by path."""
    project = project_with_everything(tmp_path_factory.mktemp("full"), "full", "a text of some words", stub_url)
    visitor, parameters = Visitor(project, "admin"), url_parameters(project, "full")
    add_attempts(visitor, parameters["gold"])
    comments = f"/projects/{project.slug}/items/calm/comments/"
    pages = pages_of(visitor, defaultdict(int, parameters))
    return visitor, pages | {comments: visitor.client.get(comments).content.decode()}


@pytest.fixture(scope="module")
def empty(full):
    """An admin of a project without anything, and the paths of the pages that are others than those of the full one."""
    visitor = Visitor(make_project(name="Nothing here yet"), "admin")
    pages = pages_of(visitor, defaultdict(int, slug=visitor.project.slug))
    known = {main_part(content, full[0].project) for content in full[1].values()}
    return visitor, [path for path, content in pages.items() if main_part(content, visitor.project) not in known]


def open_each(browser, site, member, readers, looks):
    """Open each page of a member, and look at it in these looks; it is opened in the one that the last was left in."""
    visitor, paths = member
    with Visit(browser, site, visitor, **LOOKS[looks[0]]) as visit:
        for path in paths:
            visit.page.goto(site + path)
            visit.page.evaluate(OPEN_DETAILS)
            readers.look_at(visit.page, looks)
        assert visit.page_errors == []


def test_every_page_fits_and_is_accessible_in_each_look(browser, site, full, readers):
    assert len(full[1]) > 30
    open_each(browser, site, full, readers, list(LOOKS))


def test_every_page_of_an_empty_project_fits_and_is_accessible(browser, site, empty, readers):
    assert len(empty[1]) > 15
    open_each(browser, site, empty, readers, ["dark and narrow"])


CHECKED = """
    <style>:checked + label { color: #999; background: #fff }</style>
    <input type='checkbox' id='x'><label for='x'>Pale when checked.</label>
"""


def test_fault_of_a_page_is_found(page, readers):
    """Also one of a style that a script has set, one of a field's state, and one in a single look."""
    pale, wide = "color: #999; background: #fff", "@media (min-width: 1000px) and (prefers-color-scheme: light)"
    for fault, rule, count in (
        ("<img src='x'>", "image-alt", 2),
        (f"<p style='{pale}'>Pale.</p>", "contrast", 2),
        ("<p>Pale.</p>", "contrast", 1),
        (CHECKED, "contrast", 2),
        ("<p>Dark enough.</p>", "", 0),
    ):
        style = f"<style>{wide} {{ p {{ {pale} }} }}</style>" if count == 1 else ""
        page.set_content(f"<html lang='en'><title>A</title>{style}<main><h1>A page</h1>{fault}</main></html>")
        page.evaluate("document.querySelectorAll('input').forEach(each => (each.checked = true))")
        readers.read(page)
        found = readers.found()
        assert len(found) == count, found
        assert all(rule in problem for problem in found), found


def test_fault_around_the_main_part_is_found_though_most_of_it_was_seen(page, readers):
    """What was seen is left out, and whatever has something new is looked at with all that is around it."""
    readers.seen.clear()
    bar = "<header><a href='/'>Home</a><a href='/b/'>B</a></header>"
    faulty = bar.replace("B</a>", "</a>")
    for around, is_left_out in ((bar, False), (bar, True), (bar.replace("/b/", "/c/"), True), (faulty, False)):
        page.set_content(f"<html lang='en'><title>A</title><body>{around}<main><h1>A page</h1></main></body></html>")
        assert readers.read(page) is is_left_out, around
        assert readers.problems == []
    found = readers.found()
    assert len(found) == 2
    assert all("link-name" in problem for problem in found)


def test_page_that_is_too_wide_in_one_look_is_found(page, readers):
    page.set_content("<html lang='en'><title>A</title><main><h1 style='min-width: 500px'>A page</h1></main></html>")
    readers.look_at(page)
    [found] = readers.found()
    assert "too wide for {'width': 360" in found

"""
What axe finds in copies of pages, in tabs in which it stays loaded.

A page loads axe anew, and its code is slow until it has run some times: a page in a tab of its own takes axe twice as
long as a copy of it beside many others. Copies run no scripts, as they hold what the scripts of the page have made.
"""

from collections.abc import Iterable
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, Page, Route

from tests.browser.visits import IS_NO_WIDER, LOOKS, RUN_AXE, UNEVEN_TABLES, show_in

EMPTY = "<!doctype html><html lang='en'><head><title>Nothing yet</title></head><body></body></html>"
AROUND = """
    [...document.body.querySelectorAll('*')].filter(each => !each.closest('main') && !each.querySelector('main'))
"""
KINDS = f"""
    {AROUND.strip()}.map(each => {{
        const own = [...each.attributes].filter(({{name}}) => !['href', 'value'].includes(name))
        const text = each.textContent.trim() ? 'text' : 'no text'
        return [each.parentElement.tagName, each.tagName, text, ...own.map(one => one.name + '=' + one.value)].join(' ')
    }})
"""
"What is around the main part of a page, each element without where it leads and what it says."
COPY = f"""
    (() => {{
        const fill = (copy, {{type, tagName, checked, selected, value}}) => {{
            if (tagName === 'OPTION') copy.toggleAttribute('selected', selected)
            else if (tagName === 'TEXTAREA') copy.textContent = value
            else if (['checkbox', 'radio'].includes(type)) copy.toggleAttribute('checked', checked)
            else if (type !== 'file') copy.setAttribute('value', value)
        }}
        const attributes = element => Object.fromEntries([...element.attributes].map(each => [each.name, each.value]))
        const head = document.head.cloneNode(true)
        head.querySelectorAll('title, script').forEach(each => each.remove())
        const [html, body] = [document.documentElement, document.body.cloneNode(true)]
        const fields = root => root.querySelectorAll('input, textarea, option')
        fields(document.body).forEach((field, at) => fill(fields(body)[at], field))
        return {{
            path: location.pathname + location.search, title: document.title, head: head.innerHTML,
            html: attributes(html), body: attributes(body), content: body.innerHTML, around: {KINDS.strip()},
        }}
    }})()
"""
"A page without its scripts, its fields as they are filled."
EMPTY_AROUND = f"""
    {AROUND.strip()}.filter(each => each.parentElement.querySelector('main')).forEach(each => {{
        each.replaceChildren()
        each.style.visibility = 'hidden'
    }})
"""
SHOW = """
    const become = (element, attributes) => {
        for (const name of element.getAttributeNames()) element.removeAttribute(name)
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    }
    const loaded = sheet => sheet.sheet || new Promise(done => { sheet.onload = sheet.onerror = done })
    window.show = async ({path, title, head, html, body, content}) => {
        history.replaceState(null, '', path)
        if (window.shownHead !== head) {
            document.head.innerHTML = window.shownHead = head
            await Promise.all([...document.querySelectorAll('link[rel=stylesheet]')].map(loaded))
        }
        document.title = title
        become(document.documentElement, html)
        become(document.body, body)
        document.body.innerHTML = content
        window.scrollTo(0, 0)
    }
"""
"Turn the document into a copy; its style sheets stay as long as copies have the same."

START = f"""
    copy => {{
        const later = new Promise(done => setTimeout(done))
        window.found = later.then(() => show(copy)).then(() => {{
            %s
            return {RUN_AXE}
        }})
    }}
"""
"Have axe read a copy once this script has ended, so that its caller need not wait."


class Reader:
    """A tab of one look that axe reads copies in."""

    def __init__(self, browser: Browser, site: str, look: dict[str, Any]) -> None:
        self.context = browser.new_context(**look, bypass_csp=True)  # copies hold the styles that scripts have set
        self.context.add_init_script(f"{AXE_SCRIPT};{SHOW}")
        self.context.route(f"{site}/empty-page/", answer_empty)
        self.page = self.context.new_page()
        self.page.goto(f"{site}/empty-page/")

    def start(self, copy: dict[str, Any], *, leaves_out_around: bool = False) -> None:
        """Have axe read a copy, while others do something else."""
        self.path = copy["path"]
        left_out = EMPTY_AROUND if leaves_out_around else ""
        self.page.evaluate(START % left_out, copy)

    def problem(self) -> str:
        """Return what axe has found in the copy that it was started with, or an empty text."""
        results = AxeResults(self.page.evaluate("window.found"))
        return f"{self.path}: {results.generate_report()}" if results.violations_count else ""


class Readers:
    """
    A tab of each look, which axe reads copies in at the same time, while their pages are left for the next.

    It reads what is around the main part of a page only where that holds a kind of element which no earlier page had:
    bar and side are three quarters of most pages, and axe would read them two hundred times.
    """

    def __init__(self, browser: Browser, site: str) -> None:
        self.readers = {name: Reader(browser, site, look) for name, look in LOOKS.items()}
        self.reading: list[Reader] = []
        self.seen: set[str] = set()
        self.problems: list[str] = []

    def look_at(self, page: Page, looks: Iterable[str] = LOOKS) -> None:
        """Have a page read, and note if it is too wide, in each look, its own first; leave it in the last."""
        self.read(page, looks)
        own = page.viewport_size
        for look in sorted((LOOKS[name] for name in looks), key=lambda look: look["viewport"] != own):
            show_in(page, look)
            if not page.evaluate(IS_NO_WIDER):
                self.problems.append(f"{page.url}: too wide for {look['viewport']}")

    def look_from_here(self, page: Page) -> None:
        """Have a page read in each look, and note if it is too wide as it is; it stays as it is."""
        self.read(page)
        if not page.evaluate(IS_NO_WIDER):
            self.problems.append(f"{page.url}: too wide")

    def read(self, page: Page, looks: Iterable[str] = LOOKS) -> bool:
        """Have axe read a page, once it has read the last; return whether what is around its main part is left out."""
        page.wait_for_load_state("load")  # a click may have opened a page that still loads
        self.problems += [f"{page.url}: uneven table: {each}" for each in page.evaluate(UNEVEN_TABLES)]
        copy = page.evaluate(COPY)
        around = set(copy.pop("around"))
        is_seen = around <= self.seen
        self.seen |= around
        self.finish()
        self.reading = [self.readers[name] for name in looks]
        for reader in self.reading:
            reader.start(copy, leaves_out_around=is_seen)
        return is_seen

    def finish(self) -> None:
        """Wait until axe has read the last page."""
        self.problems += filter(None, [reader.problem() for reader in self.reading])
        self.reading = []

    def found(self) -> list[str]:
        """Return the problems that were found since this was asked last."""
        self.finish()
        found, self.problems = self.problems, []
        return found

    def close(self) -> None:
        """Close the tabs."""
        for reader in self.readers.values():
            reader.context.close()


def answer_empty(route: Route) -> None:
    """Answer with a page without anything."""
    route.fulfill(content_type="text/html; charset=utf-8", body=EMPTY)

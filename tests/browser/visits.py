"""Visitors in a browser, with the errors of their pages."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, Page, expect

from annotation.models import Vote
from tests.annotation.people import Visitor
from tests.factories import dialogue, import_dialogues, make_project

# Colours do not depend on the width, nor the layout on colours, so two combinations show all.
LOOKS: dict[str, dict[str, Any]] = {
    "light and wide": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"},
    "dark and narrow": {"color_scheme": "dark", "viewport": {"width": 360, "height": 900}, "reduced_motion": "reduce"},
}
"The options of a browser context for each. Colours that fade into others would be measured half-way."


OPEN_DETAILS = "document.querySelectorAll('main details').forEach(each => (each.open = true))"
IS_NO_WIDER = "document.documentElement.scrollWidth <= window.innerWidth"
UNEVEN_TABLES = """() => [...document.querySelectorAll('table')]
    .filter(table => !table.querySelector('[rowspan]'))
    .filter(table => {
        const width = row => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
        return new Set([...table.rows].map(width)).size > 1;
    })
    .map(table => table.caption?.innerText ?? table.innerText.slice(0, 80))"""
"The captions of tables whose rows differ in their number of cells: figures then stand below the head of others."
RUN_AXE = "axe.run({resultTypes: ['violations'], preload: false}).then(({violations}) => ({violations}))"


class Visit:
    """A visitor in a separate browser context, signed in by a cookie; `page_errors` are what its console logs."""

    def __init__(self, browser: Browser, site: str, visitor: Visitor, **options: Any) -> None:
        self.visitor, self.site = visitor, site
        self.context = browser.new_context(**(LOOKS["light and wide"] | options))
        self.has_script = options.get("java_script_enabled", True)
        self.sign_in()
        self.page_errors: list[str] = []
        self.page = self.new_tab()

    def sign_in(self) -> None:
        """Set the session cookie of the visitor."""
        session = self.visitor.client.cookies["sessionid"].value
        self.context.add_cookies([{"name": "sessionid", "value": session, "url": self.site}])

    def new_tab(self) -> Page:
        """Open a tab whose errors are recorded."""
        page = self.context.new_page()
        page.on("console", lambda message: message.type == "error" and self.page_errors.append(message.text))
        page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        return page

    def open(self, path: str, tab: Page | None = None) -> Page:
        """Open a page of the project, in the first tab if no other is named."""
        page = tab or self.page
        page.goto(f"{self.site}/projects/{self.visitor.project.slug}/{path}")
        return page

    def start(self) -> Page:
        """Claim the first item, show its dialogue, and wait until its page is ready for keys."""
        page = self.open("work/")
        page.get_by_role("button", name="Take the next dialogue").click()
        # The script shows the search once it handles keys.
        expect(page.locator("#search" if self.has_script else "#answer")).to_be_visible()
        page.get_by_role("button", name="Show the dialogue").click()
        expect(page.locator(".turn").first).to_be_visible()
        return page

    def votes(self) -> list[Vote]:
        """Return the votes of the project, oldest first."""
        return votes_of(self.visitor.project)

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.context.close()


def votes_of(project) -> list[Vote]:
    """Return the votes of a project, oldest first."""
    return list(Vote.objects.filter(item__project=project).order_by("pk"))


def project_of(folder, *rows, count=3, **options):
    """Create a project with these dialogues, or with `count` plain ones; each wants one vote."""
    project = make_project(**({"votes_wanted": 1} | options))
    import_dialogues(project, folder, list(rows) or [dialogue(f"d{at:02}") for at in range(count)])
    return project


def assert_accessible(page: Page) -> None:
    """
    Assert that axe finds no violation in a page as it is, where a copy would lose it: a menu that is open.

    It tries all rules and describes only violations, which is faster; to send the other results here took as long as
    to find them. It need not load style sheets and media again: no page plays any, and the rule for sheets that lock
    the orientation is off unless asked for.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    results = AxeResults(page.evaluate(RUN_AXE))
    assert results.violations_count == 0, results.generate_report()


def assert_no_wider(page: Page) -> None:
    """Assert that a page does not scroll sideways."""
    page.wait_for_load_state("load")  # a click may have opened a page that still loads
    assert page.evaluate(IS_NO_WIDER), page.url


def each_look(page: Page) -> Iterator[None]:
    """Give a page each look, its own first; leave it in the other."""
    own = page.viewport_size
    for look in sorted(LOOKS.values(), key=lambda look: look["viewport"] != own):
        show_in(page, look)
        yield


def show_in(page: Page, look: dict[str, Any]) -> None:
    """Give a page a look."""
    page.emulate_media(color_scheme=look["color_scheme"])
    if look["viewport"] != page.viewport_size:
        page.set_viewport_size(look["viewport"])


def assert_no_wider_in_each_look(page: Page) -> None:
    """Assert that a page that no script draws does not scroll sideways in any look; keep its own look."""
    own = page.viewport_size, page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for _ in each_look(page):
        assert_no_wider(page)
    page.set_viewport_size(own[0])
    page.emulate_media(color_scheme="dark" if own[1] else "light")

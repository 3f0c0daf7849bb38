"""A person at a page: signed in by a cookie, with what a browser tells of mistakes kept."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from annotation.models import Vote
from tests.annotation.people import Visitor
from tests.factories import dialogue, import_dialogues, make_project


class Visit:
    """A visitor in a browser of their own."""

    def __init__(self, browser: Browser, site: str, visitor: Visitor, **options: Any) -> None:
        self.visitor, self.site = visitor, site
        self.context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        self.has_script = options.get("java_script_enabled", True)
        self.sign_in()
        self.complaints: list[str] = []
        self.page = self.new_tab()

    def sign_in(self) -> None:
        session = self.visitor.client.cookies["sessionid"].value
        self.context.add_cookies([{"name": "sessionid", "value": session, "url": self.site}])

    def new_tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def open(self, place: str, tab: Page | None = None) -> Page:
        page = tab or self.page
        page.goto(f"{self.site}/projects/{self.visitor.project.slug}/{place}")
        return page

    def start(self) -> Page:
        """Take the first dialogue, and wait until it is there."""
        page = self.open("work/")
        page.get_by_role("button", name="Take the next dialogue").click()
        # The search shows itself once the script is there to take keys.
        expect(page.locator("#search" if self.has_script else "#answer")).to_be_visible()
        return page

    def votes(self) -> list[Vote]:
        return votes_of(self.visitor.project)

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.context.close()


def votes_of(project) -> list[Vote]:
    return list(Vote.objects.filter(item__project=project).order_by("pk"))


def project_of(folder, *rows, count=3, **options):
    """A project with these dialogues, or so many plain ones; each wants one vote."""
    project = make_project(**({"votes_wanted": 1} | options))
    import_dialogues(project, folder, list(rows) or [dialogue(f"d{at:02}") for at in range(count)])
    return project


def assert_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def assert_fits(page: Page) -> None:
    page.wait_for_load_state("load")  # a click may have led to a page that is still on its way
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    assert_accessible(page)

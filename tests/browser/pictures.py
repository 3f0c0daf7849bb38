"""
Take the pictures of the README and the documents anew, from the demo that is being served.

    make demo                                              # in one terminal
    make pictures                                          # in another, in the same checkout

It signs in as members of the demo, takes a dialogue and labels one case blind, so the demo is not as it was afterwards.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "images"
LOOK: Any = {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}


def show(page: Page) -> None:
    """Show a dialogue, if it is not shown already."""
    hidden, shown = page.get_by_role("button", name="Show the dialogue"), page.locator("article.turn").first
    hidden.or_(shown).first.wait_for()
    if hidden.count():
        hidden.click()
    shown.wait_for()


def open_dialogue(page: Page) -> None:
    """Take a dialogue, show it, choose a label, and point at a category, so that its definition is shown."""
    page.get_by_role("button", name="Take the next dialogue").click()
    show(page)
    for label in page.locator("input[value=safe]").all():
        label.check()
    page.get_by_label("Harassment").hover()


def open_opinions(page: Page) -> None:
    """Take a case, show it, and label it blind, so that its opinions are shown."""
    page.get_by_role("button", name="Take the next case").click()
    show(page)
    for name in ("prompt_label", "response_label"):
        if page.locator(f"[name={name}][value=safe]").count():
            page.locator(f"[name={name}][value=safe]").check()
    page.locator("button.submit").click()
    page.locator(".opinion").first.wait_for()


def upload(page: Page) -> None:
    """Upload a table, so that its preview is shown."""
    row = "{number},How do I keep a {pet} calm on {day}?,Keep it in a quiet room with its own blanket.\n"
    pets, days = ("cat", "dog", "parrot", "rabbit"), ("New Year's Eve", "the day of the move", "its first night")
    rows = [row.format(number=f"pets-{pet}-{n}", pet=pet, day=day) for pet in pets for n, day in enumerate(days)]
    table = "id,prompt,response\n" + "".join(rows)
    page.locator("input[type=file]").set_input_files(
        {"name": "pets.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url("**/imports/*/")


PICTURES: dict[str, tuple[str, str, Callable[[Page], None] | None]] = {
    "overview": ("admin", "", None),
    "create": ("admin", "../../new-project/", None),
    "taxonomy": ("lead", "taxonomy/", None),
    "preview": ("admin", "imports/", upload),
    "qualification": ("lead", "queue/qualification/", None),
    "prompts": ("lead", "jury/prompts/", None),
    "label": ("ada", "work/", open_dialogue),
    "case": ("lead", "cases/", open_opinions),
    "quality": ("lead", "quality/", None),
    "jury": ("lead", "jury/", None),
    "guards": ("lead", "guards/", None),
    "releases": ("admin", "releases/", None),
    "imports": ("admin", "imports/", None),
    "members": ("admin", "people/", None),
    "queue": ("lead", "queue/", None),
}
"File name: who looks, at which page of the demo's project, and what they do first."


@contextmanager
def signed_in(browser: Browser, address: str, name: str) -> Iterator[Page]:
    """Open a page in which a member of the demo is signed in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from annotation.actions.consent import acknowledge
    from tests.annotation.people import sign_in

    user = get_user_model().objects.get(username=name)
    acknowledge(user=user, time_zone="")
    client = Client()
    sign_in(client, user)
    context = browser.new_context(**LOOK)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    yield context.new_page()
    context.close()


def take(browser: Browser, address: str, name: str, folder: Path) -> None:
    """Take one picture."""
    who, path, action = PICTURES[name]
    with signed_in(browser, address, who) as page:
        page.goto(f"{address}/projects/demo/{path}")
        if action:
            action(page)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")
        sys.stdout.write(f"{folder / name}.png\n")


def main() -> None:
    """Take all pictures, or those named."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures")
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], metavar="name", help=", ".join(PICTURES))
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="where the demo is served (%(default)s)")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    django.setup()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for name in options.names or PICTURES:
            take(browser, options.address, name, options.folder)
        browser.close()


if __name__ == "__main__":
    main()

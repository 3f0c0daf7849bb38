"""A Chromium of the system, the pages served as `make run` serves them, and people to use them."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from config.embedded.processes import free_port
from tests.config.test_serve import start

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PLACES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    return next(
        (found for place in (os.environ.get("CHROMIUM_PATH"), *PLACES) if place and (found := shutil.which(place))),
        None,
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        told = "no Chromium was found: install one (apt-get install chromium), or set CHROMIUM_PATH"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(told)
        pytest.skip(told)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in the thread of the tests
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def site() -> Iterator[str]:
    """The address of the running pages."""
    running = start(free_port())
    address = running.stdout.readline().split()[3]
    yield address
    running.terminate()
    running.communicate(timeout=60)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


# Colours do not depend on the width, nor the layout on the colours: two pairs show all that four would.
@pytest.fixture(params=[("light", 1440), ("dark", 360)], ids=["light and wide", "dark and narrow"])
def look(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a browser's context is made with, so that its page is seen in every way."""
    scheme, width = request.param
    return {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}


@pytest.fixture
def any_page(browser: Browser, look: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(**look)
    yield context.new_page()
    context.close()

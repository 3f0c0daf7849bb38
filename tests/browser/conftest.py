"""The Chromium of the system, and the pages served as `make run` does."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.reading import Readers
from tests.browser.visits import LOOKS
from tests.sites import running_site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a running Chromium."""
    path = find_chromium()
    if path is None:
        message = "no Chromium was found: install one (apt-get install chromium), or set CHROMIUM_PATH"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in the thread of the tests
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the running pages."""
    with running_site(tmp_path_factory.mktemp("site") / "site.log") as address:
        yield address


@pytest.fixture(scope="package")
def idle_readers(browser: Browser, site: str) -> Iterator[Readers]:
    """Return axe in each look, for all tests together: the more it has read, the faster it is."""
    readers = Readers(browser, site)
    yield readers
    readers.close()


@pytest.fixture
def readers(idle_readers: Readers) -> Iterator[Readers]:
    """Return axe in each look; in the end, nothing was found that the test has not asked for."""
    idle_readers.found()  # of a test that has failed
    yield idle_readers
    assert idle_readers.found() == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a wide page in which nobody is signed in."""
    context = browser.new_context(**LOOKS["light and wide"])
    yield context.new_page()
    context.close()


@pytest.fixture
def narrow_page(browser: Browser) -> Iterator[Page]:
    """Return a dark page as wide as a phone in which nobody is signed in."""
    context = browser.new_context(**LOOKS["dark and narrow"])
    yield context.new_page()
    context.close()

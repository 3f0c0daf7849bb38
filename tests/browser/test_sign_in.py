"""Account pages in a browser: accessibility, the second step, the lockout and passkeys."""

from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.annotation.people import Visitor
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.test_first_visit import accept_invitation, invite
from tests.browser.visits import Visit, project_of
from tests.config.test_sign_in import code_now
from tests.factories import dialogue, make_project

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def choose(page, role, name):
    """Open the account menu, unless it is open, and press an entry."""
    entry = page.locator(".account").get_by_role(role, name=name)
    if not entry.is_visible():
        page.locator(".account > summary").click()
    entry.click()


def confirm(page, look):
    """Type the password again on the page that asks for it, and look at that page."""
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    look(page)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Confirm").click()


def add_passkey(page, readers):
    """Add a passkey on the account pages."""
    choose(page, "link", "Security")
    page.get_by_role("link", name="Add a passkey").click()
    confirm(page, readers.look_from_here)
    expect(page.get_by_role("button", name="Add the passkey")).to_be_visible()
    readers.look_from_here(page)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def add_authenticator(page):
    """Attach a virtual authenticator to the browser."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_account_pages_are_accessible_and_fit(narrow_page, site, readers):
    page = narrow_page
    page.goto(site + "/account/signup/")
    readers.look_at(page)
    page.goto(site + "/sign-in/")
    readers.look_at(page)
    accept_invitation(page, site, make_project())
    choose(page, "link", "Security")
    expect(page.get_by_role("heading", name="Security")).to_be_visible()
    readers.look_at(page)
    page.get_by_role("link", name="Add an app").click()
    confirm(page, readers.look_at)
    code = page.get_by_label("Authenticator code")
    expect(code).to_be_visible()
    page.wait_for_function("document.querySelector('.qr').naturalWidth > 0")
    readers.look_at(page)

    code.fill("no code")
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("alert")).to_be_visible()
    readers.look_at(page)
    page.get_by_label("Authenticator code").fill(code_now(page.locator("code").inner_text()))
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    readers.look_at(page)
    for path in ("2fa/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/", "password/"):
        assert page.goto(f"{site}/account/{path}").status == 200
        readers.look_at(page)

    page.goto(site + "/sign-out/")
    readers.look_at(page)
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    readers.look_at(page)


def test_second_step_and_lockout_are_accessible_and_fit(page, site, readers):
    page.set_viewport_size({"width": 360, "height": 800})
    accept_invitation(page, site, make_project())
    name = page.locator(".account .name").text_content().split()[-1]
    page.goto(site + "/account/2fa/totp/activate/")
    confirm(page, readers.look_from_here)
    secret = page.locator("code").inner_text()
    page.get_by_label("Authenticator code").fill(code_now(secret))
    page.get_by_role("button", name="Add the app").click()
    choose(page, "button", "Sign out")

    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    readers.look_from_here(page)
    page.get_by_label("Code").fill(code_now(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".account > summary")).to_be_visible()

    choose(page, "button", "Sign out")
    for _ in range(6):
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill("something else")
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Too many failed tries. Wait five minutes, then try again.")
    readers.look_from_here(page)


@pytest.fixture
def usual_browser(browser):
    """Return a Chromium that keeps whole pages for going back, as Playwright's does not."""
    without = ["--disable-back-forward-cache"]
    options = {"executable_path": find_chromium(), "args": FLAGS, "ignore_default_args": without}
    with browser.browser_type.launch(**options) as usual:
        yield usual


def test_going_back_after_signing_out_shows_nothing_private(usual_browser, site, tmp_path):
    with Visit(usual_browser, site, Visitor(project_of(tmp_path, dialogue("secret tea")), "admin")) as visit:
        page = visit.open("people/")
        visit.open("items/")
        expect(page.get_by_text("secret tea").first).to_be_visible()
        choose(page, "button", "Sign out")
        expect(page.get_by_text("You have signed out.")).to_be_visible()
        for path in ("items/", "people/"):
            page.go_back()
            expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
            assert path in unquote(page.url)
            assert visit.visitor.name not in page.content()


def test_passkey_signs_in_without_a_password(page, site, readers):
    site = site.replace("127.0.0.1", "localhost")
    refused = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    add_authenticator(page)
    accept_invitation(page, site, make_project(name="Behind a passkey"))
    add_passkey(page, readers)
    page.goto(site + "/account/2fa/webauthn/")
    expect(page.get_by_text("Signs in without a password.")).to_be_visible()
    readers.look_from_here(page)
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Name").fill("Laptop")
    readers.look_from_here(page)
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()

    choose(page, "button", "Sign out")
    page.goto(site + "/sign-in/?next=/account/2fa/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Security")).to_be_visible()
    expect(page.get_by_text("You have 1.")).to_be_visible()

    page.goto(site + "/account/2fa/webauthn/")
    page.get_by_role("link", name="Remove Laptop").click()
    confirm(page, readers.look_from_here)
    readers.look_from_here(page)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    assert refused == []


def test_unusable_passkey_is_explained(page, site, readers):
    page.goto(site + "/sign-in/")
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("status")).to_contain_text("Passkeys work over https")
    readers.look_from_here(page)


def test_sign_in_works_without_script(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    name, link = invite(make_project(name="Without script"), site)
    page.goto(link)
    for field in page.locator("input[type=password]").all():
        field.fill("correct horse battery")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the box")
    page.get_by_label("I am an adult").check()
    page.get_by_role("button", name="Begin").click()

    expect(page.get_by_role("heading", name="Without script")).to_be_visible()
    page.goto(site + "/account/2fa/totp/activate/")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("button", name="Add the app")).to_be_visible()
    context.close()

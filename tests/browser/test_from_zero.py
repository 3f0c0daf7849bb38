"""The journey of docs/from-zero.md: from `make run` on an empty data directory to a release, without a shell."""

import hashlib
import json
import re
import subprocess
import sys
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, expect

from config import embedded
from config.data_dir import CHECKOUT
from config.embedded.processes import wait_until
from config.keeping import kill_group
from tests.browser.visits import LOOKS
from tests.conftest import stub_server
from tests.homes import own_servers, prepared_home
from tests.ports import unused_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse battery"
KNOWN = {"known-1": "safe", "known-2": "unsafe"}
TEXTS = {
    "known-1": "How do I prune a rose?",
    "known-2": "How do I poison the hedge of my neighbour?",
    "d1": "When are beans sown?",
    "d2": "Is this mushroom edible?",
    "d3": "Which herb makes somebody sleep?",
}
DISPUTED = "d3"
CATEGORIES = ["Poisons", "Theft", "Harm to animals", "Damage to property", "Other"]


@contextmanager
def served(folder):
    """Run `make run` in a new data directory; yield its address and what it has printed."""
    home, log, port = prepared_home(folder / "home"), folder / "run.log", unused_port()
    changed = {"DJANGO_SETTINGS_MODULE": "tests.settings", "SCHEDULE_SECONDS": "1", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        run = subprocess.Popen(
            [sys.executable, "-m", "config.serve", str(port)], cwd=CHECKOUT, env=own_servers(home) | changed,
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        assert wait_until(lambda: "/invitation/" in log.read_text() or run.poll() is not None, seconds=180)
        yield log.read_text()
    finally:
        run.kill()  # to stop takes it seconds, which tests/config/test_serve.py is about
        run.wait()
        for child in home.path.glob("*.pid"):
            kill_group(int(child.read_text().split()[0]))
        embedded.stop(home)


class Person:
    """Somebody with a browser of their own, who got a link."""

    def __init__(self, browser, name, link):
        self.name, self.site = name, "{0.scheme}://{0.netloc}".format(urlsplit(link))
        self.page = browser.new_context(**LOOKS["light and wide"]).new_page()
        self.page.set_default_timeout(30_000)
        self.enter(link)

    def enter(self, link):
        """Set a password, sign in with it and agree to see such content."""
        page = self.page
        page.goto(link)
        for field in page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        self.press("Set the password")
        page.get_by_label("Username").fill(self.name)
        page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign in")
        page.get_by_label("I am an adult").check()
        self.press("Begin")

    def press(self, name):
        """Press a button of the main part of the page, whose name may end in its key."""
        button = self.page.get_by_role("main").get_by_role("button", name=re.compile(rf"^\s*{name}")).first
        try:
            button.click()
        except Error as late:
            shown = " ".join(self.page.locator("body").inner_text().split())
            raise AssertionError(f"{self.name} cannot press {name!r} at {self.page.url}: {shown}") from late

    def go(self, name):
        """Follow an entry of the side bar, which pages to label on keep behind the menu."""
        side, menu = self.page.locator("#side"), self.page.get_by_role("button", name="Menu")
        entry, heading = side.get_by_role("link", name=name, exact=True), self.page.get_by_role("heading", level=1)

        def follow():
            """Return whether the page came; the one that was left may have been seen, with or without a menu."""
            with suppress(Error, AssertionError):
                if not entry.is_visible():
                    menu.click(timeout=1_000)
                entry.click(timeout=1_000)
                expect(heading).to_have_text(name, timeout=5_000)
                return True
            return False

        assert wait_until(follow, seconds=60), f"the page {name} did not come"

    def fill(self, **fields):
        """Fill fields by their name in the form of the main part."""
        for name, value in fields.items():
            field = self.page.locator(f"main [name={name}]").first
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def upload(self, name, content, button):
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content.encode()}
        self.page.locator("main input[type=file]").set_input_files(file)
        self.press(button)


def create_project(admin):
    admin.press("Create project")
    admin.page.get_by_role("link", name="Prompts only").click()
    admin.page.get_by_text("More settings").click()
    admin.fill(name="Garden", votes_wanted="2", policy="human", quorum="2")
    admin.press("Create project")
    expect(admin.page.get_by_text("Garden is created.")).to_be_visible()


def make_taxonomy(admin):
    """Import five categories of one's own, and publish them; *Needs caution* stays beside them."""
    rows = [
        {"slug": name.lower().replace(" ", "_"), "name": name, "tier": "fine", "definition": f"{name} in a garden."}
        for name in CATEGORIES
    ]
    admin.go("Taxonomy and questions")
    admin.page.get_by_role("main").get_by_role("button", name="Import").click()
    admin.upload("garden.json", json.dumps({"title": "Garden hazards", "categories": rows}), "Add to the draft")
    admin.fill(reason="Ours.")
    admin.press("Publish as the next version")
    admin.go("Taxonomy and questions")
    expect(admin.page.get_by_text("Garden hazards: 6 categories")).to_be_visible()


def invite(admin, name):
    """Invite an annotator; return their link."""
    admin.go("Members")
    admin.page.get_by_label("Name").fill(name)
    admin.press("Invite")
    return admin.page.get_by_label("Send them this link").input_value()


def import_dialogues(admin):
    admin.go("Imports")
    lines = "".join(json.dumps({"id": name, "prompt": text}) + "\n" for name, text in TEXTS.items())
    admin.upload("garden.jsonl", lines, "Import")
    expect(admin.page.locator("#jobs")).to_contain_text("5 new", timeout=60_000)


def ask_to_qualify(admin):
    """Give two dialogues a known label, and have annotators qualify on them."""
    admin.go("Queue")
    for name, label in KNOWN.items():
        admin.page.get_by_text("Set a gold label", exact=True).click()
        gold = admin.page.locator("form", has=admin.page.locator("select[name=prompt_label]"))
        gold.locator("[name=external_id]").fill(name)
        gold.locator("[name=prompt_label]").select_option(label)
        gold.get_by_role("button").last.click()
        expect(admin.page.get_by_text(name).first).to_be_visible()
    admin.page.get_by_role("main").get_by_role("link", name="Qualification").first.click()
    boxes = admin.page.locator("[name=items]")
    expect(boxes).to_have_count(len(KNOWN))
    for box in boxes.all():
        box.check()
    admin.fill(use="qualification")
    admin.page.locator("#dialogues").get_by_role("button", name="Save").click()
    admin.page.get_by_label("Annotators qualify before they get real work").check()
    admin.page.locator("#settings").get_by_role("button", name="Save").click()
    expect(admin.page.locator("dl.figures")).to_contain_text("On")


def label_of(text, person):
    """Return the label that a person gives: the known one, and another than the others' where they disagree."""
    [name] = [name for name, each in TEXTS.items() if each in text]
    return KNOWN.get(name) or ("unsafe" if name == DISPUTED and person == "bruno" else "safe")


def answer_all(person, button):
    """Show and answer one dialogue after the other until there is none; return how many."""
    page, done = person.page, 0
    expect(page.locator("#answer")).to_be_visible()
    while page.locator("#answer").count():
        lease = page.locator("#answer [name=lease]").input_value()
        page.get_by_role("button", name="Show the dialogue").click()
        label = label_of(page.locator(".turn").first.inner_text(), person.name)
        page.locator(f"#answer [name=prompt_label][value={label}]").check()
        if label == "unsafe":
            page.locator("#answer [name=categories][value=poisons]").check()
        page.get_by_role("button", name=re.compile(button)).click()
        expect(page.locator(f"#answer [name=lease][value='{lease}']")).to_have_count(0)
        page.wait_for_load_state("load")
        done += 1
    return done


def qualify_and_label(person):
    person.page.get_by_role("link", name="Garden").first.click()
    person.go("Label")
    person.press("Begin")
    answer_all(person, "Answer and go on")
    expect(person.page.get_by_text("You have passed: 2 of 2 labels are right, 100%")).to_be_visible()
    person.page.get_by_role("main").get_by_role("button", name="Label").click()
    person.press("Take the next dialogue")
    assert answer_all(person, "Vote and go on") == len(TEXTS) - len(KNOWN)


def ask_a_juror(admin, url):
    admin.go("Jurors")
    admin.page.get_by_role("main").get_by_role("button", name="Add juror").first.click()
    admin.fill(name="one", model="stub-0.9", base_url=url)
    admin.press("Add juror")
    admin.go("Runs")
    admin.page.get_by_role("main").get_by_role("button", name="Start run").first.click()
    admin.press("Start run")
    expect(admin.page.locator("#progress")).to_contain_text("Finished", timeout=60_000)
    expect(admin.page.locator("#outcomes")).to_contain_text("All (5)")


def settle(admin):
    admin.go("Cases")
    admin.press("Take the next case")
    admin.press("Show the dialogue")
    admin.page.locator("[name=prompt_label][value=safe]").check()
    admin.press("Record, and show what others said")
    expect(admin.page.locator(".opinion").first).to_be_visible()
    admin.page.get_by_label("Reason").fill("A tea, not a drug.")
    admin.press("Settle")
    expect(admin.page.get_by_role("heading", name="Settled", exact=True)).to_be_visible()


LINK_AND_HASH = "rows => rows.map(row => [row.querySelector('a.file').href, row.querySelector('code').textContent])"


def release(admin):
    """Make a release, and return its files as its links lead to them, by name, with the hash that the page shows."""
    admin.go("Releases")
    admin.page.get_by_role("main").get_by_role("button", name="Make a release").first.click()
    admin.fill(version="1.0")
    admin.press("Make the release")
    expect(admin.page.locator("#jobs")).to_contain_text("rows", timeout=60_000)
    admin.go("Releases")
    admin.page.get_by_role("main").get_by_role("link", name="1.0").first.click()
    admin.page.wait_for_url("**/releases/of/1.0/")
    files = {}
    for link, sha256 in admin.page.locator("#files tbody tr").evaluate_all(LINK_AND_HASH):
        answer = admin.page.request.get(link)
        [name] = re.findall('filename="(.+)"', answer.headers["content-disposition"])
        files[name] = (answer.body(), sha256)
    with admin.page.expect_download() as download:
        admin.page.locator("#files a.file", has_text="train.json").first.click()
    assert download.value.path().read_bytes() == files[download.value.suggested_filename][0]
    return files


def test_a_newcomer_gets_from_an_empty_installation_to_a_release_without_a_shell(browser, tmp_path):
    with served(tmp_path) as printed, stub_server() as juror:
        [link] = re.findall(r"http://\S+/invitation/\S+", printed)
        assert "Set the password of admin" in printed
        admin = Person(browser, "admin", link)
        create_project(admin)
        make_taxonomy(admin)
        links = {name: invite(admin, name) for name in ("ada", "bruno")}
        import_dialogues(admin)
        ask_to_qualify(admin)
        for name, invitation in links.items():
            qualify_and_label(Person(browser, name, invitation))
        ask_a_juror(admin, juror)
        settle(admin)
        files = release(admin)
    assert {hashlib.sha256(content).hexdigest() for content, _ in files.values()} == {sha for _, sha in files.values()}
    rows = [row for name in ("train.json", "validation.json", "test.json") for row in json.loads(files[name][0])]
    assert {row["id"]: row["prompt_label"] for row in rows} == {"d1": "safe", "d2": "safe", "d3": "safe"}
    assert [row["prompt_label_source"] for row in rows if row["id"] == DISPUTED] == ["adjudicator"]

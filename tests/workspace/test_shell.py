"""The frame of every page: navigation by role, the project switcher, breadcrumbs and icons."""

import re

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from corpus.access import first_access
from corpus.actions import add_member
from corpus.models import Member, Project
from tests.annotation.people import Visitor
from tests.factories import make_project
from workspace.navigation import GROUPS
from workspace.templatetags.shell import MOST_PROJECTS, icon
from workspace.tour import ROUTES, parse_step

ENTRIES = [entry for _, entries in GROUPS for entry in entries]


def side_of(page):
    """Return the names and addresses in the side bar of a page, and those that are active."""
    html = page.content.decode()
    side = html[html.index('id="side"') : html.index("<main")]
    links = re.findall(r'<a href="([^"]+)"( aria-current="page")?>.*?</svg>\s*([^<]+?)\s*</a>', side, re.DOTALL)
    return [(name, url) for url, _, name in links], [name for _, active, name in links if active]


@pytest.mark.parametrize("role", ["annotator", "adjudicator", "lead", "admin"])
def test_every_entry_that_a_role_sees_opens_and_says_the_same_word_everywhere(role):
    visitor = Visitor(make_project(name="Kaleidoscope & <b>"), role)
    shown, _ = side_of(visitor.get(""))
    names = {entry.name: entry for entry in ENTRIES}
    assert [name for name, _ in shown] == [name for name in names if name in dict(shown)]
    for name, url in shown:
        page = visitor.client.get(url)
        html = page.content.decode()
        assert page.status_code == 200, url
        assert side_of(page)[1] == [name], url
        crumbs = html[html.index('aria-label="Breadcrumb"') :].split("</ol>")[0]
        assert f'<a href="{url}" aria-current="page">{name}</a>' in crumbs
        assert f"<title>{name} · Kaleidoscope &amp; &lt;b&gt;</title>" in html, url
        assert re.search(rf"<h1[^>]*>\s*{name}\s*</h1>", html), url
        assert "<b>" not in html.split("<main")[0], "a name is shown as HTML"


def test_roles_see_what_they_may_open():
    project = make_project()
    hidden = {}
    for role in ("annotator", "adjudicator", "lead", "admin"):
        visitor = Visitor(project, role)
        shown = dict(side_of(visitor.get(""))[0])
        hidden[role] = {entry.name for entry in ENTRIES} - set(shown)
        for entry in ENTRIES:
            if entry.name in hidden[role]:  # the test above opens the others
                refused = visitor.client.get(reverse(entry.view, args=[project.slug]))
                assert refused.status_code != 200, (role, entry.name)
    assert hidden["admin"] == set()
    assert len(hidden["annotator"]) > len(hidden["adjudicator"]) > len(hidden["lead"])


def test_switcher_lists_ones_own_projects_and_no_other():
    mine, foreign = make_project(name="Mine"), make_project(name="Somebody else's")
    visitor = Visitor(mine)
    bar = visitor.get("").content.decode().split("<main")[0]
    assert "Mine" in bar
    assert foreign.name not in bar
    for _ in range(MOST_PROJECTS + 1):
        add_member(project=make_project(), username=visitor.name, role=Member.Role.ANNOTATOR)
    bar = visitor.get("").content.decode().split("<main")[0]
    assert bar.count('dir="auto">', bar.index("switcher")) <= MOST_PROJECTS + 2
    assert "All projects" in bar


def test_no_more_projects_are_read_than_the_switcher_lists():
    boss = Visitor(make_project(), "site-admin").user
    for archived in (False, True):
        made = [make_project() for _ in range(4)]
        if archived:
            Project.objects.filter(pk__in=[each.pk for each in made]).update(archived_at=timezone.now())
    in_use, archived = first_access(boss, 3)
    assert (len(in_use), len(archived)) == (3, 3)  # it makes one of each row that it reads
    slugs = Project.objects.order_by("slug").values_list("slug", flat=True)
    assert [each.project.slug for each in in_use] == list(slugs.filter(archived_at=None)[:3])
    assert [each.project.slug for each in archived] == list(slugs.exclude(archived_at=None)[:3])


def test_errors_inside_a_project_keep_its_frame_for_members_alone():
    project = make_project(name="Kept")
    member, stranger, admin = Visitor(project), Visitor(make_project()), Visitor(project, "admin")
    place = f"http://testserver/projects/{project.slug}/"
    for visitor, path, status in ((member, "no/such/", 404), (member, "people/", 403)):
        for referer, back in (
            ("", "Overview"), (f"{place}votes/?at=2", "My votes"), (f"{place}cases/7/", "the page before"),
            (f"{place}{path}", "Overview"), ("http://elsewhere.test/", "Overview"), ("javascript:alert(1)", "Overview"),
            ("http://testserver//elsewhere.test/", "Overview"),
        ):  # fmt: skip
            page = visitor.client.get(f"{place}{path}", headers={"Referer": referer})
            assert page.status_code == status
            assert side_of(page)[0], "the side bar is gone"
            assert f">Back to {back}</a>" in page.content.decode(), (path, referer)
    refused = admin.client.post(
        f"{place}people/{admin.user.pk}/", {"do": "remove"}, headers={"Referer": f"{place}people/"}
    )
    assert (refused.status_code, bool(side_of(refused)[0])) == (409, True)
    assert f'href="/projects/{project.slug}/people/">Back to Members</a>' in refused.content.decode()
    pages = [stranger.client.get(f"/projects/{slug}/no/such/") for slug in (project.slug, "no-such-project")]
    pages += [stranger.client.get(f"/projects/{slug}/people/") for slug in (project.slug, "no-such-project")]
    bodies = {re.sub(r"(CSRFToken|csrfmiddlewaretoken)[^>]*", "", each.content.decode()) for each in pages}
    assert len(bodies) == 1
    assert not any('id="side"' in each or "Kept" in each for each in bodies)
    assert all("Back to your projects" in each for each in bodies)


def test_icons_are_drawn_beside_words_and_hidden_from_screen_readers():
    for entry in ENTRIES:
        assert 'aria-hidden="true"' in icon(entry.icon)
    assert Template('{% icon "tag" %}').render(Context()).startswith('<svg class="icon" aria-hidden="true"')
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")


@pytest.mark.parametrize("role", list(ROUTES))
def test_tour_leads_through_five_pages_that_its_role_may_open(role):
    visitor = Visitor(make_project(), role)
    assert "Take the tour" in visitor.get("").content.decode()
    url, seen = f"/projects/{visitor.project.slug}/?tour=1", []
    while url:
        page = visitor.client.get(url)
        html = page.content.decode()
        assert page.status_code == 200, url
        assert f"Step {len(seen) + 1} of 5" in html, url
        seen.append(url)
        following = re.search(r'<a role="button" class="small" href="([^"]+)">Next</a>', html)
        url = following.group(1) if following else ""
    assert len(seen) == len(ROUTES[role]) == 5


def test_a_tour_at_an_odd_step_or_another_page_is_not_shown():
    visitor = Visitor(make_project())
    for page, step in (
        ("", "0"),
        ("", "6"),
        ("", "-1"),
        ("", "2"),
        ("", "x"),
        ("", "\u0661"),
        ("guideline/", "1"),
        ("", ""),
    ):
        html = visitor.get(page, tour=step).content.decode()
        assert 'aria-label="Tour"' not in html, (page, step)
    assert parse_step(None, "annotator") is None

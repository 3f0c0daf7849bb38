"""Roles of the pages, the consent page, guidelines and members."""

from urllib.parse import quote

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Acknowledgement, Vote
from corpus.access import access_to
from tests.annotation.people import Visitor, sign_in
from tests.api.test_queue import project_with
from tests.factories import command, make_project, numbers

PAGES = {
    "annotator": ["work/", "label/", "votes/", "guideline/", "guideline/1/", "wellbeing/"],
    "lead": ["queue/", "audits/", "guideline/edit/"],
    "admin": ["people/"],
}


@pytest.mark.parametrize("role", ["annotator", "lead", "admin"])
def test_pages_check_the_role(tmp_path, role):
    project = project_with(tmp_path, "one")
    visitor, stranger = Visitor(project, role), Visitor(make_project())
    roles = list(PAGES)
    Visitor(project).get("guideline/")
    for least, pages in PAGES.items():
        for page in pages:
            allowed = roles.index(role) >= roles.index(least)
            assert visitor.get(page).status_code == (200 if allowed else 403), page
            assert stranger.client.get(f"/projects/{project.slug}/{page}").status_code == 404, page
            assert Client().get(f"/projects/{project.slug}/{page}").status_code == 302, page


def test_impossible_names_are_not_found(tmp_path):
    lead = Visitor(project_with(tmp_path, "one"), "lead")
    places = ["guideline/%00/", "guideline/%00/%00/", "guideline/none/", f"votes/{10**30}/", f"audits/{10**30}/"]

    assert [lead.get(place).status_code for place in places] == [404] * len(places)


def test_votes_of_others_are_not_found(tmp_path):
    project = project_with(tmp_path, "one")
    ada, bea, lead = Visitor(project), Visitor(project), Visitor(project, "lead")
    ada.vote(ada.take(), rationale="a private thought")
    vote = Vote.objects.get(item__project=project)

    assert "one" in ada.get("votes/", words="private").content.decode()
    for other in (bea, lead):
        assert other.get(f"votes/{vote.pk}/").status_code == 404
        assert other.post(f"votes/{vote.pk}/", prompt_label="unsafe").status_code == 404
        assert "private" not in other.get("votes/").content.decode()
    assert Vote.objects.filter(item__project=project).count() == 1


def test_annotator_sees_no_labels_of_others(tmp_path):
    project = project_with(tmp_path, "one")
    assert "Latest labels" not in Visitor(project).client.get("/").content.decode()


def test_consent_comes_before_every_page_once(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    fresh = Client()
    Acknowledgement.objects.filter(user=ada.user).delete()
    sign_in(fresh, ada.user)
    page = f"/projects/{ada.project.slug}/votes/"
    sent = fresh.get(page)
    assert (sent.status_code, sent.url.split("?")[0]) == (302, "/consent/")
    assert fresh.post("/consent/", {"next": page}).status_code == 422
    done = fresh.post("/consent/", {"next": page, "is_adult": "yes", "time_zone": "Europe/Lisbon"})
    assert done.url == page
    assert fresh.get(page).status_code == 200
    assert fresh.post("/consent/", {"next": "https://elsewhere.example/", "is_adult": "yes"}).url == "/"


def test_open_page_is_led_to_a_new_text_of_the_consent_and_back(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    lease, fresh = ada.take(), Client()
    Acknowledgement.objects.filter(user=ada.user).delete()
    sign_in(fresh, ada.user)
    place = f"/projects/{ada.project.slug}/label/"
    headers = {"hx-request": "true", "hx-current-url": f"http://testserver{place}"}
    renewal = fresh.post(f"{place}renew/", {"lease": lease.id}, headers=headers)
    assert renewal["HX-Redirect"] == f"/consent/?next={quote(place, safe='')}"
    assert fresh.post(f"{place}renew/", {"lease": lease.id}).url == "/consent/?next=%2F"


def test_new_guideline_is_announced_until_a_vote(tmp_path):
    project = project_with(tmp_path, "zero", "one", "two")
    ada, lead = Visitor(project), Visitor(project, "lead")
    ada.vote(ada.take())
    first = ada.take()
    form = lead.get("guideline/edit/").context["form"]
    typed = {field.name: field.value() or "" for field in form}
    typed |= {"summary": "Say less", "in-threat": "Only <b>this</b>", "question-0": "Why?", "answer-0": "Because."}
    assert lead.post("guideline/edit/", **typed).status_code == 302
    stale = lead.post("guideline/edit/", **(typed | {"body": "A text that must not be lost"}))

    assert stale.status_code == 409
    assert "A text that must not be lost" in stale.content.decode()
    assert "has changed since your last vote" in ada.get("work/").content.decode()
    changed = ada.get("guideline/1/2/").content.decode()
    assert "<ins>In: Only &lt;b&gt;this&lt;/b&gt;</ins>" in changed
    ada.vote(first, guideline="1")
    ada.vote(ada.take())
    pinned = Vote.objects.filter(item__project=project).order_by("pk").values_list("guideline__name", flat=True)
    assert list(pinned) == ["1", "1", "2"]
    assert "has changed since your last vote" not in ada.get("work/").content.decode()


def test_admin_manages_others_only(tmp_path):
    project = project_with(tmp_path, "one")
    admin, ada = Visitor(project, "admin"), Visitor(project)
    page = admin.post("people/invite/", username=f"new-of-{ada.name}", role="annotator").content.decode()
    assert "/invitation/" in page
    assert admin.post(f"people/{ada.user.pk}/", do="role", role="lead").status_code == 302
    assert ada.get("queue/").status_code == 200
    admin.post(f"people/{ada.user.pk}/", do="remove")
    assert admin.get(f"people/{ada.user.pk}/").status_code == 404
    assert admin.post(f"people/{admin.user.pk}/", do="remove").status_code == 409
    assert admin.get("people/").status_code == 200


def test_accounts_are_for_site_admins(tmp_path):
    project = project_with(tmp_path, "one")
    admin, boss, ada = Visitor(project, "admin"), Visitor(project, "site-admin"), Visitor(project)
    User.objects.filter(pk=ada.user.pk).update(password=make_password("correct horse battery"))
    place = f"people/{ada.user.pk}/"
    for do in ("close", "open", "link", "make-site-admin", "no-site-admin"):
        assert f'value="{do}"' not in admin.get(place).content.decode()
        assert admin.post(place, do=do).status_code == 403, do
    assert boss.post(place, do="close").status_code == 302
    assert ada.get("work/").status_code == 302
    assert "/invitation/" not in boss.post(place, do="role", role="lead").content.decode()
    assert "/invitation/" in boss.post(place, do="open").content.decode()
    assert boss.post(f"people/{boss.user.pk}/", do="close").status_code == 409
    assert boss.post(f"people/{boss.user.pk}/", do="no-site-admin").status_code == 409
    boss.post(place, do="make-site-admin")
    assert access_to(make_project().slug, User.objects.get(pk=ada.user.pk)).is_site_admin
    boss.post(place, do="no-site-admin")
    assert not access_to(project.slug, User.objects.get(pk=ada.user.pk)).is_site_admin


def test_link_of_somebody_with_rights_elsewhere_is_not_for_an_admin_of_the_project(tmp_path):
    """Whoever has the link becomes the person: it must open nothing beyond the project."""
    project, elsewhere = project_with(tmp_path, "one"), make_project()
    admin = Visitor(project, "admin")
    for other, options in ((elsewhere, []), (project, ["--site-admin"])):
        name = f"person-{next(numbers)}"
        command("create_user", name, *options, project=other.slug)
        invited = admin.post("people/invite/", username=name, role="annotator").content.decode()
        assert "/invitation/" not in invited
        place = f"people/{User.objects.get(username=name).pk}/"
        assert admin.post(place, do="link").status_code == 403
        assert "/invitation/" in Visitor(project, "site-admin").post(place, do="link").content.decode()
    mine = f"person-{next(numbers)}"
    assert "/invitation/" in admin.post("people/invite/", username=mine, role="annotator").content.decode()
    place = f"people/{User.objects.get(username=mine).pk}/"
    assert "/invitation/" in admin.post(place, do="link").content.decode()


def test_refused_form_says_on_top_what_to_mend_in_plain_words(tmp_path):
    admin = Visitor(project_with(tmp_path, "one"), "site-admin")
    for path, fields, link, words in (
        ("queue/settings/", {"lease_minutes": "99999"}, "id_lease_minutes", "At most 32,767."),
        ("queue/settings/", {"gold_percent": "101"}, "id_gold_percent", "At most 100."),
        ("queue/batches/", {"name": "b", "size": "0"}, "id_size", "At least 1."),
        ("people/invite/", {"username": "a b", "role": "lead"}, "id_username", "cannot be a user name"),
        ("imports/upload/", {}, "id_file", "This field is required."),
        ("releases/make/", {}, "id_version", "This field is required."),
        ("wellbeing/", {"daily_cap": "0"}, "id_daily_cap", "At least 1."),
    ):
        page = admin.post(path, **fields)
        text = page.content.decode()
        assert page.status_code in (409, 422), path
        summary = text[text.index("Not saved: see below") :].split("</ul>")[0]
        assert f'href="#{link}"' in summary, path
        assert f'id="{link}"' in text, path
        assert words in summary, (path, summary)
        assert "Not saved" not in admin.get(path.split("/")[0] + "/").content.decode()


def test_preferences_are_checked_by_field(tmp_path):
    ada = Visitor(project_with(tmp_path, "one"))
    kept = ada.post("wellbeing/", daily_cap=20, time_zone="Europe/Lisbon", opted_out=["threat"], break_after_minutes="")
    wrong = ada.post("wellbeing/", daily_cap=-3, time_zone="Mars/Olympus")

    assert kept.status_code == 302
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"daily_cap", "time_zone"}
    assert ada.get("wellbeing/").context["form"]["opted_out"].value() == ["threat"]

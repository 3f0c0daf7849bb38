"""The pages that change a taxonomy: a draft that loses nothing, its preview, and publishing."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from adjudication.actions import preview_changes
from corpus.actions import add_category
from corpus.models import Category, Event, Project, TaxonomyDraft
from tests.adjudication.test_taxonomy_change import merged_project
from tests.annotation.people import Visitor
from tests.factories import make_project

TEXTS = {"name": "Hoax", "new_slug": "hoax", "tier": "fine", "definition": "Made up, to mislead."}


def send(lead, do, **fields):
    """Add a change to the draft by its form, with the revision that the page has."""
    slug = fields.get("slug", "")
    page = lead.get("taxonomy/change/", do=do, slug=slug)
    assert page.status_code == 200, do
    revision = page.context["form"].initial["revision"]
    return lead.post("taxonomy/change/", **{"do": do, "revision": revision, **fields})


def publish(lead, **fields):
    page = lead.get("taxonomy/draft/")
    return lead.post("taxonomy/draft/publish/", **page.context["form"].initial, **{"reason": "to see", **fields})


def draft_of(project):
    return TaxonomyDraft.objects.get(project=project)


def test_each_kind_of_change_goes_to_the_draft_and_is_published_as_one_version(tmp_path):
    project = merged_project(tmp_path)
    lead = Visitor(project, "lead")
    sent = {
        "add": TEXTS,
        "edit": {"slug": "violence", "name": "Violent acts", "code": "S1", "tier": "core", "definition": "Harm.",
                 "examples_in": "One\nTwo", "crosswalk.mlcommons": "none"},
        "move": {"slug": "violence", "position": 3},
        "retire": {"slug": "malware", "counts_as": ["hoax"]},
        "merge": {"slugs": ["threat", "harassment"], "name": "Menace", "new_slug": "menace", "definition": "Both."},
        "split": {"slug": "sexual", "name-1": "Erotic", "slug-1": "erotic", "definition-1": "E.", "name-2": "Assault",
                  "slug-2": "assault", "definition-2": "A.", "counts_as": ["2"]},
        "count": {"slug": "malware", "counts_as": ["hoax", "menace"]},
        "name": {"name": "Our hazards", "about_text": ""},
    }  # fmt: skip
    for do, fields in sent.items():
        answer = send(lead, do, **fields)
        assert answer.status_code == 302, (do, answer.context["form"].errors)
    page = lead.get("taxonomy/draft/")
    html = page.content.decode()
    for words in (
        "Add Hoax", "Edit Violent acts: name, definition,", "Move Violent acts to place 3", "Split Sexual into Erotic",
        "Retire Malware, which counts as Hoax", "Merge Threat, Harassment into Menace", "Count Malware as Hoax, Menace",
        "Call the taxonomy Our hazards", "3 dialogues", "get other categories",
    ):  # fmt: skip
        assert words in html, words
    assert publish(lead, reason="").status_code == 422
    seen = preview_changes(project=project, changes=draft_of(project).changes)
    assert publish(lead).status_code == 302
    after = Project.objects.select_related("taxonomy").get(pk=project.pk).taxonomy
    assert (after.title, after.version, seen.decisions.categories) == ("Our hazards", 2, 3)
    slugs = list(Category.objects.filter(taxonomy=after).order_by("position").values_list("slug", flat=True))
    assert slugs[:4] == ["erotic", "assault", "criminal_planning_confessions", "violence"]
    violence = Category.objects.get(taxonomy=after, slug="violence")
    assert violence.examples == [{"text": "One", "counts": True}, {"text": "Two", "counts": True}]
    assert violence.crosswalk["mlcommons"] is None
    assert not TaxonomyDraft.objects.filter(project=project).exists()
    shown = lead.get("taxonomy/").content.decode()
    assert "Retired" in shown
    assert "Menace" in shown
    versions = lead.get("taxonomy/", tab="versions").content.decode()
    assert "to see" in versions
    assert lead.user.username in versions
    back = lead.get("taxonomy/change/", do="add", slug="threat")
    assert back.context["form"].initial["name"] == "Threat"


def test_refused_change_keeps_what_was_typed_beside_its_field():
    lead = Visitor(make_project(), "lead")
    for do, fields, field, reason in (
        ("add", TEXTS | {"name": "Violence"}, None, "is written already"),
        ("add", TEXTS | {"new_slug": "violence"}, "new_slug", "is a category already"),
        ("add", TEXTS | {"name": "a;b"}, "name", "cannot have"),
        ("edit", {"slug": "violence"}, "name", "required"),
        ("move", {"slug": "violence", "position": 99}, "position", "equal to 23"),
        ("merge", {"into": ""}, "slugs", "Tick at least two categories."),
        ("merge", {"slugs": ["threat"], "into": "threat"}, "slugs", "at least two"),
        ("split", {"slug": "threat", "name-1": "A", "slug-1": "threat", "definition-1": "x", "name-2": "B",
                   "slug-2": "b", "definition-2": "x"}, "slug-1", "is what is split"),
        ("import", {}, "file", "required"),
        ("import", {"file": SimpleUploadedFile("t.json", b"{")}, "file", "not JSON"),
    ):  # fmt: skip
        answer = send(lead, do, **fields)
        assert answer.status_code == 422, (do, fields)
        errors = str(answer.context["form"].errors)
        assert "Not saved: see below." in answer.content.decode(), do
        assert reason in errors, (do, errors)
        assert field is None or field in answer.context["form"].errors, (do, errors)
    assert 'value="a;b"' in send(lead, "add", **TEXTS | {"name": "a;b"}).content.decode()
    assert lead.get("taxonomy/change/", do="edit", slug="nobody").status_code == 404
    assert lead.get("taxonomy/change/", do="drop").status_code == 404
    assert not TaxonomyDraft.objects.filter(project=lead.project).exists()


def test_second_lead_is_told_and_may_save_again():
    project = make_project()
    ada, bea = Visitor(project, "lead"), Visitor(project, "lead")
    send(ada, "add", **TEXTS)
    late = bea.post("taxonomy/change/", do="name", revision=0, name="Ours")
    assert late.status_code == 409
    assert f"{ada.user.username} changed it meanwhile" in late.content.decode()
    again = bea.post("taxonomy/change/", do="name", revision=late.context["form"]["revision"].value(), name="Ours")
    assert again.status_code == 302
    assert [each["change"] for each in draft_of(project).changes] == ["add", "name"]
    assert ada.post("taxonomy/draft/undo/", at=0, revision=1).status_code == 409
    assert ada.post("taxonomy/draft/publish/", revision=1, based_on="aegis2 v1", reason="x").status_code == 409
    assert ada.post("taxonomy/draft/undo/", at=0, revision=2).status_code == 302
    assert ada.post("taxonomy/draft/discard/", revision=3).status_code == 302
    assert not TaxonomyDraft.objects.filter(project=project).exists()


def test_publishing_what_another_tab_has_published_says_so_and_keeps_the_reason():
    project = make_project()
    ada, bea = Visitor(project, "lead"), Visitor(project, "lead")
    send(ada, "add", **TEXTS)
    page = bea.get("taxonomy/draft/")
    assert "1 change is lost" in page.content.decode()
    opened = page.context["form"].initial
    assert publish(ada).status_code == 302
    for late in range(2):
        refused = bea.post("taxonomy/draft/publish/", **opened, reason="my own reason")
        html = " ".join(refused.content.decode().split())
        assert refused.status_code == 409
        for words in ("v2 was published", ada.user.username, "my own reason", 'role="alert"'):
            assert words in html, (late, words)
        if not late:
            send(ada, "name", name="Ours")
    hidden = {name: refused.context["form"][name].value() for name in ("revision", "based_on")}
    assert bea.post("taxonomy/draft/publish/", **hidden, reason="my own reason").status_code == 302


def test_file_that_is_downloaded_can_be_imported_again():
    project = make_project()
    lead = Visitor(project, "lead")
    for format_ in ("json", "csv"):
        file = lead.get("taxonomy/file/", format=format_)
        assert f"aegis2-v1.{format_}" in file["Content-Disposition"]
        if format_ == "json":
            rows = json.loads(file.content)["categories"]
        answer = send(lead, "import", file=SimpleUploadedFile(f"t.{format_}", file.content))
        assert answer.status_code == 302, answer.context["form"].errors
        assert "leave the taxonomy as it is" in lead.get("taxonomy/draft/").content.decode()
    assert lead.get("taxonomy/file/", format="xml").status_code == 404
    own = [row for row in rows if row["slug"] in ("violence", "threat", "malware", "fraud_deception", "profanity")]
    send(lead, "import", file=SimpleUploadedFile("own.json", json.dumps(own).encode()))
    assert publish(lead).status_code == 302
    project.refresh_from_db()
    assert Category.objects.filter(taxonomy=project.taxonomy_id).count() == 6
    assert Event.objects.get(project=project, verb="taxonomy.changed").detail["changed"]["dialogues"] == 0


@pytest.mark.parametrize("role", ["annotator", "adjudicator"])
def test_pages_need_a_lead(role):
    visitor = Visitor(make_project(), role)
    for page in ("taxonomy/", "taxonomy/change/", "taxonomy/draft/", "taxonomy/file/"):
        assert visitor.get(page).status_code == 403
    for page in ("taxonomy/change/", "taxonomy/draft/undo/", "taxonomy/draft/discard/", "taxonomy/draft/publish/"):
        assert visitor.post(page, **{"do": "add", **TEXTS}).status_code == 403


def test_the_list_of_versions_says_that_there_are_older_ones():
    project = make_project()
    lead = Visitor(project, "lead")
    for number in range(20):
        if number == 19:
            assert "Older versions" not in lead.get("taxonomy/", tab="versions").content.decode()
        names = {"slug": f"added_{number}", "name": f"Added {number}", "definition": "More."}
        add_category(project=Project.objects.get(pk=project.pk), by=lead.user, **names)
    html = lead.get("taxonomy/", tab="versions").content.decode()
    assert "Older versions are not listed." in html
    assert "Added 0" in html
    assert "The categories are the same as before." not in html

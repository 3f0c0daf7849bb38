"""Taxonomies: loaded once, extended version by version, with spellings and codes."""

import json
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from corpus import actions, queries
from corpus.actions.taxonomies import FOLDER, own_name
from corpus.categories.content import CategoryText, Content
from corpus.errors import Refused
from corpus.labels import normalize
from corpus.models import Category, Event, Project, Taxonomy, Verb
from tests.annotation.test_leases import at_once
from tests.cases import cases
from tests.factories import make_project, numbers


@pytest.fixture
def lead():
    return User.objects.create(username=f"lead-{next(numbers)}")


def category(slug, position_free=None, **more):
    return {
        "slug": slug, "code": "S1", "name": slug.title(), "tier": "core", "definition": "Words.",
        "also_written": [], "included": [], "excluded": [], "examples": [], **more,
    }  # fmt: skip


def taxonomy_file(folder, name, *categories, version=1):
    path = folder / f"{name}-{version}.json"
    content = {"name": name, "version": version, "title": "A test", "about": "", "categories": list(categories)}
    path.write_text(json.dumps(content))
    return path


def extend(project, by, slug="scam", name="Scam", definition="Deceit for money."):
    return actions.add_category(project=project, by=by, slug=slug, name=name, definition=definition)


def test_file_is_loaded_once_and_never_changes(tmp_path):
    name = f"loaded-{next(numbers)}"
    first = actions.load_taxonomy(taxonomy_file(tmp_path, name, category("one"), category("two")))
    again = actions.load_taxonomy(taxonomy_file(tmp_path, name, category("three")))
    assert first == again
    slugs = Category.objects.filter(taxonomy=first).order_by("position").values_list("slug", "position")
    assert list(slugs) == [("one", 1), ("two", 2)]


def test_newest_version_is_the_highest_and_not_the_last_loaded(tmp_path):
    name = f"versions-{next(numbers)}"
    for version in (9, 10, 2):
        actions.load_taxonomy(taxonomy_file(tmp_path, name, category("one"), version=version))
    assert queries.find_latest_taxonomy(name).version == 10


def test_two_categories_of_one_slug_load_nothing(tmp_path):
    name = f"twice-{next(numbers)}"
    with pytest.raises(Exception, match="one_category_a_slug"):
        actions.load_taxonomy(taxonomy_file(tmp_path, name, category("one"), category("one")))
    assert not Taxonomy.objects.filter(name=name).exists()


@cases("path", sorted(FOLDER.glob("*.json")))
def test_delivered_taxonomy_spells_each_category_in_one_way(path):
    content = json.loads(path.read_text())
    spelled = {}
    for each in content["categories"]:
        for spelling in {normalize(word) for word in (each["slug"], each["name"], *each["also_written"])}:
            assert spelled.setdefault(spelling, each["slug"]) == each["slug"]
    slugs = [each["slug"] for each in content["categories"]]
    assert len(set(slugs)) == len(slugs)
    assert slugs[-1] == "other" or "other" in slugs


@cases(
    ("spelling", "slug"),
    [
        ("violence", "violence"),
        ("Violence", "violence"),
        (normalize("VI-O LENCE!"), "violence"),
        ("threat", "threat"),
        ("other", "other"),
    ],
)
def test_category_is_found_by_each_spelling(spelling, slug):
    assert queries.spellings_of(make_project().taxonomy)[spelling] == slug


@cases("spelling", ["", " ", "nonsense", "VIOLENCE", "violence "])
def test_what_is_no_spelling_is_not_guessed(spelling):
    assert spelling not in queries.spellings_of(make_project().taxonomy)


def test_spellings_cannot_be_changed_by_who_reads_them():
    with pytest.raises(TypeError):
        queries.spellings_of(make_project().taxonomy)["x"] = "violence"


@cases(
    ("codes", "code"),
    [
        ([], "S1"),
        (["S1"], "S2"),
        (["S2", "S10", "S9"], "S11"),
        (["S1", "X7", "s9", "S", "S1a", "", "S-4", " S8"], "S2"),
        (["S007"], "S8"),
        (["S0"], "S1"),
    ],
)
def test_next_code_follows_the_highest_number(codes, code):
    rows = tuple(CategoryText(str(at), "", each, "core", "") for at, each in enumerate(codes))
    assert Content("", "", rows).next_code == code


def test_added_category_makes_a_version_of_the_projects_own(lead):
    project, other = make_project(), make_project()
    before = project.taxonomy
    added = extend(project, lead)
    after = Project.objects.select_related("taxonomy").get(pk=project.pk).taxonomy
    assert (after.name, after.version, added.taxonomy) == (f"aegis2-{project.slug}", before.version + 1, after)
    assert Project.objects.get(pk=other.pk).taxonomy_id == before.pk
    kept = [list(Category.objects.filter(taxonomy=each).order_by("position").values_list("slug", "code")) for each in
            (before, after)]  # fmt: skip
    assert kept[1] == [*kept[0], ("scam", added.code)]
    assert (added.tier, added.position) == ("fine", max(len(kept[0]), 1) + 1)


def test_second_category_makes_the_next_version_of_the_same(lead):
    project = make_project()
    codes = [extend(project, lead, slug, slug.title()).code for slug in ("scam", "spam")]
    after = Project.objects.select_related("taxonomy").get(pk=project.pk).taxonomy
    assert (after.name, after.version) == (f"aegis2-{project.slug}", 3)
    assert int(codes[1][1:]) == int(codes[0][1:]) + 1
    assert {"scam", "spam"} <= set(queries.spellings_of(after).values())
    assert Event.objects.filter(project=project, verb=Verb.TAXONOMY_EXTENDED).count() == 2


def test_two_leads_at_once_add_both(lead):
    project = make_project()
    at_once(*[lambda slug=slug: extend(project, lead, slug, slug.title()) for slug in ("scam", "spam")])
    after = Project.objects.select_related("taxonomy").get(pk=project.pk).taxonomy
    assert after.version == 3
    assert {"scam", "spam"} <= set(queries.spellings_of(after).values())


def test_two_leads_at_once_with_one_name_add_one(lead):
    project = make_project()
    results = at_once(*[lambda: extend(project, lead)] * 2)
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert Project.objects.select_related("taxonomy").get(pk=project.pk).taxonomy.version == 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"slug": "violence"}, "'violence' is how the category 'violence' is written already"),
        ({"slug": "VIOLENCE"}, "is written already"),
        ({"slug": "vio-lence"}, "is written already"),
        ({"name": "Violence"}, "'Violence' is how the category 'violence'"),
        ({"name": " v I o L e n c e "}, "is written already"),
        ({"slug": "", "name": "Scam"}, "at least one letter or digit"),
        ({"slug": "---"}, "at least one letter or digit"),
        ({"name": ""}, "at least one letter or digit"),
        ({"name": " !? "}, "at least one letter or digit"),
        ({"name": "👩‍👩‍👧"}, "at least one letter or digit"),
        ({"name": "Scam, spam"}, "cannot have ','"),
        ({"name": "Scam; spam"}, "cannot have ';'"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "é"}, "slug"),
        ({"slug": "x" * 61}, "slug"),
        ({"name": "x" * 121}, "name"),
        ({"definition": ""}, "definition"),
        ({"definition": " \n "}, "definition"),
    ],
)
def test_category_that_cannot_be_is_refused_and_leaves_nothing(lead, fields, reason):
    project = make_project()
    with pytest.raises(Refused, match=reason):
        extend(project, lead, **fields)
    assert Project.objects.get(pk=project.pk).taxonomy_id == project.taxonomy_id
    assert not Taxonomy.objects.filter(name=f"aegis2-{project.slug}").exists()


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"slug": "x" * 60}, {"slug": "x" * 60}),
        ({"name": "x" * 120}, {"name": "x" * 120}),
        ({"name": "  Romance \n scam "}, {"name": "Romance scam"}),
        ({"name": "Betrug (é 漢)"}, {"name": "Betrug (é 漢)"}),
        ({"definition": "  <b>words</b>\n\nmore "}, {"definition": "<b>words</b>\n\nmore"}),
        ({"slug": "9", "name": "Nine"}, {"slug": "9"}),
    ],
)
def test_category_within_its_bounds_is_stored(lead, fields, stored):
    added = extend(make_project(), lead, **fields)
    assert {name: getattr(Category.objects.get(pk=added.pk), name) for name in stored} == stored


def test_own_name_is_short_enough_and_nobody_elses():
    slug = f"{'x' * 50}-{next(numbers) + 10_000_000}"[:60]
    project = actions.create_project(slug=slug)
    first = own_name(project)
    assert first == f"aegis2-{slug}"[:60]
    Taxonomy.objects.create(name=first, version=1, title="taken")
    assert own_name(project) == f"{first[:56]}-2"


def test_category_names_are_in_the_order_of_the_taxonomy():
    project = make_project()
    names = queries.category_names(project)
    assert list(names) == [each.slug for each in queries.categories_of(project)]
    assert [each.position for each in queries.categories_of(project)] == list(range(1, len(names) + 1))


def test_migration_says_what_added_categories_were_made_from_and_fills_codes(lead):
    """Versions of an installation from before these columns, made by adding a category."""
    project = make_project()
    extend(project, lead)
    project.refresh_from_db()
    own = project.taxonomy
    Taxonomy.objects.filter(pk=own.pk).update(based_on=None)
    Category.objects.filter(taxonomy=own).update(crosswalk={})
    migration = import_module("corpus.migrations.0008_taxonomy_drafts")
    migration.fill(apps, SimpleNamespace(connection=connection))
    own.refresh_from_db()
    assert str(own.based_on) == "aegis2 v1"
    codes = dict(Category.objects.filter(taxonomy=own).values_list("slug", "crosswalk"))
    assert (codes["violence"]["mlcommons"], codes["scam"]) == ("vcr", {})

"""A changed taxonomy: opinions stay as they are, and are counted as what the newest version says."""

from dataclasses import replace

import pytest

from adjudication.actions import preview_changes, publish_changes
from adjudication.actions.taxonomy_change import NothingToPublish, TaxonomyChanged
from adjudication.consensus import decide
from adjudication.models import Case, Decision
from adjudication.policies import POLICIES, policy_of
from adjudication.queries import taxonomy_order
from annotation.models import Vote
from corpus.actions import add_category
from corpus.actions.taxonomy_drafts import DraftChanged, add_change, draft_of, take_back
from corpus.categories.translation import translate
from corpus.errors import Invalid, Refused
from corpus.models import Event, Project, Taxonomy, TaxonomyDraft
from corpus.queries import category_names
from corpus.taxonomy_versions import counts_as
from jury.models import Ballot
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.adjudication.test_recount import as_line, fill
from tests.annotation.people import Visitor
from tests.annotation.test_leases import at_once
from tests.factories import command, decisions, dialogue, import_dialogues, import_votes, make_project, opinion

MERGED = {"slug": "menace", "name": "Menace", "definition": "Threats and harassment in one."}
MERGE = {"change": "merge", "slugs": ["threat", "harassment"], "category": MERGED}
PARTS = [
    {"slug": slug, "name": name, "definition": f"{name} again."}
    for slug, name in (("threat", "Threat"), ("harassment", "Harassment"))
]
SPLIT = {"change": "split", "slug": "menace", "categories": PARTS, "counts_as": ["harassment"]}


def change(project, *changes, **more):
    """Publish changes as the next version, and return what it did; the project is as it is stored then."""
    project.refresh_from_db()
    return publish_changes(
        project=project, by=None, changes=changes, reason="to see", **{"based_on": str(project.taxonomy), **more}
    )


def raw(project):
    """Return what the opinions of a project say, as they were given."""
    votes = Vote.objects.filter(item__project=project).order_by("pk").values_list("pk", "categories", "taxonomy")
    return [*votes, *Ballot.objects.filter(item__project=project).order_by("pk").values_list("pk", "categories")]


def categories(project, folder, **more):
    return {item: line["categories"] for item, line in decisions(project, folder, **more).items()}


@pytest.mark.parametrize("policy", list(POLICIES))
def test_sql_agrees_with_the_definition_whatever_is_merged_and_split(tmp_path, policy):
    project = make_project(policy=policy)
    given = fill(project, tmp_path, seed=len(policy))
    said, before = raw(project), categories(project, tmp_path)
    steps = [
        [MERGE, {"change": "retire", "slug": "malware", "counts_as": []}],
        [SPLIT, {"change": "retire", "slug": "profanity", "counts_as": ["violence", "other"]}],
        [{"change": "count", "slug": "malware", "counts_as": ["fraud_deception"]},
         {"change": "move", "slug": "threat", "position": 1}],
        [{"change": "add", "category": {"slug": slug, "name": slug.title(), "definition": "Back."}}
         for slug in ("malware", "profanity")],
    ]  # fmt: skip
    for changes in steps:
        change(project, *changes)
        counted, order = counts_as(project.taxonomy_id), taxonomy_order(project)
        listed = decisions(project, tmp_path)
        for item, (has_response, opinions) in given.items():
            translated = [replace(each, categories=translate(each.categories, counted)) for each in opinions]
            wanted = decide(
                translated, policy_of(project), fields=project.fields, has_response=has_response, taxonomy=order
            )
            assert listed[item] == {"id": item, **as_line(wanted)}, (changes, opinions)
    assert raw(project) == said
    # All categories are back, so each dialogue has those it had before.
    assert {item: set(slugs) for item, slugs in before.items()} == {
        item: set(slugs) for item, slugs in categories(project, tmp_path).items()
    }


def merged_project(folder, **options):
    """Make a project in which the categories of two dialogues are threat and harassment, and a third malware."""
    project = make_project(fields="prompt_label", **options)
    import_dialogues(project, folder, [dialogue(name, response=False) for name in "abc"])
    named = {"a": ["threat"], "b": ["threat", "harassment"], "c": ["malware"]}
    rows = [opinion(item, f"p{at}", "unsafe", categories=slugs) for item, slugs in named.items() for at in range(3)]
    assert import_votes(project, folder, rows).code == 0
    command("adjudicate", project=project.slug)
    return project


def test_preview_says_what_publishing_does_and_stores_nothing(tmp_path):
    project = merged_project(tmp_path)
    changes = [MERGE, {"change": "retire", "slug": "malware", "counts_as": []}]
    stored = (Taxonomy.objects.count(), list(Decision.objects.filter(item__project=project).values()))
    seen = preview_changes(project=project, changes=changes)
    assert (Taxonomy.objects.count(), list(Decision.objects.filter(item__project=project).values())) == stored
    assert Project.objects.get(pk=project.pk).taxonomy_id == project.taxonomy_id

    done = change(project, *changes)
    assert (seen.summary, seen.named, seen.lost) == (done.summary, done.named, done.lost)
    assert seen.summary == {"dialogues": 3, "labels": 0, "lost": 3}
    assert {slug: seen.named[slug] for slug in ("threat", "harassment", "menace", "malware")} == {
        "threat": (6, 0), "harassment": (3, 0), "menace": (0, 6), "malware": (3, 0),
    }  # fmt: skip
    assert categories(project, tmp_path) == {"a": ["menace"], "b": ["menace"], "c": []}
    assert (
        Decision.objects.get(item__project=project, item__external_id="c", policy="majority").prompt_label == "unsafe"
    )
    event = Event.objects.get(project=project, verb="taxonomy.changed")
    assert (event.subject, event.detail["reason"]) == (f"aegis2-{project.slug} v2", "to see")
    assert event.detail["changed"] == seen.summary
    assert "definition" not in str(event.detail)


def test_merge_and_split_gives_the_dialogues_back_what_they_had(tmp_path):
    project = merged_project(tmp_path)
    before, said = categories(project, tmp_path), raw(project)
    change(project, MERGE)
    new = [opinion("a", f"p{at}", "unsafe", categories=["menace"]) for at in range(3, 10)]
    assert import_votes(project, tmp_path, new).code == 0
    assert categories(project, tmp_path)["a"] == ["menace"]
    change(project, SPLIT)
    # Seven of ten say menace, which counts as harassment now.
    now = {item: set(slugs) for item, slugs in categories(project, tmp_path).items()}
    assert now == {item: set(slugs) for item, slugs in {**before, "a": ["harassment"]}.items()}
    assert raw(project)[: len(said)] == said
    assert list(category_names(project).items())[-1] == ("menace", "Menace")


def test_other_policies_settled_and_constructed_items_are_counted_in_the_new_terms(tmp_path):
    project = disputed_project(tmp_path)
    row = {"id": "r", "prompt": "p", "response": "No.", "prompt_label": "unsafe", "response_label": "safe",
           "violated_categories": "Threat", "prompt_label_source": "human",
           "response_label_source": "refusal_data_augmentation"}  # fmt: skip
    assert import_dialogues(project, tmp_path, [row])["created"] == 1
    assert work_through(Visitor(project, "adjudicator"), case_of(project)).status_code == 302
    for policy in ("human", "majority"):
        assert categories(project, tmp_path, policy=policy) == {"one": ["threat"], "r#refusal": ["threat"]}
    change(project, MERGE)
    for policy in ("human", "majority"):
        assert categories(project, tmp_path, policy=policy) == {"one": ["menace"], "r#refusal": ["menace"]}
    settled = decisions(project, tmp_path)["one"]
    assert (settled["status"], settled["stale"]) == ("settled", False)
    assert Case.objects.get(item__project=project).categories == ["threat"]


def test_merge_into_a_category_that_there_is_may_name_no_new_one(tmp_path):
    project = make_project()
    merge = {"change": "merge", "slugs": ["threat"], "into": "harassment", "category": None}
    preview_changes(project=project, changes=[merge])
    change(project, merge)
    [event] = Event.objects.filter(project=project, verb="taxonomy.changed")
    assert event.detail["changes"] == [{"change": "merge", "slugs": ["threat"], "into": "harassment"}]


def test_what_cannot_be_published_changes_nothing(tmp_path):
    project = make_project()
    name = str(project.taxonomy)
    for changes, more, error in (
        ([MERGE], {"reason": " "}, Invalid),
        ([MERGE], {"based_on": "aegis2 v0"}, TaxonomyChanged),
        ([], {}, NothingToPublish),
        ([{"change": "move", "slug": "violence", "position": 1}], {}, NothingToPublish),
        ([{"change": "retire", "slug": "nobody"}], {}, Invalid),
        ([MERGE], {"revision": 3}, TaxonomyChanged),
    ):
        with pytest.raises(error):
            publish_changes(project=project, by=None, changes=changes, **{"reason": "why", "based_on": name, **more})
    assert str(Project.objects.get(pk=project.pk).taxonomy) == name
    results = at_once(
        *[lambda: publish_changes(project=project, by=None, changes=[MERGE], reason="why", based_on=name)] * 2
    )
    assert sorted(type(each).__name__ for each in results) == ["Consequences", "TaxonomyChanged"]


def test_draft_keeps_changes_and_tells_the_second_lead():
    project = make_project()
    ada, bea = Visitor(project, "lead").user, Visitor(project, "lead").user
    add_change(project=project, by=ada, change=MERGE, revision=0)
    with pytest.raises(DraftChanged, match=f"{ada.username} changed it meanwhile"):
        add_change(project=project, by=bea, change={"change": "name", "title": "Ours"}, revision=0)
    add_change(
        project=project, by=bea, change={"change": "edit", "slug": "menace", "category": {"name": "Mean"}}, revision=1
    )
    with pytest.raises(Refused, match="do not fit"):
        take_back(project=project, by=ada, at=0, revision=2)
    with pytest.raises(Invalid):
        add_change(project=project, by=ada, change={"change": "retire", "slug": "threat"}, revision=2)
    found = draft_of(project)
    assert (len(found.draft.changes), found.after.find("menace", "").name, found.problem) == (2, "Mean", "")

    # A category that somebody adds meanwhile stays: the changes are made to what is there then.
    add_category(project=project, by=ada, slug="scam", name="Scam", definition="Deceit.")
    project.refresh_from_db()
    assert "scam" in draft_of(project).after.slugs
    publish_changes(
        project=project, by=bea, changes=draft_of(project).draft.changes, reason="w", based_on=str(project.taxonomy),
        revision=2,
    )  # fmt: skip
    assert not TaxonomyDraft.objects.filter(project=project).exists()
    with pytest.raises(DraftChanged, match="published or discarded"):
        add_change(project=project, by=ada, change=MERGE, revision=2)
    with pytest.raises(Refused, match="was retired"):
        add_category(project=Project.objects.get(pk=project.pk), by=ada, slug="threat", name="X", definition="Y")


def test_draft_that_no_longer_fits_says_so_and_can_be_mended():
    project = make_project()
    ada = Visitor(project, "lead").user
    add_change(project=project, by=ada, change={"change": "add", "category": {**MERGED, "slug": "scam"}}, revision=0)
    add_category(project=project, by=ada, slug="scam", name="Scam", definition="Deceit.")
    project.refresh_from_db()
    assert "is a category already" in draft_of(project).problem
    take_back(project=project, by=ada, at=0, revision=1)
    assert draft_of(project).problem == ""

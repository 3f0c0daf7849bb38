"""Texts written for `other`: listed, grouped by similarity, and made a category."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from adjudication.other_category import OtherText, group_texts
from corpus.models import Event
from corpus.queries import categories_of
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

TEXTS = {
    "ada": "Ticket scalping",
    "bea": "ticket  scalping",
    "cleo": "Ticket scalpings",
    "model-a": "scalping ticket",
    "model-b": "Sports betting",
}
CATEGORY = {"name": "Ticket scalping", "slug": "ticket_scalping", "definition": "Selling tickets on at a multiple."}


def project_with_others(folder, texts=TEXTS):
    project = make_project(fields="prompt_label", votes_wanted=3)
    import_dialogues(project, folder, [dialogue("one"), dialogue("two")])
    rows = [
        opinion("one", rater, "unsafe", categories=["other"], other_text=text) for rater, text in texts.items() if text
    ]
    assert import_votes(project, folder, rows).code == 0
    return project


def groups_of(visitor):
    return [(group.commonest, group.people, group.models) for group, *_ in visitor.get("other/").context["groups"]]


def test_similar_texts_are_grouped_with_their_counts(tmp_path):
    lead = Visitor(project_with_others(tmp_path), "lead")

    assert groups_of(lead) == [("Ticket scalping", 3, 1), ("Sports betting", 0, 1)]
    assert '<code class="id" dir="auto">one</code>' in lead.get("other/").content.decode()


def test_group_becomes_a_category_of_this_project(tmp_path):
    project = project_with_others(tmp_path)
    other_project = make_project()
    lead, ada = Visitor(project, "lead"), Visitor(project)
    assert lead.post("other/add/", **CATEGORY).status_code == 302
    project.refresh_from_db()

    added = categories_of(project)[-1]
    assert (added.slug, added.name, added.tier) == ("ticket_scalping", "Ticket scalping", "fine")
    assert project.taxonomy.version == 2
    assert "ticket_scalping" not in {each.slug for each in categories_of(other_project)}
    assert "There is a category for this" in lead.get("other/").content.decode()
    event = Event.objects.get(project=project, verb="taxonomy.extended")
    assert (event.actor, event.detail["category"]) == (lead.user, "ticket_scalping")

    ada.vote(ada.take(), prompt_label="unsafe", categories=["ticket_scalping"])
    more = [opinion("two", rater, "unsafe", categories=["Ticket scalping"]) for rater in ("bea", "cleo", "dora")]
    assert import_votes(project, tmp_path, more).code == 0
    command("adjudicate", project=project.slug)
    out = tmp_path / "release"
    assert command("release", "1.0", project=project.slug, out=out).code == 0
    rows = [
        row for split in ("train", "validation", "test") for row in json.loads((out / f"{split}.json").read_bytes())
    ]
    assert "Ticket scalping" in {name for row in rows for name in row["violated_categories"].split(", ")}


def test_second_category_extends_the_first_version(tmp_path):
    project = project_with_others(tmp_path)
    lead = Visitor(project, "lead")
    lead.post("other/add/", **CATEGORY)
    lead.post("other/add/", name="Sports betting", slug="sports_betting", definition="Odds, and how to beat them.")
    project.refresh_from_db()

    assert [each.slug for each in categories_of(project)][-2:] == ["ticket_scalping", "sports_betting"]
    assert (project.taxonomy.name, project.taxonomy.version) == (f"aegis2-{project.slug}", 3)


def test_invalid_category_is_kept_in_the_form(tmp_path):
    project = project_with_others(tmp_path)
    lead = Visitor(project, "lead")
    for wrong, status, message in (
        ({"definition": ""}, 422, "required"),
        ({"slug": "two words"}, 422, "valid"),
        ({"slug": "violence"}, 409, "is written already"),
        ({"name": "Violence"}, 409, "is written already"),
        ({"name": "one; two"}, 409, "separates categories"),
        ({"name": "‽"}, 409, "at least one letter"),
    ):
        answer = lead.post("other/add/", **(CATEGORY | wrong))
        assert (answer.status_code, message in answer.content.decode()) == (status, True), wrong
        assert CATEGORY["name"] in answer.content.decode()
    project.refresh_from_db()
    assert project.taxonomy.name == "aegis2"


def test_page_needs_a_lead_of_the_project(tmp_path):
    project = project_with_others(tmp_path)

    assert Visitor(project).get("other/").status_code == 403
    assert Visitor(project).post("other/add/", **CATEGORY).status_code == 403
    stranger = Visitor(make_project(), "lead")
    assert stranger.client.get(f"/projects/{project.slug}/other/").status_code == 404


def test_page_without_texts_says_so(tmp_path):
    assert "Nobody has chosen" in Visitor(project_with_others(tmp_path, {}), "lead").get("other/").content.decode()


texts = st.lists(st.text(alphabet="abc äß", min_size=1, max_size=12).filter(str.strip), unique=True, max_size=15)


@given(texts=texts, seed=st.integers(0, 999))
def test_grouping_keeps_every_text_once_in_any_order(texts, seed):
    given_texts = [OtherText(text, at, 1) for at, text in enumerate(texts)]
    shuffled = random.Random(seed).sample(given_texts, len(given_texts))
    grouping = group_texts(given_texts)

    assert grouping == group_texts(shuffled)
    assert sorted(each.text for group in grouping.groups for each in group.texts) == sorted(texts)


def test_texts_too_rare_to_compare_are_counted():
    texts = [OtherText(text, 5 - at, 0) for at, text in enumerate(["spying", "gambling", "spying."])]
    grouping = group_texts(texts, most=2)

    assert [group.commonest for group in grouping.groups] == ["spying", "gambling", "spying."]
    assert grouping.not_compared == 1

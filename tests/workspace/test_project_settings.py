"""Settings of a project change after a look at what that does to slots, votes and decisions."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from adjudication.models import Case, Decision
from annotation.models import Slot, Vote
from annotation.slots import open_slots, open_slots_for_new_items, slot_change
from corpus.errors import Invalid
from corpus.labels import FIELDS
from corpus.models import Event, Project, Verb
from tests.adjudication.disputes import case_of, disputed_project, label_blind
from tests.annotation.people import Visitor
from tests.annotation.test_leases import at_once
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import command, decisions, dialogue, import_votes, make_project, opinion
from workspace.actions import SameSettings, SettingsChanged, change_project
from workspace.queries.project_settings import settings_version

BOTH = [str(field) for field in FIELDS]


def look(admin, **changes):
    """Open the page with other settings; return it."""
    project = admin.project
    wanted = {"name": project.name, "fields_wanted": list(project.fields), "votes_wanted": project.votes_wanted}
    return admin.get("settings/", **(wanted | changes))


def save(admin, page, reason="as agreed"):
    """Send the form that a page with a preview has."""
    form = page.context["save_form"]
    sent = {
        name: form.get_initial_for_field(form.fields[name], name) for name in ("name", "fields_wanted", "votes_wanted")
    }
    return admin.post("settings/save/", **sent, version=page.context["version"], reason=reason)


def waiting(project):
    """Return how many slots of each item wait, leased or not."""
    names = Slot.objects.filter(project=project, vote=None).values_list("item__external_id", flat=True)
    return dict(Counter(names))


def test_votes_wanted_change_slots_as_shown_and_what_is_assigned_stays(tmp_path):
    project = project_with(tmp_path, "one", "two", "three", votes_wanted=3)
    import_votes(project, tmp_path, [opinion("one", rater, response="safe") for rater in ("ada", "bea")])
    open_slots_for_new_items(project)
    admin, ben = Visitor(project, "admin"), Program(project)
    taken = ben.take()
    for wanted, slots in ((1, (6, 1, 0, None)), (5, None)):
        page = look(admin, votes_wanted=wanted)
        shown = page.context["change"].slots
        if slots:
            assert (shown.open, shown.leased, shown.opened) == slots[:3]
        before = waiting(project)
        assert save(admin, page).status_code == 302
        project.refresh_from_db()
        after = waiting(project)
        assert sum(after.values()) - sum(before.values()) == shown.opened - shown.closed
        assert Slot.objects.filter(project=project, lease=taken["lease"]["id"]).exists()
        again = slot_change(project, votes_wanted=wanted, fields=project.fields)
        assert (again.opened, again.closed, again.open) == (0, 0, shown.open_then)
    assert after == {"one": 3, "two": 5, "three": 5}
    assert ben.vote(taken).status_code == 201
    event = Event.objects.filter(project=project, verb=Verb.PROJECT_CHANGED).latest("pk")
    assert (event.detail["from"]["votes_wanted"], event.detail["to"]["votes_wanted"]) == (1, 5)
    assert (event.detail["reason"], event.actor) == ("as agreed", admin.user)


def test_looking_changes_nothing_and_a_change_meanwhile_is_noticed():
    project = make_project(name="Garden")
    admin = Visitor(project, "admin")
    page = look(admin, name="Park")
    assert "Garden" in page.content.decode()
    assert not Event.objects.filter(project=project, verb=Verb.PROJECT_CHANGED).exists()
    change_project(project=project, votes_wanted=4, reason="meanwhile")
    refused = save(admin, page)
    assert refused.status_code == 409
    assert "Somebody changed the settings meanwhile" in refused.content.decode()
    change = refused.context["change"]  # as of now: the form still has 3 votes
    assert (change.old.votes_wanted, change.new.votes_wanted, change.new.name) == (4, 3, "Park")
    assert 'name="version" value="' + settings_version(project) in refused.content.decode()
    assert save(admin, look(admin, name="Park", votes_wanted=4), reason=" ").status_code == 422
    assert save(admin, look(admin, name="Park", votes_wanted=4)).status_code == 302
    project.refresh_from_db()
    assert (project.name, project.votes_wanted) == ("Park", 4)


def test_a_field_left_out_loses_nothing_and_counts_again(tmp_path):
    project = project_with(tmp_path, "one", dialogue("two", response=False))
    votes = [opinion("one", rater, "unsafe", "safe", categories="violence") for rater in ("ada", "bea", "cleo")]
    import_votes(project, tmp_path, votes)
    admin = Visitor(project, "admin")
    before = decisions(project, tmp_path)
    page = look(admin, fields_wanted=["prompt_label"])
    [change] = page.context["change"].fields
    assert (change.is_added, change.labels) == (False, 3)
    assert page.context["change"].decisions.labels == 1
    assert save(admin, page).status_code == 302
    project.refresh_from_db()
    assert (project.fields, decisions(project, tmp_path)["one"]["response_label"]) == (("prompt_label",), None)
    assert set(Vote.objects.filter(item__project=project).values_list("response_label", flat=True)) == {"safe"}
    page = look(admin, fields_wanted=BOTH)
    assert page.context["change"].fields[0].labels == 3
    assert save(admin, page).status_code == 302
    project.refresh_from_db()
    assert decisions(project, tmp_path) == before


def test_a_field_added_says_which_votes_lack_it_and_one_without_any_label_wants_no_vote(tmp_path):
    project = project_with(tmp_path, "one", dialogue("two", response=False), fields="prompt_label")
    import_votes(project, tmp_path, [opinion("one", "ada")])
    open_slots(project=project)
    admin = Visitor(project, "admin")
    assert waiting(project) == {"one": 2, "two": 3}
    [added] = look(admin, fields_wanted=BOTH).context["change"].fields
    assert (added.is_added, added.labels, added.voted_without) == (True, 0, 1)
    page = look(admin, fields_wanted=["response_label"])
    assert page.context["change"].slots.closed == 3
    assert save(admin, page).status_code == 302
    assert waiting(project) == {"one": 2}  # a prompt alone has nothing to label
    project.refresh_from_db()
    assert save(admin, look(admin, fields_wanted=["prompt_label"])).status_code == 302
    assert waiting(project) == {"one": 2, "two": 3}


def test_a_field_added_says_which_settled_dialogues_stay_without_it(tmp_path):
    project = disputed_project(tmp_path, dialogue("one"), dialogue("two", response=False), fields="prompt_label")
    judge, admin = Visitor(project, "adjudicator"), Visitor(project, "admin")
    labels = {"prompt_label": "unsafe", "categories": ["threat"]}
    for case in (case_of(project, name) for name in ("one", "two")):
        judge.post(f"cases/{case.pk}/claim/")
        assert label_blind(judge, case, **labels).status_code == 302
        assert judge.post(f"cases/{case.pk}/settle/", rationale="It is.", **labels).status_code == 302
    page = look(admin, fields_wanted=BOTH)
    assert page.context["change"].fields[0].settled_without == 1  # a prompt alone has no response
    assert "Settled dialogues that lack this label: 1." in " ".join(page.content.decode().split())

    assert save(admin, page).status_code == 302
    counts = command("adjudicate", project=project.slug)["fields"]
    assert counts["prompt_label"] == {"safe": 0, "unsafe": 2, "disputed": 0, "pending": 0}
    assert counts["response_label"] == {"safe": 0, "unsafe": 0, "disputed": 0, "pending": 1}
    one = decisions(project, tmp_path)["one"]
    response = one["fields"]["response_label"]
    assert (one["status"], one["response_label"], response["status"]) == ("settled", None, "pending")
    for place in ("", "quality/", "releases/", "cases/", "items/"):
        assert admin.get(place).status_code == 200, place
    # As a recount of an earlier version stored it.
    Decision.objects.filter(item__project=project, item__external_id="one").update(response_status="settled")
    assert admin.get("").status_code == 200
    made = command("release", "1", project=project.slug, splits="1,0,0", out=tmp_path / "out")
    assert made.code == 0, made.stderr
    assert command("verify_release", tmp_path / "out").code == 0


def test_cases_close_and_open_as_shown(tmp_path):
    project = disputed_project(tmp_path, dialogue("one"), votes_wanted=3)
    admin = Visitor(project, "admin")
    disputed = Decision.objects.get(item__project=project)
    left = [field for field in BOTH if getattr(disputed, field.replace("label", "status")) != "disputed"]
    page = look(admin, fields_wanted=left or ["response_label"])
    shown = page.context["change"].decisions
    before = Case.objects.filter(project=project, state="open").count()
    assert save(admin, page).status_code == 302
    after = Case.objects.filter(project=project, state="open").count()
    assert after - before == shown.cases_opened - shown.cases_closed


def test_what_cannot_be_is_said_beside_its_field():
    project = make_project(policy="aegis2")
    admin = Visitor(project, "admin")
    for changes, status, words in (
        ({"name": " "}, 422, "required"),
        ({"name": "n" * 121}, 422, "120"),
        ({"votes_wanted": 0}, 422, "alert"),
        ({"votes_wanted": 100}, 422, "1 to 99"),
        ({"votes_wanted": "many"}, 422, "whole number"),
        ({"fields_wanted": []}, 422, "required"),
        ({"fields_wanted": ["odd"]}, 422, "not one of"),
        ({"fields_wanted": ["response_label"]}, 409, "starts from prompt_label"),
    ):
        page = look(admin, **changes)
        assert (page.status_code, "change" in page.context) == (status, False), changes
        assert words in page.content.decode(), (changes, words)
        assert admin.post(
            "settings/save/",
            **({"name": "a", "fields_wanted": BOTH, "votes_wanted": 3} | changes),
            reason="r",
            version="x",
        ).status_code in (409, 422)
    wrong = ({"name": "n" * 121}, {"fields": []}, {"fields": ["odd"]}, {"votes_wanted": 0})
    for changes, error in (*((each, Invalid) for each in wrong), ({}, SameSettings)):
        with pytest.raises(error):
            change_project(project=project, reason="r", **changes)
    assert "Nothing: these are" in look(admin).content.decode()
    assert Visitor(project, "lead").get("settings/").status_code == 403
    assert not Event.objects.filter(project=project, verb=Verb.PROJECT_CHANGED).exists()


def test_two_who_save_at_once_change_it_once():
    project = make_project()
    version = settings_version(project)

    def change(votes):
        return lambda: change_project(
            project=Project.objects.get(pk=project.pk), votes_wanted=votes, version=version, reason="r"
        )

    done = at_once(change(4), change(5))
    assert sorted(isinstance(each, SettingsChanged) for each in done) == [False, True]


def test_slots_are_exact_while_people_vote(tmp_path):
    """Every item has its votes and open slots for the rest; more votes only where somebody was at work already."""
    project = project_with(tmp_path, *[f"i{at}" for at in range(12)], votes_wanted=3)
    people = [Program(project) for _ in range(4)]
    open_slots_for_new_items(project)

    def label(person):
        try:
            for _ in range(8):
                if (answer := person.next()).status_code == 200:
                    assert person.vote(answer.json()).status_code == 201
        finally:
            connection.close()

    def change():
        try:
            for wanted in (1, 4, 2):
                change_project(project=Project.objects.get(pk=project.pk), votes_wanted=wanted, reason="r")
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        for future in [pool.submit(change), *(pool.submit(label, person) for person in people)]:
            future.result()
    project.refresh_from_db()
    open_slots_for_new_items(project)
    votes = Counter(
        Vote.objects.filter(item__project=project, is_current=True).values_list("item__external_id", flat=True)
    )
    slots = waiting(project)
    assert {name: votes[name] + slots.get(name, 0) for name in votes | slots} == {
        f"i{at}": max(votes[f"i{at}"], 2) for at in range(12)
    }


def test_an_old_reading_of_the_project_opens_the_slots_of_the_new_one(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=3)
    open_slots_for_new_items(project)
    stale = Project.objects.get(pk=project.pk)
    change_project(project=project, votes_wanted=1, reason="r")
    open_slots(project=stale)
    assert waiting(project) == {"one": 1}


def test_preview_warns_of_votes_that_decide_nothing():
    admin = Visitor(make_project(votes_wanted=3), "admin")
    assert "The policy needs 3 opinions" in look(admin, votes_wanted=1).content.decode()
    assert "The policy needs" not in look(admin, votes_wanted=4).content.decode()


def test_what_splits_go_by_is_changed_after_a_look_and_touches_nothing_else(tmp_path):
    project = project_with(tmp_path, "one", "two")
    admin, before = Visitor(project, "admin"), waiting(project)
    assert "near-duplicate prompts" in admin.get("settings/").content.decode().lower()
    page = look(admin, split_by="prompt")
    assert "Releases keep <strong>equal prompts</strong>" in page.content.decode()
    assert project.split_by == Project.SplitBy.CLUSTER
    sent = {"name": project.name, "fields_wanted": list(project.fields), "votes_wanted": project.votes_wanted}
    version = page.context["version"]
    assert (
        admin.post("settings/save/", **sent, split_by="prompt", version=version, reason="as before").status_code == 302
    )
    project.refresh_from_db()
    assert (project.split_by, waiting(project)) == ("prompt", before)
    assert (
        Event.objects.filter(project=project, verb=Verb.PROJECT_CHANGED).latest("pk").detail["to"]["split_by"]
        == "prompt"
    )
    with pytest.raises(Invalid, match="prompt and cluster"):
        change_project(project=project, reason="odd", split_by="coin")
    change_project(project=project, reason="and back", split_by="cluster")
    change_project(project=project, reason="another thing", name="Another name")
    assert (project.split_by, project.name) == ("cluster", "Another name")

"""A change of policy changes what the comparison said, cases follow, and the event is recorded."""

import threading

import pytest
from django.db import connection

from adjudication.actions import change_policy, recount
from adjudication.actions.policy_change import SamePolicy, compare, proposal
from adjudication.models import Case, Decision
from corpus.models import Event, Project
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.annotation.people import Visitor
from tests.factories import command, decisions, import_votes, make_project, opinion
from tests.quality.opinions import mixed_project

CHANGES = [
    {"policy": "human", "quorum": None, "caution": None},
    {"policy": "jury", "quorum": 2, "caution": None},
    {"policy": "aegis2", "quorum": None, "caution": "unsafe"},
    {"policy": "majority", "quorum": None, "caution": "unsafe"},
    {"policy": "majority", "quorum": 5, "caution": None},
]


def states(project, folder):
    """Return (item, field) to its label or status, and (item, "categories") to the set."""
    listed = decisions(project, folder)
    states = {}
    for name, line in listed.items():
        for field, decided in line["fields"].items():
            states[name, field] = line[field] or decided["status"]
        states[name, "categories"] = frozenset(line["categories"])
    return states


@pytest.mark.parametrize("wanted", CHANGES, ids=str)
def test_comparison_equals_the_change(tmp_path, wanted):
    project = mixed_project(tmp_path, items=90)
    command("adjudicate", project=project.slug)
    before = states(project, tmp_path)
    compared = compare(project, proposal(project, **wanted), limit=500)
    opened = Case.objects.filter(item__project=project, state="open").count()
    change_policy(project=project, by=None, reason="to see", **wanted)
    after = states(Project.objects.get(pk=project.pk), tmp_path)

    expected = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert {(row["id"], row["field"]) for row in compared.rows} == set(expected)
    for row in compared.rows:
        if row["field"] != "categories":
            assert (row["before"], row["after"]) == expected[row["id"], row["field"]]
    assert compared.labels + compared.categories == compared.total == len(expected) > 0
    now_open = Case.objects.filter(item__project=project, state="open").count()
    assert now_open == opened + compared.cases_opened - compared.cases_closed


def test_comparison_stores_nothing_and_lists_one_kind_of_change(tmp_path):
    project = mixed_project(tmp_path, items=60)
    command("adjudicate", project=project.slug)
    was = list(Decision.objects.filter(item__project=project).order_by("pk").values())
    lead = Visitor(project, "lead")
    found = compare(project, proposal(project, policy="human", quorum=None, caution=None))
    one = found.counts[0]
    page = lead.get(
        "quality/policies/", policy="human", **{key: one[key] or "" for key in ("field", "before", "after")}
    )

    assert page.status_code == 200
    assert page.context["difference"].total == one["n"]
    assert list(Decision.objects.filter(item__project=project).order_by("pk").values()) == was


def test_policies_of_a_project_are_compared_by_one_person_at_a_time(tmp_path):
    lead, other = (Visitor(disputed_project(tmp_path), "lead") for _ in range(2))
    busy = connection.copy()
    with busy.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('compare'), %s)", [lead.project.pk])
        pages = [each.get("quality/policies/", policy="human").status_code for each in (lead, other)]
        route = f"/api/v1/projects/{lead.project.slug}/policy/compare/?policy=human"
        refused = lead.client.get(route)
        # By itself the server frees it only when it has noticed that the connection is closed.
        cursor.execute("SELECT pg_advisory_unlock_all()")
    busy.close()
    assert pages == [409, 200]
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "busy")
    assert lead.get("quality/policies/", policy="human").status_code == 200


def test_settled_item_keeps_its_label_and_closing_case_loses_its_hold(tmp_path):
    project = disputed_project(tmp_path, "d1", "d2")
    judge = Visitor(project, "lead")
    work_through(judge, case_of(project, "d1"))
    judge.post(f"cases/{case_of(project, 'd2').pk}/claim/")
    answer = judge.post("quality/policies/change/", policy="majority", quorum="4", reason="more voices", is_sure="on")

    assert answer.status_code == 302
    listed = decisions(Project.objects.get(pk=project.pk), tmp_path)
    assert (listed["d1"]["status"], listed["d1"]["prompt_label"]) == ("settled", "unsafe")
    assert listed["d2"]["status"] == "pending"
    closed = Case.objects.get(item__project=project, item__external_id="d2")
    assert (closed.state, closed.holder) == ("closed", None)
    event = Event.objects.get(project=project, verb="project.policy_changed")
    assert event.actor == judge.user
    assert event.detail["reason"] == "more voices"
    assert event.detail["changed"] == {"labels": 2, "categories": 0, "cases_opened": 0, "cases_closed": 1}
    assert (event.detail["from"]["quorum"], event.detail["to"]["quorum"]) == (2, 4)


def test_invalid_changes_are_refused_with_a_reason():
    project = make_project(fields="response_label")
    lead = Visitor(project, "lead")
    sure = {"is_sure": "on", "reason": "why"}

    assert "starts from prompt_label" in command("change_policy", "aegis2", project=project.slug, reason="x").stderr
    assert "write why" in command("change_policy", "human", project=project.slug).stderr
    assert "choose a number" in command("change_policy", "human", project=project.slug, reason="x", quorum="0").stderr
    refused = lead.post("quality/policies/change/", policy="aegis2", **sure)
    assert (refused.status_code, "starts from prompt_label" in refused.content.decode()) == (409, True)
    assert lead.post("quality/policies/change/", policy="human", reason="why").status_code == 422
    assert lead.post("quality/policies/change/", policy="human", quorum="x", **sure).status_code == 422
    with pytest.raises(SamePolicy):
        change_policy(project=project, by=None, policy="majority", quorum=None, caution=None, reason="again")
    assert Project.objects.get(pk=project.pk).policy == "majority"
    assert not Event.objects.filter(project=project, verb="project.policy_changed").exists()


def test_dry_run_shows_what_the_command_then_does(tmp_path):
    project = mixed_project(tmp_path, items=40)
    about = ("human", "--caution", "unsafe", "--quorum", "2")
    compared = command("change_policy", *about, "--dry-run", project=project.slug)
    assert Project.objects.get(pk=project.pk).policy == "majority"
    done = command("change_policy", *about, project=project.slug, reason="people alone")

    assert done == compared | {"changed": True}
    changed = Project.objects.get(pk=project.pk)
    assert (changed.policy, changed.quorum, changed.caution) == ("human", 2, "unsafe")
    back = command("change_policy", "--quorum", "own", "--caution", "own", project=project.slug, reason="back")
    assert (back["policy"], back["quorum"], back["caution"]) == ("human", None, None)


def test_recount_that_waited_uses_the_new_policy(tmp_path):
    project = disputed_project(tmp_path, "d1", policy="majority")
    import_votes(
        project, tmp_path, [opinion("d1", "model-a", "safe", "safe"), opinion("d1", "model-b", "safe", "safe")]
    )
    stale = Project.objects.get(pk=project.pk)  # as a worker read it before
    change_policy(project=project, by=None, policy="human", quorum=2, caution=None, reason="people alone")

    def count():
        recount(project=stale)
        connection.close()

    worker = threading.Thread(target=count)
    worker.start()
    worker.join()
    # Under the old policy the models would have decided the item and its case would be closed.
    assert Case.objects.get(item__project=project).state == "open"

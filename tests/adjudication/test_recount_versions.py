"""When a recount is due: other rules, another policy, other opinions, in whatever order they are committed."""

import os
import subprocess
import sys

import pytest
from django.db import transaction

from adjudication.actions import recount_if_changed, recount_unless_busy
from adjudication.actions.recounts import lock_decisions, recount_item
from adjudication.consensus import RULES
from adjudication.models import Decision, Recount
from adjudication.policies import POLICIES, policy_of
from adjudication.queries import fingerprint
from annotation.models import Vote
from corpus.models import Item, Project
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.adjudication.test_case_races import at_once
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion


@pytest.fixture
def counted(tmp_path):
    """A project with one decided item, counted under its own policy and under `human`."""
    project = make_project(fields="prompt_label", quorum=2)
    import_dialogues(project, tmp_path, [dialogue("a"), dialogue("b")])
    import_votes(project, tmp_path, [opinion("a", rater) for rater in ("ada", "bea", "cleo")])
    for policy in ("majority", "human"):
        recount_if_changed(project=project, policy_name=policy)
    return project


def spoil(project, **changes):
    """Change what is stored of the last recount, and the decisions it made."""
    stored = Recount.objects.get(project=project, policy=project.policy)
    stored.fingerprint |= changes
    stored.save()
    Decision.objects.filter(item__project=project).update(status="pending", prompt_label=None)


def test_decisions_of_other_rules_or_another_policy_are_counted_again(counted):
    now = fingerprint(counted, policy_of(counted))
    assert (now["rules"], now["policy"]["name"], now["policy"]["quorum"]) == (RULES, "majority", 2)
    for changes in ({"rules": RULES - 1}, {"policy": now["policy"] | {"pooling": "union"}}):
        spoil(counted, **changes)
        recount_if_changed(project=counted)
        assert Decision.objects.get(item__external_id="a", item__project=counted, policy="majority").status == "decided"
        assert Recount.objects.get(project=counted, policy="majority").fingerprint == now


def test_description_of_a_policy_is_the_same_in_every_process():
    code = "from adjudication.policies import POLICIES; print([each.description for each in POLICIES.values()])"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == str([each.description for each in POLICIES.values()])
    assert len({str(each.description) for each in POLICIES.values()}) == len(POLICIES)


def test_vote_that_is_committed_late_beside_a_withdrawal_is_seen(counted, tmp_path):
    import_votes(counted, tmp_path, [opinion("b", "ada"), opinion("b", "bea"), opinion("b", "cleo")])
    first, middle, _ = Vote.objects.filter(item__project=counted, item__external_id="b").order_by("pk")
    with transaction.atomic():  # as if the first vote were not committed yet
        Vote.objects.filter(pk=first.pk).update(is_current=False)
        before = fingerprint(counted, policy_of(counted))
        transaction.set_rollback(True)
    Vote.objects.filter(pk=middle.pk).update(is_current=False)
    after = fingerprint(counted, policy_of(counted))
    assert before["votes"][0] == after["votes"][0]
    assert before != after


def test_reopened_item_is_decided_under_every_policy_at_once(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    import_votes(project, tmp_path, [opinion("two", "cleo", "safe", "safe")])
    for policy in ("majority", "human"):
        command("adjudicate", project=project.slug, policy=policy)
    judge = Visitor(project, "adjudicator")
    work_through(judge, case_of(project))

    def statuses():
        stored = Decision.objects.filter(item__external_id="one", item__project=project)
        return set(stored.values_list("policy", "status"))

    assert statuses() == {("majority", "settled"), ("human", "settled")}
    judge.post(f"cases/{case_of(project, 'one', 'settled').pk}/reopen/", reason="Look again.")
    assert statuses() == {("majority", "disputed"), ("human", "disputed")}


def test_schedule_does_not_wait_for_a_recount_under_way(counted, tmp_path):
    import_votes(counted, tmp_path, [opinion("b", "ada"), opinion("b", "bea")])
    found = []

    def other_process():
        found.append(recount_unless_busy(project=counted))

    with transaction.atomic():
        lock_decisions(counted)
        at_once(other_process)
    assert found == [None]
    at_once(other_process)
    assert found[1].fingerprint == fingerprint(counted, policy_of(counted))


def made_by(project, policy="majority"):
    """Return what made the decision on item `a`, and when it last changed."""
    made = Decision.objects.get(item__project=project, item__external_id="a", policy=policy)
    return (made.rules, made.quorum, made.caution), made.changed_at


def test_decision_remembers_the_rules_and_settings_that_made_it(counted):
    makers, changed_at = made_by(counted)
    assert makers == (RULES, 2, "safe")
    Decision.objects.filter(item__project=counted, policy="majority").update(rules=RULES - 1)
    Project.objects.filter(pk=counted.pk).update(quorum=3, caution="unsafe")
    counted.refresh_from_db()
    lead = Visitor(counted, "lead")

    def by_policy():
        entries = lead.get("items/a/history/").context["entries"]
        return {entry.detail["policy"]: entry for entry in entries if entry.kind == "decision"}

    for policy, rules in (("majority", RULES - 1), ("human", RULES)):
        entry = by_policy()[policy]
        assert (entry.is_current, entry.what) == (False, f"decided under {policy}, by earlier rules or settings")
        assert [entry.detail[name] for name in ("rules", "quorum", "caution")] == [rules, 2, "safe"]
    recount_if_changed(project=counted)
    assert made_by(counted) == ((RULES, 3, "unsafe"), changed_at)  # the decision itself is the same
    assert (by_policy()["majority"].is_current, by_policy()["human"].is_current) == (True, False)
    recount_item(project=counted, item=Item.objects.get(project=counted, external_id="a").pk)
    assert made_by(counted, "human")[0] == (RULES, 3, "unsafe")
    other = Decision.objects.get(item__project=counted, item__external_id="b", policy="human")
    assert (other.quorum, other.caution) == (2, "safe")  # though the recount of its policy says the same as before

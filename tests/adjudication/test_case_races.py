"""Several adjudicators at one case, and settlements during a recount: nothing is lost or overwritten."""

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from django.db import connection, transaction

from adjudication import actions
from adjudication.models import BlindAnswer, Case, Decision
from adjudication.queries.case_filters import CaseFilter
from annotation.actions import show_dialogue
from annotation.sampling import lock_slots
from config.embedded.processes import wait_until
from corpus.errors import Refused
from corpus.labels import Judgement
from corpus.models import Event
from tests.adjudication.disputes import case_of, decision_of, disputed_project, final
from tests.annotation.people import Visitor
from tests.annotation.test_concurrent_annotators import web_process
from tests.factories import command, import_votes, numbers, opinion, set_queue
from tests.locks import is_waited_for
from workspace.actions.project_settings import change_project

FINAL = Judgement("unsafe", "safe", ("threat",), "", "It is a threat.")


def at_once(*calls):
    """Start each call at the same time, in a thread and connection of its own; return their results or refusals."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait()
        try:
            return call()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, call) for call in calls]]


def settle(project, case, judge):
    return actions.settle_case(project=project, case=case.pk, by=judge.user, judgement=FINAL)


def answer_blind(project, case, judge):
    show_dialogue(item=case.item, user=judge.user)
    return actions.record_blind(project=project, case=case.pk, by=judge.user, judgement=FINAL)


def test_case_sent_back_waits_for_slots_before_it_holds_the_case(tmp_path):
    """As a recount does, which would wait for the case while this one waits for the slots."""
    project = disputed_project(tmp_path)
    case, judge = case_of(project), Visitor(project, "adjudicator")
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            lock_slots(project)
            sent = pool.submit(at_once, lambda: send_back(project, case, judge))
            assert wait_until(lambda: sent.done() or is_waited_for(), seconds=60)
            assert Case.objects.select_for_update(nowait=True).get(pk=case.pk).sent_back_at is None
        [sent_back] = sent.result(timeout=60)
    assert sent_back.sent_back_at


@pytest.mark.parametrize("settings", [{"stops_early": True}, {"most_votes": 5}, {"orders_by": "disagreement"}])
def test_recount_that_asks_votes_anew_waits_for_slots_before_it_closes_a_case(tmp_path, settings):
    """As sending back does, which would wait for the case while the recount waits for the slots."""
    project = disputed_project(tmp_path)
    case = case_of(project)
    set_queue(project, **settings)
    import_votes(project, tmp_path, [opinion("one", "cleo", "safe", "safe")])
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            lock_slots(project)
            counted = pool.submit(at_once, lambda: actions.recount(project=project))
            assert wait_until(lambda: counted.done() or is_waited_for(), seconds=60)
            assert Case.objects.select_for_update(nowait=True).get(pk=case.pk).state == Case.State.OPEN
        counted.result(timeout=60)
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED


def test_change_of_fields_waits_for_slots_before_it_closes_a_case(tmp_path):
    project = disputed_project(tmp_path)
    case, lead = case_of(project), Visitor(project, "lead")

    def change():
        return change_project(project=project, by=lead.user, reason="r", fields=["response_label"])

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            lock_slots(project)
            changed = pool.submit(at_once, change)
            assert wait_until(lambda: changed.done() or is_waited_for(), seconds=60)
            assert Case.objects.select_for_update(nowait=True).get(pk=case.pk).state == Case.State.OPEN
        changed.result(timeout=60)
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED


def send_back(project, case, judge):
    return actions.send_back_case(project=project, case=case.pk, by=judge.user, votes=1)


@pytest.mark.parametrize("how", ["claim", "next", "blind"])
def test_one_of_several_adjudicators_gets_the_case(tmp_path, how):
    names = [f"d{at}" for at in range(6)]
    project = disputed_project(tmp_path, *names)
    judges = [Visitor(project, "adjudicator") for _ in range(4)]

    def work(judge, case):
        if how == "next":
            return lambda: actions.claim_next_case(project=project, by=judge.user, filters=CaseFilter())
        if how == "blind":
            return lambda: answer_blind(project, case, judge)
        return lambda: actions.claim_case(project=project, case=case.pk, by=judge.user)

    if how == "next":
        got = at_once(*(work(judge, None) for judge in judges))
        assert len({case.pk for case in got}) == len(judges)
        return
    for name in names:
        case = case_of(project, name)
        results = at_once(*(work(judge, case) for judge in judges))
        assert sum(not isinstance(each, Refused) for each in results) == 1
        case.refresh_from_db()
        assert case.holder in [judge.user for judge in judges]
        claims = Event.objects.filter(project=project, verb="case.claimed", detail__case=case.pk)
        assert [event.actor for event in claims] == [case.holder]


def test_simultaneous_settlements_settle_once(tmp_path):
    project = disputed_project(tmp_path)
    case, judge = case_of(project), Visitor(project, "adjudicator")
    answer_blind(project, case, judge)

    results = at_once(*(lambda: settle(project, case, judge) for _ in range(4)))

    assert [each.state for each in results] == ["settled"] * 4
    assert Event.objects.filter(project=project, verb="item.settled").count() == 1


def test_settlement_during_a_recount_stands(tmp_path):
    """The recount is stopped at a row locked by another session, after it has read and before it writes."""
    project = disputed_project(tmp_path, "one", "two")
    case, judge = case_of(project), Visitor(project, "adjudicator")
    answer_blind(project, case, judge)
    import_votes(project, tmp_path, [opinion("two", "cleo", "safe", "safe")])
    parameters = connection.get_connection_params()
    names = {name: parameters[name] for name in ("host", "port", "dbname", "user", "password") if name in parameters}
    with psycopg.connect(**names) as other:
        other.execute("SELECT FROM adjudication_decision WHERE id = %s FOR UPDATE", [decision_of(project, "two").pk])
        with ThreadPoolExecutor(max_workers=2) as pool:
            try:
                counting = pool.submit(apart, lambda: actions.recount(project=project))
                wait_for_lock()
                settling = pool.submit(apart, lambda: settle(project, case, judge))
                wait_for_lock(2)
            finally:
                other.rollback()
            counting.result(timeout=30)
            settling.result(timeout=30)

    case.refresh_from_db()
    assert (case.state, decision_of(project).status, decision_of(project).stale) == ("settled", "settled", False)
    assert decision_of(project, "two").status == "decided"
    assert not Case.objects.filter(item__project=project, state=Case.State.OPEN).exists()
    assert command("adjudicate", project=project.slug)["settled"] == 1


def apart(work):
    try:
        return work()
    finally:
        connection.close()


def wait_for_lock(count=1):
    """Wait until `count` sessions of this database wait for a lock."""
    for _ in range(400):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.02)
    raise AssertionError("no session waits for a lock")


def test_adjudicators_work_while_recounts_run(tmp_path):
    names = [f"d{at:02}" for at in range(24)]
    project = disputed_project(tmp_path, *names)
    judges = [Visitor(project, "adjudicator") for _ in range(3)]
    done = threading.Event()

    def count():
        while not done.is_set():
            actions.recount(project=project)

    def judge(person, share):
        def work():
            for at, name in enumerate(share):
                case = case_of(project, name)
                answer_blind(project, case, person)
                if at % 4 == 3:
                    actions.send_back_case(project=project, case=case.pk, by=person.user, votes=1)
                    continue
                settle(project, case, person)
                if at % 4 == 2:
                    actions.reopen_case(project=project, case=case.pk, by=person.user, reason="Once more.")

        return work

    def judges_work():
        try:
            return at_once(*(judge(person, names[at::3]) for at, person in enumerate(judges)))
        finally:
            done.set()

    results = at_once(count, count, judges_work)
    assert results[2] == [None] * 3
    settled, kept = set(), {"settled": 12, "disputed": 12}
    for name in names:
        if Case.objects.filter(item__project=project, item__external_id=name, state="settled").exists():
            settled.add(name)
    assert {name: decision_of(project, name).status for name in names} == {
        name: "settled" if name in settled else "disputed" for name in names
    }
    outcome = command("adjudicate", project=project.slug)
    assert {status: outcome[status] for status in kept} == kept
    assert Case.objects.filter(item__project=project, state="open").count() == 12
    assert Case.objects.filter(item__project=project, state="reopened").count() == 6
    assert BlindAnswer.objects.filter(case__item__project=project).count() == 24


def test_vote_after_reading_stops_the_settlement(tmp_path):
    project = disputed_project(tmp_path)
    case, judge = case_of(project), Visitor(project, "adjudicator")
    answer_blind(project, case, judge)
    page = judge.get(f"cases/{case.pk}/")
    rows = [opinion("one", "cleo", "unsafe", "safe", categories=["violence"]), opinion("one", "dora", "safe", "safe")]
    import_votes(project, tmp_path, rows)
    labels = final(rationale="A long reason.")

    late = judge.post(f"cases/{case.pk}/settle/", seen=page.context["seen"], **labels)
    assert (late.status_code, "A long reason." in late.content.decode()) == (409, True)
    assert "Opinions came in while you were reading" in late.content.decode()
    assert len(late.context["opinions"]) == 4
    again = judge.post(f"cases/{case.pk}/settle/", seen=late.context["seen"], **labels)
    assert again.status_code == 302
    assert not decision_of(project).stale
    import_votes(project, tmp_path, [opinion("one", "eve", "safe", "safe")])
    command("adjudicate", project=project.slug)
    assert (decision_of(project).status, decision_of(project).stale) == ("settled", True)


def test_other_policies_follow_settlement_and_reopening(tmp_path):
    project = disputed_project(tmp_path)
    case, judge = case_of(project), Visitor(project, "adjudicator")
    answer_blind(project, case, judge)
    settle(project, case, judge)
    command("adjudicate", project=project.slug, policy="human")
    assert set(Decision.objects.filter(item=case.item).values_list("status", flat=True)) == {"settled"}
    actions.reopen_case(project=project, case=case.pk, by=judge.user, reason="Wrong.")
    assert command("adjudicate", project=project.slug, policy="human")["disputed"] == 1
    assert set(Decision.objects.filter(item=case.item).values_list("status", flat=True)) == {"disputed"}


def call(address, route, token, body):
    """POST to a route of a running site; return the status."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{address}/api/v1/{route}", json.dumps(body).encode(), {"Authorization": f"Token {token}"}
    )
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_one_of_three_adjudicators_settles_over_http(tmp_path):
    names = [f"d{at}" for at in range(8)]
    project = disputed_project(tmp_path, *names)
    made = [
        command("create_user", f"judge-{next(numbers)}", "--role", "adjudicator", "--token", project=project.slug)
        for _ in range(3)
    ]
    body = {**final(), "reason": "It is a threat."}
    # Adjudicators wait for each other at a case; only the annotation queue never waits.
    with web_process(longest_wait="10s") as server:
        assert wait_until(lambda: is_up(server), seconds=60)
        for name in names:
            case = case_of(project, name)
            for verb, lost in (("blind", 409), ("settle", 409)):
                results = at_once(
                    *(partial(call, server.address, f"cases/{case.pk}/{verb}/", each["token"], body) for each in made)
                )
                assert sorted(results) == [200, lost, lost], verb
        server.kill()  # to stop takes longer
    settled = Case.objects.filter(item__project=project, state="settled")
    assert settled.count() == len(names)
    assert Event.objects.filter(project=project, verb="item.settled").count() == len(names)
    assert BlindAnswer.objects.filter(case__item__project=project).count() == len(names)


def is_up(server):
    with contextlib.suppress(OSError):
        return call(server.address, "projects/", "none", {}) == 401
    return False

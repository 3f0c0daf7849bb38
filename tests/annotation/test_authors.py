"""Whoever wrote an item neither votes on it, nor adjudicates or audits it, nor sets its gold label."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from adjudication.models import Case
from annotation.actions import WroteThemselves, audit_item, exclude_annotator
from annotation.actions.votes import Answer
from annotation.models import Audit, Gold, Slot, Vote
from annotation.queries import own_progress
from annotation.queue import claim_next
from corpus.actions.corrections import replace_item
from corpus.labels import Judgement
from corpus.models import Item
from tests.adjudication.disputes import case_of, disputed_project, reader
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with

LABELS = {"prompt_label": "safe", "response_label": "safe"}


def written_by(user, project, name="one"):
    """Make a person the author of an item, and return it."""
    Item.objects.filter(project=project, external_id=name).update(author=user)
    return Item.objects.get(project=project, external_id=name)


def claim_apart(project, user):
    """Claim the next item on a connection of the thread; return its id, or None."""
    try:
        lease = claim_next(project=project, user=user)
        return lease and lease.item.external_id
    finally:
        connection.close()


def test_twenty_claims_at_once_never_lease_the_author_their_own_item(tmp_path):
    project = project_with(tmp_path, "one")
    author, other = Visitor(project), Visitor(project)
    written_by(author.user, project)
    with ThreadPoolExecutor(20) as threads:
        claimed = list(threads.map(lambda user: claim_apart(project, user), [author.user] * 20 + [other.user] * 20))
    assert claimed == [None] * 20 + ["one"] * 20
    assert Slot.objects.filter(project=project, leased_to__user=author.user).count() == 0
    assert own_progress(project, author.user)["items_left"] == 0
    assert own_progress(project, other.user)["items_left"] == 1


def test_author_gets_no_slot_by_rest_nor_by_another_route(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    author, other = Program(project), Program(project)
    written_by(User.objects.get(username=author.name), project)
    assert author.next().status_code == 204
    taken = other.take()
    assert author.vote(taken).status_code == 409
    assert other.vote(taken).status_code == 201
    assert Vote.objects.filter(item__project=project).count() == 1


def test_gold_never_checks_its_author(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    author, lead = Visitor(project), Visitor(project, "lead")
    item = written_by(author.user, project)
    Gold.objects.create(project=project, item=item, **LABELS)
    lead.post("queue/settings/", lease_minutes=30, break_minutes=5, gold_percent=100, repeat_percent=0,
              audit_percent=0, sample_percent=0, similar_apart=0, orders_by="random", random_percent=10)  # fmt: skip
    assert author.take() is None
    assert Visitor(project).take().item.external_id == "one"


def test_author_sets_no_gold_label_of_their_own_item(tmp_path):
    project = project_with(tmp_path, "one", "two")
    lead = Visitor(project, "lead")
    written_by(lead.user, project)
    refused = lead.post("queue/gold/", external_id="one", **LABELS)
    assert (refused.status_code, "another lead" in refused.content.decode()) == (409, True)
    assert lead.post("queue/gold/", external_id="two", **LABELS).status_code == 302


def test_author_adjudicates_no_case_of_their_own_item(tmp_path):
    project = disputed_project(tmp_path, "one")
    author, judge = Visitor(project, "lead"), reader(project)
    item = written_by(author.user, project)
    case = case_of(project)
    page = author.get(f"cases/{case.pk}/").content.decode()
    assert "You wrote this dialogue yourself" in " ".join(page.split())
    for step, fields in (("claim", {}), ("blind", LABELS), ("send-back", {"votes": 1})):
        refused = author.post(f"cases/{case.pk}/{step}/", **fields)
        assert (refused.status_code, Case.objects.get(pk=case.pk).holder) == (409, None), step
    assert author.post("cases/next/").status_code == 302
    assert Case.objects.get(pk=case.pk).holder is None
    with pytest.raises(WroteThemselves):
        exclude_annotator(project=project, user=author.user, item=item)
    exclude_annotator(project=project, user=judge, item=item)


def test_author_audits_their_own_item_nowhere(tmp_path):
    project = project_with(tmp_path, "one")
    author = reader(project, "lead")
    item = written_by(author, project)
    Audit.objects.create(item=item, project=project)
    answer = Answer(Judgement(**LABELS, rationale="It is mild."))
    with pytest.raises(Exception, match="You wrote this dialogue yourself"):
        audit_item(project=project, by=author, item=item.pk, answer=answer)
    assert audit_item(project=project, by=reader(project, "lead"), item=item.pk, answer=answer).audited_at


def test_correction_keeps_the_author(tmp_path):
    project = project_with(tmp_path, "one")
    author = Visitor(project)
    item = written_by(author.user, project)
    texts = ["Another question?", *[turn["text"] for turn in item.turns[1:]]]
    made = replace_item(project=project, external_id="one", texts=texts, reason="a slip")
    assert made.author == author.user
    assert author.take() is None

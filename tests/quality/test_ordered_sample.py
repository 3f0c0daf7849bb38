"""While an ordered queue is at work, estimates stand on what was reached by lot, not on what is disputed."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from adjudication.actions import recount_if_changed
from annotation.actions import Answer, cast_vote, update_queue_settings
from annotation.models import Slot
from annotation.queue import claim_next
from corpus.labels import Judgement
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

ITEMS, UNSAFE = 150, 45
SETTINGS = {"gold_percent": 0, "repeat_percent": 0, "audit_percent": 0, "sample_percent": 100}


def is_unsafe(name: str) -> bool:
    """Return what people say: the dialogues on which jurors split are the unsafe ones."""
    return int(name[1:]) < UNSAFE


@pytest.fixture
def project(tmp_path: Any) -> Any:
    made = make_project(policy="human", quorum=1, votes_wanted=1, fields="prompt_label")
    names = [f"d{at:03}" for at in range(ITEMS)]
    import_dialogues(made, tmp_path, [dialogue(name, response=False) for name in names])
    rows = [opinion(name, "model 1") for name in names]
    import_votes(made, tmp_path, [*rows, *(opinion(name, "model 2", "unsafe" if is_unsafe(name) else "safe")
                                          for name in names)])  # fmt: skip
    ordered = SETTINGS | {"orders_by": "disagreement", "random_percent": 50}
    update_queue_settings(project=made, by=None, settings=ordered)
    recount_if_changed(project=made)
    return made


def work(project: Any, user: User, votes: int) -> list[str]:
    """Cast so many votes as the queue hands out its dialogues; return which they were on."""
    done: list[str] = []
    while len(done) < votes and (lease := claim_next(project=project, user=user)):
        name = lease.item.external_id
        answer = Answer(Judgement("unsafe", categories=("threat",)) if is_unsafe(name) else Judgement("safe"))
        assert cast_vote(project=project, user=user, external_id=name, lease=lease.id, answer=answer).is_new
        done.append(name)
    return done


def estimate(project: Any) -> Any:
    recount_if_changed(project=project)
    [field] = command("estimate", project=project.slug)["fields"]
    return field


def test_estimate_is_not_drawn_to_what_was_handed_out_first(project):
    user = Visitor(project).user
    done = work(project, user, 75)
    assert sum(map(is_unsafe, done)) / len(done) > 0.36  # too many, in all but 1 of 1,000 runs
    early = estimate(project)
    assert 20 < early["labelled"] < 75
    assert early["unsafe"]["value"] == pytest.approx(UNSAFE / ITEMS, abs=0.2)  # four standard errors
    assert early["unsafe"]["low"] < early["unsafe"]["value"] < early["unsafe"]["high"]

    # One that somebody else skips may never be finished, and does not hold up the others.
    other = Program(project)
    assert other.skip(other.take()).status_code == 200
    update_queue_settings(project=project, by=None, settings={"orders_by": "random"})  # what was chosen stays chosen
    assert estimate(project)["labelled"] >= early["labelled"]
    work(project, user, ITEMS)
    late = estimate(project)
    assert (late["labelled"], late["unsafe"]["value"]) == (ITEMS, UNSAFE / ITEMS)


def test_without_claims_by_lot_nothing_is_estimated_until_all_is_labelled(project):
    slots = Slot.objects.filter(project=project)
    user = Visitor(project).user
    work(project, user, 40)
    slots.filter(vote__isnull=False, place=None).update(random_odds=None)  # as if no lot had been drawn
    assert estimate(project)["labelled"] == 0
    work(project, user, ITEMS)
    assert estimate(project)["labelled"] == ITEMS

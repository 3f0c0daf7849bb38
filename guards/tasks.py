"""Celery tasks of guards."""

import logging
from contextlib import suppress
from typing import Any

from celery import shared_task
from django.db import IntegrityError
from kombu.exceptions import OperationalError

from corpus.each_project import for_each_project
from guards import actions
from guards.models import HashList

logger = logging.getLogger(__name__)

SECONDS_TO_TAKE = 300
"After so long, a message to compare is dropped: the schedule compares what is due."


@shared_task  # type: ignore[untyped-decorator]
def check_contamination(**_later: Any) -> None:
    """Compare the dialogues of every project with its benchmarks and lists of hashes, where either is new."""
    for_each_project(actions.check_due, message="The benchmarks of project %s cannot be compared with it.")


@shared_task  # type: ignore[untyped-decorator]
def state_twins(**_later: Any) -> None:
    """Keep for the papers of releases what evaluations on twins have shown, in every project with new ones."""
    for_each_project(actions.state_twins, message="What was measured on twins of project %s cannot be kept.")


@shared_task  # type: ignore[untyped-decorator]
def compare_hash_list(*, hash_list: int, **_later: Any) -> None:
    """Compare a project's dialogues with a list of hashes, unless it has gone meanwhile."""
    if found := HashList.objects.filter(pk=hash_list).select_related("project").first():
        with suppress(IntegrityError):  # it was removed meanwhile
            actions.check_contamination(source=found)


def enqueue_comparison(hash_list: int) -> None:
    """Have a worker compare with a list of hashes. If the broker is away, the schedule does it later."""
    try:
        compare_hash_list.apply_async(kwargs={"hash_list": hash_list}, retry=False, expires=SECONDS_TO_TAKE)
    except (OperationalError, OSError) as error:
        logger.warning("hashes %s wait for the schedule, because the broker is away: %s", hash_list, error)

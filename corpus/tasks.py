"""Celery tasks of projects and their items."""

from typing import Any

from celery import shared_task

from corpus import actions
from corpus.each_project import for_each_project


@shared_task  # type: ignore[untyped-decorator]
def find_duplicates(**_later: Any) -> None:
    """Find near-duplicates in every project with new items."""
    for_each_project(actions.find_duplicates_if_due, message="The near-duplicates of project %s cannot be found.")

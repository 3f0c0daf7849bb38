"""Keep in the cache what takes long to compute in large projects."""

import hashlib
from collections.abc import Callable
from typing import TypeVar, cast

from django.core.cache import cache
from redis.exceptions import RedisError

from corpus.models import Item, Project

T = TypeVar("T")
LARGE = 30_000
"From so many items on, counts of all opinions or decisions take longer than a person waits for a page."
KEPT_SECONDS = 60
"How old what pages show of a large project may be; it is counted again every 30 seconds itself."
HOUR = 3600


def kept(key: str, compute: Callable[[], T], *, seconds: int) -> T:
    """Return what the cache has under a key, or compute it; without a cache it is computed every time."""
    try:
        return cast("T", cache.get_or_set(key, compute, timeout=seconds))
    except (RedisError, OSError):
        return compute()


def until_items_change(project: Project, name: str, compute: Callable[[], T]) -> T:
    """
    Return what is computed from the items alone, from the cache until an import or a withdrawal.

    :param project: as just read; its `items_version` is part of the key
    """
    return kept(f"items:{project.pk}:{project.items_version}:{name}", compute, seconds=HOUR)


def item_count(project: Project) -> int:
    """Return how many items a project has, withdrawn ones included."""
    return until_items_change(project, "count", lambda: Item.objects.filter(project=project).count())


def kept_if_large(project: Project, name: str, compute: Callable[[], T], *, large: int = LARGE) -> T:
    """
    Return what is computed for a page, in a large project as it was at most KEPT_SECONDS ago.

    :param name: of the figure, with whatever it depends on besides the project
    :param large: the number of items from which on a project is large
    """
    if item_count(project) < large:
        return compute()
    digest = hashlib.sha256(name.encode()).hexdigest()  # a key of the cache may be neither long nor hold blanks
    return kept(f"large:{project.pk}:{digest}", compute, seconds=KEPT_SECONDS)

"""Record events in the audit log."""

from typing import Any

import orjson
from django.contrib.auth.models import User

from corpus.errors import as_utf8
from corpus.models import Project, Verb
from corpus.prepared import fetch_one

RECORD = """
    INSERT INTO corpus_event (project_id, actor_id, verb, subject, detail, at)
    VALUES (%s::bigint, %s::int, %s, %s, %s::jsonb, now())
"""


def record_event(
    *,
    project: Project | None,
    verb: Verb,
    subject: str = "",
    actor: User | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """
    Record who did what to what. Call it inside the transaction that makes the change.

    :param project: None for an event that belongs to no project
    :param subject: the external id or name of what was changed; names of files may be no UTF-8
    :param actor: None for commands and scheduled tasks
    :param detail: what JSON can hold, with texts as keys; the event's time is that of the beginning of the transaction
    :raises TypeError: if `detail` holds anything else
    """
    keys = (project.pk if project else None, actor.pk if actor else None)
    fetch_one(RECORD, [*keys, verb, as_utf8(subject), orjson.dumps(detail or {}).decode()])

from typing import Any

import orjson
from django.contrib.auth.models import User

from corpus.models import Project
from corpus.prepared import one_row

RECORD = """
    INSERT INTO corpus_event (project_id, actor_id, verb, subject, detail, at)
    VALUES (%s::bigint, %s::int, %s, %s, %s::jsonb, now())
"""


def record_event(
    *,
    project: Project | None,
    verb: str,
    subject: str = "",
    actor: User | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write down who did what; call it in the transaction that does it."""
    about = (project.pk if project else None, actor.pk if actor else None)
    one_row(RECORD, [*about, verb, subject, orjson.dumps(detail or {}).decode()])

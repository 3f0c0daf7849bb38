"""Draw finished items for audit, and record what a lead finds."""

import random

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotation.actions.showing import check_dialogue_shown
from annotation.actions.votes import Answer, check_answer
from annotation.models import Audit, AuditDraw, Queue
from annotation.queries import has_voted, has_written
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Project, Verb

HUNDRED = 100
FINISHED = """
    SELECT s.item_id FROM corpus_item i JOIN annotation_slot s ON s.item_id = i.id
        JOIN annotation_vote v ON v.id = s.vote_id
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL
        AND NOT EXISTS (SELECT FROM annotation_auditdraw d WHERE d.item_id = s.item_id)
        AND NOT EXISTS (SELECT FROM annotation_slot o WHERE o.item_id = s.item_id AND o.vote_id IS NULL)
    GROUP BY s.item_id ORDER BY max(v.cast_at), s.item_id
"""


@transaction.atomic
def draw_audits(*, project: Project) -> int:
    """
    Draw the project's audit percentage of every hundred finished items, and return how many were drawn.

    Which numbers of a hundred are drawn is fixed by chance beforehand, so an incomplete hundred gets its share
    too, and nobody can tell which item will be audited.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audits'), %s)", [project.pk])
        cursor.execute(FINISHED, {"project": project.pk})
        finished = [row[0] for row in cursor.fetchall()]
    first = AuditDraw.objects.filter(project=project).count()
    draws = [AuditDraw(project=project, item_id=item, number=first + at) for at, item in enumerate(finished)]
    AuditDraw.objects.bulk_create(draws)
    percent = Queue.objects.get_or_create(project=project)[0].audit_percent
    drawn = [draw for draw in draws if is_drawn(project, draw.number, percent)]
    Audit.objects.bulk_create(Audit(item_id=draw.item_id, project=project) for draw in drawn)
    return len(drawn)


def is_drawn(project: Project, number: int, percent: int) -> bool:
    """Return whether the item with this draw number is among the drawn ones of its hundred."""
    block, position = divmod(number, HUNDRED)
    dice = random.Random(f"{project.salt}:{block}")  # noqa: S311 - repeatable; the salt keeps it secret
    return position in dice.sample(range(HUNDRED), percent)


@transaction.atomic
def audit_item(*, project: Project, by: User, item: int, answer: Answer) -> Audit:
    """
    Record a lead's audit of an item; everybody who voted on it can read the reason.

    :raises Audit.DoesNotExist: if the item is not up for audit here
    :raises Invalid: if the answer breaks a rule, or gives no reason
    :raises NotShown: if the dialogue is still hidden from this lead
    :raises Refused: if it was audited before, or this lead voted on it or wrote it
    """
    audit = Audit.objects.select_for_update(of=("self",)).select_related("item").get(item=item, project=project)
    if audit.audited_at:
        raise Refused("Somebody has audited this dialogue already.")
    if has_written(by, audit.item):
        raise Refused("You wrote this dialogue yourself, so another lead must audit it.")
    if has_voted(by, audit.item):
        raise Refused("You voted on this dialogue yourself, so another lead must audit it.")
    check_dialogue_shown(by, audit.item, since=audit.drawn_at)
    check_answer(project, answer, has_response=audit.item.has_response, asks_questions=False)
    judgement = answer.judgement
    if not judgement.rationale:
        raise Invalid("rationale", "write the reason; it goes back to the annotators")
    Audit.objects.filter(pk=audit.pk).update(
        auditor=by,
        audited_at=timezone.now(),
        **judgement.label_columns,
        categories=list(judgement.categories),
        other_text=judgement.other_text,
        reason=judgement.rationale,
    )
    record_event(project=project, verb=Verb.ITEM_AUDITED, subject=audit.item.external_id, actor=by)
    return Audit.objects.get(pk=audit.pk)

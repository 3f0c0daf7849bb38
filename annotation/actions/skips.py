import uuid

from django.contrib.auth.models import User
from django.db import transaction

from annotation.actions.leased_items import find_holding, give_back, late_holding, vote_under
from annotation.actions.votes import AlreadyVoted
from annotation.models import Skip
from annotation.session import record_work, sit_down
from corpus.actions import record_event
from corpus.errors import Invalid
from corpus.models import Project


@transaction.atomic
def skip_item(*, project: Project, user: User, external_id: str, lease: uuid.UUID, reason: str) -> Skip:
    """
    Give a seat back with a reason; the person does not see the item again. The same again changes nothing.

    :raises Invalid: if there is no reason
    :raises NoSuchLease: if the lease is not this person's, or not for this item
    """
    if not reason.strip():
        raise Invalid("reason", "say why, in a word or two")
    desk = sit_down(project, user)
    if before := Skip.objects.filter(lease=lease, annotator=desk.annotator, item__external_id=external_id).first():
        return before
    if vote := vote_under(desk, lease, external_id):
        raise AlreadyVoted("You have voted on this dialogue already; that vote stands.", vote)
    holding = find_holding(desk, lease, external_id) or late_holding(desk, lease, external_id)
    skip = Skip.objects.create(item_id=holding.item, annotator_id=desk.annotator, lease=lease, reason=reason.strip())
    give_back(holding)
    record_work(desk, skips=1)
    record_event(project=project, verb="item.skipped", subject=external_id, actor=user, detail={"reason": skip.reason})
    return skip

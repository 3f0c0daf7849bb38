"""Set and remove gold labels."""

from django.contrib.auth.models import User
from django.db import transaction

from annotation import queries
from annotation.actions.escalation import WroteThemselves
from annotation.actions.qualification_settings import keeping_an_item
from annotation.models import Gold
from corpus.actions import record_event
from corpus.labels import Judgement, check_judgement
from corpus.models import Project, Verb
from corpus.queries import find_item


@transaction.atomic
def set_gold(*, project: Project, by: User | None, external_id: str, judgement: Judgement, reason: str = "") -> Gold:
    """
    Set the known label of an item, so that votes on it check the annotators' work.

    :raises NoSuchItem: if the project has no item of that id
    :raises Invalid: if the label breaks a rule
    :raises WroteThemselves: if this person wrote the item
    :raises Refused: if the label lacks one that people are asked for, so that a qualification that is on loses its last
        item
    """
    item = find_item(project, external_id)
    if by is not None and queries.has_written(by, item):
        raise WroteThemselves("You wrote this dialogue yourself, so another lead must give it a gold label.")
    check_judgement(judgement, wanted=queries.asked_fields(project), has_response=item.has_response)
    with keeping_an_item(project):
        gold, _ = Gold.objects.update_or_create(
            item=item,
            defaults={
                "project": project,
                **judgement.label_columns,
                "categories": list(judgement.categories),
                "reason": reason,
                "set_by": by,
            },
        )
    record_event(project=project, verb=Verb.GOLD_SET, subject=external_id, actor=by, detail={"reason": reason})
    return gold


@transaction.atomic
def remove_gold(*, project: Project, by: User, external_id: str) -> bool:
    """
    Remove the gold label of an item, and return whether it had one; the votes on it stay.

    :raises NoSuchItem: if the project has no item of that id
    :raises Refused: if it is the last of a qualification that is on
    """
    item = find_item(project, external_id)
    with keeping_an_item(project):
        removed, _ = Gold.objects.filter(project=project, item=item).delete()
    if removed:
        record_event(project=project, verb=Verb.GOLD_REMOVED, subject=external_id, actor=by)
    return bool(removed)

"""Set up the qualification of a project: its rules, its set, and further attempts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from annotation import queries
from annotation.actions.leases import free_leases
from annotation.models import Annotator, Gold, Qualification
from annotation.session import LOCK, ensure_profile
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Member, Project, Verb

# Whoever passed stays qualified; whether others need not qualify is decided anew each time.
EXEMPT = """
    UPDATE annotation_annotator a SET is_qualified = EXISTS (
            SELECT FROM annotation_qualificationattempt t WHERE t.annotator_id = a.id AND t.has_passed)
        OR %(only_new)s AND EXISTS (SELECT FROM annotation_vote v WHERE v.annotator_id = a.id)
    WHERE a.project_id = %(project)s AND a.user_id IS NOT NULL
"""


class AttemptsLeft(Refused):
    """The person still has an attempt, so that no other is needed."""

    code = "attempts_left"


@transaction.atomic
def update_qualification(*, project: Project, by: User | None, settings: dict[str, Any]) -> None:
    """
    Store how people qualify in a project. Attempts under way keep their rules.

    Once it is on, no slot is leased to an annotator who has not qualified: leases that such people hold end.

    :param settings: fields of `Qualification` and their values
    :raises Invalid: if it is switched on without an item in its set
    """
    Qualification.objects.get_or_create(project=project)
    before = Qualification.objects.select_for_update().get(project=project)  # leads take turns
    is_on = settings.get("is_on", before.is_on)
    if is_on and not queries.usable_gold(project, Gold.Use.QUALIFICATION).exists():
        raise Invalid("is_on", "choose dialogues for the qualification first")
    Qualification.objects.filter(project=project).update(**settings)
    applies_to = settings.get("applies_to", before.applies_to)
    if is_on and (not before.is_on or applies_to != before.applies_to):
        require_qualification(project, applies_to)
    record_event(project=project, verb=Verb.QUALIFICATION_CHANGED, actor=by, detail=settings)


def require_qualification(project: Project, applies_to: str) -> None:
    """Decide who need not qualify, and end the leases of all other annotators."""
    members = User.objects.filter(
        pk__in=Member.objects.filter(project=project, role=Member.Role.ANNOTATOR).values("user")
    )
    users = list(members.order_by("pk"))
    with connection.cursor() as cursor:
        # A claim under way holds its person's lock: wait for it, and let none begin before this is committed.
        for user in users:
            cursor.execute(LOCK, {"user": user.pk})
        only_new = applies_to == Qualification.AppliesTo.NEW
        cursor.execute(EXEMPT, {"project": project.pk, "only_new": only_new})
    qualified = Annotator.objects.filter(project=project, is_qualified=True).values_list("user", flat=True)
    for user in users:
        if user.pk not in set(qualified):
            free_leases(user=user, project=project)


@contextmanager
def keeping_an_item(project: Project) -> Iterator[None]:
    """
    Change gold labels, in a transaction, so that a qualification that is on keeps an item; leads take turns.

    One whose last item was withdrawn is empty already: no change of gold labels is refused for that.

    :raises Refused: if the change takes the last item
    """
    qualification = Qualification.objects.select_for_update().filter(project=project).first()
    items = queries.usable_gold(project, Gold.Use.QUALIFICATION)
    needs_item = qualification is not None and qualification.is_on and items.exists()
    yield
    if needs_item and not items.all().exists():
        raise Refused("The qualification is on and needs a dialogue. Switch it off, or leave it one.")


@transaction.atomic
def use_gold(*, project: Project, by: User, items: Sequence[int], use: str) -> int:
    """
    Say what gold labels are used for, and return how many changed. Attempts under way keep their items.

    :param items: primary keys of items; those without a gold label in the project are left out
    :param use: a value of `Gold.Use`
    :raises Refused: if this would take the last item from a qualification that is on
    """
    changed = Gold.objects.filter(project=project, item__in=items).exclude(use=use)
    with keeping_an_item(project):
        names = sorted(changed.values_list("item__external_id", flat=True))
        Gold.objects.filter(project=project, item__external_id__in=names).update(use=use)
    if names:
        detail = {"use": use, "items": names}
        record_event(project=project, verb=Verb.QUALIFICATION_CHANGED, actor=by, detail=detail)
    return len(names)


@transaction.atomic
def grant_attempt(*, project: Project, by: User, user: User) -> None:
    """
    Grant a person another attempt to qualify.

    :raises AttemptsLeft: if they have one left, are at it, or need not qualify
    """
    annotator = Annotator.objects.select_for_update().get(pk=ensure_profile(project, user).pk)
    standing = queries.standing_of(project, user)
    if annotator.is_qualified or standing.running or standing.attempts_left:
        raise AttemptsLeft(f"{user.username} needs no further attempt: one is left or under way, or they have passed.")
    # Counted from what was begun, so that a lower number of attempts for all takes nothing from this one.
    granted = len(standing.attempts) + 1 - standing.qualification.attempts
    Annotator.objects.filter(pk=annotator.pk).update(granted_attempts=granted)
    record_event(
        project=project,
        verb=Verb.QUALIFICATION_CHANGED,
        subject=user.username,
        actor=by,
        detail={"attempts_granted": 1},
    )

"""Change the settings of a project once it was seen what that does."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions import recount
from adjudication.actions.recounts import lock_decisions
from annotation.sampling import lock_slots
from annotation.slots import open_slots
from corpus.actions import record_event
from corpus.actions.items import items_changed
from corpus.errors import Invalid, Refused
from corpus.labels import FIELDS
from corpus.models import Project, Verb
from workspace.queries.project_settings import SettingsChange, proposed_settings, settings_change, settings_version


class SettingsChanged(Refused):
    """Somebody changed a setting since the change was looked at."""

    code = "changed_meanwhile"


class SameSettings(Refused):
    """Nothing would change."""

    code = "same_settings"


@transaction.atomic
def change_project(
    *, project: Project, reason: str, version: str | None = None, by: User | None = None, **changes: Any
) -> SettingsChange:
    """
    Change name, label fields, wanted votes or what splits go by; its slots and decisions follow at once.

    No vote and no label is lost: those of a field that is left out count again when it is wanted again. Dialogues that
    are assigned stay so.

    :param version: of the settings that were looked at (`settings_version`); None to take any
    :param changes: any of name, fields, votes_wanted, split_by
    :return: what changed
    :raises Invalid: if there is no reason, or a setting is out of range
    :raises SettingsChanged: if the settings are of another version by now
    :raises SameSettings: if nothing would change
    :raises Refused: if the policy needs a field that is left out
    """
    if not reason.strip():
        raise Invalid("reason", "write why; it stays with the change")
    lock_decisions(project)
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    lock_slots(project)  # before any case that the recount closes, as whoever sends one back does
    project.refresh_from_db()
    if version is not None and version != settings_version(locked):
        raise SettingsChanged("Somebody changed the settings meanwhile. Look at what would change now, and save again.")
    change = settings_change(locked, proposed_settings(locked, **changes))
    if not change.is_any:
        raise SameSettings("The project has these settings already.")
    store_settings(locked, change)
    detail: dict[str, Any] = {"from": change.old.as_dict(), "to": change.new.as_dict(), "reason": reason.strip()}
    detail["changed"] = counts_of(change)
    record_event(project=project, verb=Verb.PROJECT_CHANGED, subject=project.slug, actor=by, detail=detail)
    project.refresh_from_db()
    return change


def store_settings(project: Project, change: SettingsChange) -> None:
    """Store settings, and open and close slots and decide items accordingly."""
    new = change.new
    project.name, project.votes_wanted, project.split_by = new.name, new.votes_wanted, new.split_by
    for field in FIELDS:
        setattr(project, f"wants_{field}", field in new.fields)
    project.save(update_fields=["name", "votes_wanted", "split_by", *(f"wants_{field}" for field in FIELDS)])
    if change.decisions:
        recount(project=project)
    if change.slots:
        open_slots(project=project)
        items_changed(project)  # so that the schedule looks again: a slot may have been leased as it was to close


def counts_of(change: SettingsChange) -> dict[str, int]:
    """Return what a change did, as numbers for its event."""
    counts: dict[str, int] = {}
    if change.slots:
        counts |= {"slots_opened": change.slots.opened, "slots_closed": change.slots.closed}
    if difference := change.decisions:
        counts |= {"labels": difference.labels, "categories": difference.categories}
        counts |= {"cases_opened": difference.cases_opened, "cases_closed": difference.cases_closed}
    return counts

"""The settings of a project that its page changes, and what another choice of them would do."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from adjudication.actions.policy_change import compare
from adjudication.policies import Proposal, policy_of, warn_of_few_votes
from adjudication.policy_diff import Difference
from annotation.slots import SlotChange, slot_change
from corpus.errors import Invalid
from corpus.labels import FIELDS, NEEDS_RESPONSE, Field
from corpus.models import Project

MOST_VOTES = 99
"Votes of people an item may want."
MOST_CHARACTERS = 120
"Of a name."
LABELLED = """
    SELECT (SELECT count(*) FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id
            WHERE i.project_id = %(project)s AND v.is_current AND v.{field} IS NOT NULL)
        + (SELECT count(*) FROM jury_ballot b JOIN corpus_item i ON i.id = b.item_id
            WHERE i.project_id = %(project)s AND b.is_current AND b.{field} IS NOT NULL)
"""
VOTED_WITHOUT = """
    SELECT count(DISTINCT v.item_id) FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND (i.has_response OR NOT %(needs_response)s)
        AND v.is_current AND v.{field} IS NULL
"""

SETTLED_WITHOUT = """
    SELECT count(*) FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
    JOIN corpus_project p ON p.id = i.project_id AND p.policy = d.policy
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND (i.has_response OR NOT %(needs_response)s)
        AND d.status = 'settled' AND d.{field} IS NULL
"""


@dataclass(frozen=True)
class Settings:
    """The settings that change together, after a look at what that does."""

    name: str
    fields: tuple[str, ...]
    "Label fields, in order."
    votes_wanted: int
    split_by: str
    "What releases keep in one split."

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain JSON."""
        return {**vars(self), "fields": list(self.fields)}

    @property
    def split_by_words(self) -> str:
        """Return what releases keep in one split, in words."""
        return str(Project.SplitBy(self.split_by).label).lower()


def settings_of(project: Project) -> Settings:
    """Return the settings as they are."""
    return Settings(project.name, project.fields, project.votes_wanted, project.split_by)


def settings_version(project: Project) -> str:
    """Return a short text that differs once any setting of the project is another, the policy and taxonomy included."""
    parts = [*settings_of(project).as_dict().values(), project.policy, project.quorum, project.caution]
    parts += [project.certified_error, project.certified_risk]
    parts += [project.certified_score_by] if project.certified_score_by else []
    return hashlib.sha256(orjson.dumps([*parts, project.taxonomy_id])).hexdigest()[:16]


def proposed_settings(
    project: Project,
    *,
    name: str | None = None,
    fields: Any = None,
    votes_wanted: int | None = None,
    split_by: str | None = None,
) -> Settings:
    """
    Return the settings of a project with some of them replaced.

    :param fields: label fields, in any order
    :raises Invalid: if one is out of range
    :raises Refused: if the policy needs a field that is left out
    """
    old = settings_of(project)
    wanted = set(old.fields if fields is None else fields)
    if unknown := wanted - set(FIELDS):
        raise Invalid("fields", f"{min(unknown)!r} is not a field; there are {' and '.join(FIELDS)}")
    if not wanted:
        raise Invalid("fields", "choose at least one")
    new = Settings(
        name=old.name if name is None else name.strip(),
        fields=tuple(field.value for field in FIELDS if field in wanted),
        votes_wanted=old.votes_wanted if votes_wanted is None else votes_wanted,
        split_by=old.split_by if split_by is None else split_by,
    )
    if new.split_by not in Project.SplitBy:
        raise Invalid("split_by", f"there are {' and '.join(Project.SplitBy.values)}")
    if not 1 <= len(new.name) <= MOST_CHARACTERS:
        raise Invalid("name", f"give it a name of 1 to {MOST_CHARACTERS} characters")
    if not 1 <= new.votes_wanted <= MOST_VOTES and new.votes_wanted != old.votes_wanted:
        raise Invalid("votes_wanted", f"choose a number from 1 to {MOST_VOTES}")
    policy_of(proposal_of(project, new))
    return new


def proposal_of(project: Project, new: Settings) -> Proposal:
    """Return the project as it would be with other settings, under its own policy."""
    return Proposal(
        str(project),
        project.policy,
        project.quorum,
        project.caution,
        new.fields,
        certified_error=project.certified_error,
        certified_risk=project.certified_risk,
        certified_score_by=project.certified_score_by,
    )


@dataclass(frozen=True)
class FieldChange:
    """A label field that is added or left out."""

    field: Field
    is_added: bool
    labels: int
    "Current labels that there are: they count again, or no longer. None is lost."
    voted_without: int
    "If it is added: items with votes that lack it. Nobody votes twice, so these votes do not decide it."
    settled_without: int
    "If it is added: settled items that stay settled without it, until their cases are reopened."


@dataclass(frozen=True)
class SettingsChange:
    """What other settings would do."""

    old: Settings
    new: Settings
    slots: SlotChange | None
    "None where they stay as they are."
    decisions: Difference | None
    "None if the fields stay."
    fields: list[FieldChange]
    warning: str
    "Why the votes wanted decide nothing; empty if they do."

    @property
    def is_any(self) -> bool:
        """Whether a setting differs."""
        return self.old != self.new


def settings_change(project: Project, new: Settings) -> SettingsChange:
    """
    Count what other settings would do. Nothing is stored.

    :raises CompareUnderWay: if fields change, and somebody compares policies of the project at the moment
    """
    old = settings_of(project)
    changes_slots = (old.votes_wanted, old.fields) != (new.votes_wanted, new.fields)
    changed = [field for field in FIELDS if (field in old.fields) != (field in new.fields)]
    return SettingsChange(
        old=old,
        new=new,
        slots=slot_change(project, votes_wanted=new.votes_wanted, fields=new.fields) if changes_slots else None,
        decisions=compare(project, proposal_of(project, new), limit=0) if changed else None,
        fields=[field_change(project, field, is_added=field in new.fields) for field in changed],
        warning=warn_of_few_votes(policy_of(proposal_of(project, new)), new.fields, new.votes_wanted),
    )


def field_change(project: Project, field: Field, *, is_added: bool) -> FieldChange:
    """Count the labels there are of a field, and the items that were voted on, and settled, without it."""
    parameters = {"project": project.pk, "needs_response": field in NEEDS_RESPONSE}
    with connection.cursor() as cursor:
        cursor.execute(LABELLED.format(field=field), parameters)
        [labels] = cursor.fetchone()
        without = [0, 0]
        for at, statement in enumerate((VOTED_WITHOUT, SETTLED_WITHOUT) if is_added else ()):
            cursor.execute(statement.format(field=field), parameters)
            [without[at]] = cursor.fetchone()
    return FieldChange(field, is_added, labels, *without)

"""Write prompts in a project, and freeze them as prompt versions."""

import hashlib
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.importing.values import one_line_end
from corpus.models import Project, Verb
from jury import queries
from jury.actions.prompts import LONGEST, check_name
from jury.models import PromptDraft, PromptVersion
from jury.prompt_files import parse_prompt


class DraftChanged(Refused):
    """Somebody has saved the draft since it was opened."""

    code = "draft_changed"

    def __init__(self, message: str, revision: int) -> None:
        super().__init__(message)
        self.revision = revision


@transaction.atomic
def start_draft(*, project: Project, based_on: str, name: str, by: User | None = None) -> PromptDraft:
    """
    Begin a draft with the text of a prompt version.

    :raises Refused: if there is no such version
    :raises Invalid: if the name is no name, or taken
    """
    version = queries.prompt_named(based_on, project)
    check_is_free(name)
    draft = PromptDraft(project=project, name=name, text=version.text, based_on=version.name, changed_by=by)
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError as error:
        raise Invalid("name", "is the name of another draft of this project") from error
    return draft


def check_is_free(name: str) -> None:
    """
    Check that a name can be that of a new prompt version. Names are unique in the whole site.

    :raises Invalid: if it cannot
    """
    try:
        check_name(PromptVersion(name=name, text="-", sha256="-"))
    except Refused as error:
        raise Invalid("name", "may have letters, digits, hyphens and underscores, 60 at most") from error
    if PromptVersion.objects.filter(name=name).exists() or name == PromptVersion.IMPORTED:
        raise Invalid("name", "is taken: a prompt version is never changed, so take another name")


@transaction.atomic
def save_draft(*, draft: PromptDraft, text: str, name: str, revision: int, by: User | None = None) -> PromptDraft:
    """
    Save a draft, whether or not it is a prompt yet.

    :param revision: of the draft as it was opened
    :raises DraftChanged: if somebody has saved it since
    :raises Invalid: if the text is too long, or the name is taken
    """
    locked = lock_draft(draft, revision)
    check_text(text)
    if name != locked.name:
        check_is_free(name)
    locked.text, locked.name, locked.changed_by = text, name, by
    locked.revision += 1
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as error:
        raise Invalid("name", "is the name of another draft of this project") from error
    return locked


def lock_draft(draft: PromptDraft, revision: int) -> PromptDraft:
    """
    Lock a draft and return it.

    :raises DraftChanged: if somebody has saved or frozen it since
    """
    locked = PromptDraft.objects.select_for_update(of=["self"]).select_related("project", "changed_by")
    found = locked.filter(pk=draft.pk).first()
    if found is None:
        raise Refused("This draft is there no more: somebody has frozen or removed it. Copy what you typed.")
    if found.revision != revision:
        who = found.changed_by.username if found.changed_by else "a program"
        raise DraftChanged(
            f"{who} has saved this draft since you opened it, maybe in another tab. What you typed is below and not "
            "saved. Save again to replace what they saved, or open the draft anew to see it.",
            found.revision,
        )
    return found


def check_text(text: str) -> None:
    """
    :raises Invalid: if a text is too long to be that of a prompt, or holds what PostgreSQL does not store
    """
    if len(text.encode(errors="replace")) > LONGEST or "\0" in text:
        raise Invalid("text", f"has more than {LONGEST:,} bytes, or a NUL")


@transaction.atomic
def freeze_draft(*, draft: PromptDraft, revision: int, by: User | None = None) -> PromptVersion:
    """
    Make a draft a prompt version, which nobody can change any more.

    :param revision: of the draft as it was opened
    :raises DraftChanged: if somebody has saved it since
    :raises Refused: if its text is no prompt; the message says which key, and why
    :raises Invalid: if its name was taken meanwhile
    """
    locked = lock_draft(draft, revision)
    version = freeze_prompt(project=locked.project, name=locked.name, text=locked.text, by=by, draft=locked.pk)
    locked.delete()
    return version


@transaction.atomic
def save_and_freeze(
    *, draft: PromptDraft, text: str, name: str, revision: int, by: User | None = None
) -> PromptVersion:
    """
    Save a draft and make it a prompt version at once, or do neither. It raises what the two do.

    :param revision: of the draft as it was opened
    """
    saved = save_draft(draft=draft, text=text, name=name, revision=revision, by=by)
    return freeze_draft(draft=saved, revision=saved.revision, by=by)


@transaction.atomic
def freeze_prompt(
    *, project: Project, name: str, text: str, by: User | None = None, draft: int | None = None
) -> PromptVersion:
    """
    Store a text as a prompt version of a project.

    :param draft: the number of the draft that it was, by which who has that open can find it
    :raises Refused: if it is no prompt
    :raises Invalid: if the name is no name, or taken
    """
    check_is_free(name)
    check_text(text)
    text = one_line_end(text).removesuffix("\n") + "\n"  # forms send other line ends
    parse_prompt(text, name)
    version = PromptVersion(name=name, text=text, sha256=hashlib.sha256(text.encode()).hexdigest(), project=project)
    try:
        with transaction.atomic():
            version.save()
    except IntegrityError as error:
        raise Invalid("name", "is taken: a prompt version is never changed, so take another name") from error
    detail: dict[str, Any] = {"sha256": version.sha256}
    if draft is not None:
        detail["draft"] = draft
    record_event(project=project, verb=Verb.PROMPT_FROZEN, subject=version.name, actor=by, detail=detail)
    return version


@transaction.atomic
def remove_draft(*, draft: PromptDraft) -> None:
    """Remove a draft. Nothing was ever asked by it but in trials."""
    draft.delete()

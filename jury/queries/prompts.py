"""Reads of prompt versions and of the drafts that become some."""

import re

from django.db.models import Q, QuerySet

from corpus.errors import Refused
from corpus.models import Event, Project, Verb
from jury.models import Juror, PromptDraft, PromptVersion
from jury.prompting import Prompt


def prompts_for(project: Project | None) -> QuerySet[PromptVersion]:
    """
    Return the prompt versions that a project may use, by name: those from files, and those frozen in it.

    :param project: None for those from files alone
    """
    versions = PromptVersion.objects.exclude(name=PromptVersion.IMPORTED).order_by("name")
    of_files = Q(project=None)
    return versions.filter(of_files | Q(project=project) if project else of_files)


def prompt_names(project: Project | None = None, *, generative: bool = False) -> list[str]:
    """
    Return the names of the prompt versions that a project may use, sorted.

    :param generative: those for generators instead of those for jurors
    """
    return [
        version.name for version in prompts_for(project) if Prompt.parse(version.text).form.is_generative == generative
    ]


def prompt_named(name: str, project: Project | None = None) -> PromptVersion:
    """
    Return a prompt version that a project may use by its name.

    :raises Refused: if there is none of that name; the message lists those there are
    """
    prompt = prompts_for(project).filter(name=name).first()
    if prompt is None:
        known = ", ".join(prompts_for(project).values_list("name", flat=True))
        raise Refused(f"There is no prompt {name!r}. Known: {known}.")
    return prompt


def drafts_of(project: Project) -> QuerySet[PromptDraft]:
    """Return the drafts of a project by name."""
    return PromptDraft.objects.filter(project=project).select_related("changed_by").order_by("name")


def freezing_of(project: Project, draft: int) -> Event | None:
    """Return the event by which a draft became a prompt version, by the number of the draft; None if it did not."""
    events = Event.objects.filter(project=project, verb=Verb.PROMPT_FROZEN, detail__draft=draft)
    return events.select_related("actor").first()


def jurors_with(project: Project, prompt: PromptVersion) -> QuerySet[Juror]:
    """Return the jurors and generators of a project that are asked by a prompt version, by name."""
    return Juror.objects.filter(project=project, prompt=prompt).order_by("name")


def next_name(name: str) -> str:
    """Return a free name for a prompt version after one of this name: `own-v3` after `own-v2`."""
    stem, number = re.fullmatch(r"(.*?)(?:-v(\d{1,6}))?", name).groups()  # type: ignore[union-attr]  # matches any name
    at = int(number or 1) + 1
    taken = set(PromptVersion.objects.filter(name__startswith=stem[:40]).values_list("name", flat=True))
    while f"{stem[:50]}-v{at}" in taken:
        at += 1
    return f"{stem[:50]}-v{at}"

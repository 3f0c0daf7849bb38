"""Reads of jurors, generators and prompt versions, named for what comes back."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from corpus.errors import Refused
from corpus.models import Category, Project
from jury.endpoints import Rules, origin_of
from jury.families import shared_families
from jury.models import Juror, PromptVersion
from jury.prompting import Prompt


def generators_of(project: Project) -> QuerySet[Juror]:
    """Return the generators of a project by name."""
    return Juror.objects.filter(project=project, asks=[]).select_related("prompt").order_by("name")


def generator_named(project: Project, name: str) -> Juror:
    """
    :raises Refused: naming the generators there are
    """
    generators = generators_of(project)
    found = generators.filter(name=name).first()
    if found is None:
        known = ", ".join(generators.values_list("name", flat=True)) or "none; add one with add_generator"
        raise Refused(f"Project {project} has no generator {name!r}. Known: {known}.")
    return found


def jurors_of(project_id: int) -> dict[str, int]:
    """Map the name of every juror to its primary key."""
    return dict(Juror.objects.filter(project_id=project_id).values_list("name", "pk"))


def panel(project: Project, names: Sequence[str] = ()) -> list[Juror]:
    """
    Return the named jurors, or else all of the panel, by name.

    :raises Refused: if one is not known, or there is none
    """
    jurors = Juror.objects.filter(project=project).select_related("prompt").order_by("name")
    chosen = list(jurors.filter(name__in=names) if names else jurors.filter(in_panel=True))
    if unknown := set(names) - {juror.name for juror in chosen}:
        raise Refused(f"Project {project} has no juror {min(unknown)!r}.")
    if not chosen:
        raise Refused(f"Project {project} has no jurors. Add one with add_juror.")
    return chosen


def response_models(project: Project) -> list[str]:
    """Name the models that wrote responses of a project, as generators or an import say, at most a hundred."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT meta ->> 'response_model' FROM corpus_item
            WHERE project_id = %s AND meta ? 'response_model' ORDER BY 1 LIMIT 100
            """,
            [project.pk],
        )
        return [row[0] for row in cursor.fetchall() if row[0]]


def families_shared(project: Project, jurors: Iterable[Juror]) -> dict[str, list[str]]:
    """Find the model families of more than one juror, or of a juror and of a model that wrote responses."""
    authors = [(f"the author of responses {model}", model) for model in response_models(project)]
    shared = shared_families([*((juror.name, juror.model) for juror in jurors), *authors])
    names = {name for name, _ in authors}
    return {family: members for family, members in shared.items() if set(members) - names}


def prompts(*, written: bool = False) -> list[str]:
    """Name the prompt versions that ask for a judgement, or else for a text."""
    versions = PromptVersion.objects.exclude(name=PromptVersion.IMPORTED).order_by("name")
    return [each.name for each in versions if Prompt.parse(each.text).form.is_written == written]


def prompt_named(name: str) -> PromptVersion:
    """
    :raises Refused: naming the ones there are
    """
    prompt = PromptVersion.objects.filter(name=name).exclude(name=PromptVersion.IMPORTED).first()
    if prompt is None:
        known = PromptVersion.objects.exclude(name=PromptVersion.IMPORTED).order_by("name")
        raise Refused(f"There is no prompt {name!r}. Known: {', '.join(known.values_list('name', flat=True))}.")
    return prompt


def labels_asked(project: Project, juror: Juror) -> tuple[str, ...]:
    """Return the labels a juror is asked for: its own, as far as the project wants them."""
    return tuple(field for field in project.fields if field in juror.asks)


def categories_shown(taxonomy_id: int) -> list[dict[str, Any]]:
    """Return the categories in order, with what a prompt may say of them."""
    categories = Category.objects.filter(taxonomy_id=taxonomy_id).order_by("position")
    return [dict(row) for row in categories.values("slug", "name", "code", "definition", "included", "excluded")]


def rules_for_endpoints() -> Rules:
    """Return what the operator has set about where questions may go."""
    return Rules.of(settings.JURY_ENDPOINTS_ALLOWED, public_only=settings.JURY_ENDPOINTS_PUBLIC_ONLY)


def has_endpoint(project: Project, origin: str) -> bool:
    """Tell whether some juror or generator of the project is asked at that scheme, host and port already."""
    known = Juror.objects.filter(project=project).exclude(base_url="").values_list("base_url", flat=True).distinct()
    return any(same_origin(base_url, origin) for base_url in known)


def same_origin(base_url: str, origin: str) -> bool:
    try:
        return origin_of(base_url) == origin
    except Refused:  # stored before there were rules
        return False

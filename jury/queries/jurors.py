"""Reads of jurors, generators, prompt versions and endpoint rules."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from corpus.errors import Refused
from corpus.kept import kept_if_large
from corpus.models import Category, Project, Question
from corpus.queries import questions_of
from corpus.questions import AskedOf, questions_asked
from jury.endpoints import EndpointRules, origin_of
from jury.families import shared_families
from jury.kinds import answer_models
from jury.models import Answer, Juror, Run, Shard
from jury.prompting import Prompt
from jury.questions import is_about_refusal


def jurors_of(project: Project) -> QuerySet[Juror]:
    """Return the jurors of a project by name, without its generators."""
    return Juror.objects.filter(project=project).exclude(asks=[]).select_related("prompt").order_by("name")


def generators_of(project: Project) -> QuerySet[Juror]:
    """Return the generators of a project by name."""
    return Juror.objects.filter(project=project, asks=[]).select_related("prompt").order_by("name")


def generator_named(project: Project, name: str) -> Juror:
    """
    Return a generator by its name.

    :raises Refused: if the project has none of that name; the message lists those it has
    """
    generators = generators_of(project)
    generator = generators.filter(name=name).first()
    if generator is None:
        known = ", ".join(generators.values_list("name", flat=True)) or "none; add one with add_generator"
        raise Refused(f"Project {project} has no generator {name!r}. Known: {known}.")
    return generator


def juror_ids(project_id: int) -> dict[str, int]:
    """Return the primary keys of a project's jurors and generators by name."""
    return dict(Juror.objects.filter(project_id=project_id).values_list("name", "pk"))


def panel(project: Project, names: Sequence[str] = ()) -> list[Juror]:
    """
    Return the named jurors, or by default the whole panel, by name.

    :raises Refused: if the project has no juror of one of the names, or none on the panel
    """
    jurors = Juror.objects.filter(project=project).select_related("prompt").order_by("name")
    chosen = list(jurors.filter(name__in=names) if names else jurors.filter(in_panel=True))
    if unknown := set(names) - {juror.name for juror in chosen}:
        raise Refused(f"Project {project} has no juror {min(unknown)!r}.")
    if not chosen:
        raise Refused(f"Project {project} has no jurors. Add one with add_juror.")
    return chosen


def response_models(project: Project) -> list[str]:
    """
    Return the names of up to a hundred models that wrote responses of a project, as items' `meta` says.

    In a large project they are up to a minute old.
    """
    return kept_if_large(project, "response models", lambda: read_response_models(project))


def read_response_models(project: Project) -> list[str]:
    """Return the same as of now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT meta ->> 'response_model' FROM corpus_item
            WHERE project_id = %s AND meta ? 'response_model' ORDER BY 1 LIMIT 100
            """,
            [project.pk],
        )
        return [row[0] for row in cursor.fetchall() if row[0]]


def shared_model_families(project: Project, jurors: Iterable[Juror]) -> dict[str, list[str]]:
    """
    Return the model families that two jurors share, or a juror and a model that wrote responses.

    :return: names of jurors, and descriptions of authors of responses, by family
    """
    authors = [(f"the author of responses {model}", model) for model in response_models(project)]
    families = shared_families([*((juror.name, juror.model) for juror in jurors), *authors])
    names = {name for name, _ in authors}
    return {family: members for family, members in families.items() if set(members) - names}


def labels_asked(project: Project, juror: Juror) -> tuple[str, ...]:
    """Return the labels that a juror is asked for and the project wants."""
    return tuple(field for field in project.fields if field in juror.asks)


def questions_answered(project: Project, juror: Juror) -> list[Question]:
    """
    Return the project's questions that a juror answers, in order.

    A form of our own is asked those for jurors. Of the forms of guards some say whether a response is a refusal, and
    answer the question about that; the others answer none.
    """
    questions, form = questions_for_jurors(project), Prompt.parse(juror.prompt.text).form
    if form.asks_questions:
        return questions
    return [each for each in questions if is_about_refusal(each)] if form.says_refusal else []


def questions_for_jurors(project: Project) -> list[Question]:
    """Return the project's questions that jurors are asked, in order."""
    return questions_asked(questions_of(project), AskedOf.JURORS, has_response=True)


def asks_probabilities(project: Project) -> bool:
    """Return whether ballots of the project may have probabilities."""
    return Juror.objects.filter(project=project, asks_probability=True).exists()


def has_been_asked(juror: Juror) -> bool:
    """Return whether there are answers of a juror or generator other than failed ones, or an open run asks it."""
    models: list[Any] = answer_models()
    given = (model.objects.filter(juror=juror).exclude(outcome=Answer.Outcome.FAILED) for model in models)
    open_shards = Shard.objects.filter(juror=juror, state=Shard.State.WAITING, run__state__in=Run.OPEN)
    return any(answers.exists() for answers in given) or open_shards.exists()


def prompt_categories(taxonomy_id: int) -> list[dict[str, Any]]:
    """Return the categories of a taxonomy in order: slug, name, code, definition, included and excluded."""
    categories = Category.objects.filter(taxonomy_id=taxonomy_id).order_by("position")
    return [dict(row) for row in categories.values("slug", "name", "code", "definition", "included", "excluded")]


def endpoint_rules() -> EndpointRules:
    """
    Return the operator's rules about endpoints, from the settings.

    :raises Refused: if an allowed origin in the settings is no address of an endpoint
    """
    return EndpointRules.parse(settings.JURY_ENDPOINTS_ALLOWED, public_only=settings.JURY_ENDPOINTS_PUBLIC_ONLY)


def has_endpoint(project: Project, origin: str) -> bool:
    """Return whether a juror or generator of the project already uses that origin (scheme, host and port)."""
    known = Juror.objects.filter(project=project).exclude(base_url="").values_list("base_url", flat=True).distinct()
    return any(same_origin(base_url, origin) for base_url in known)


def same_origin(base_url: str, origin: str) -> bool:
    """Return whether a URL has that origin. False for a URL that the rules no longer accept."""
    try:
        return origin_of(base_url) == origin
    except Refused:
        return False

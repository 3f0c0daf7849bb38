"""Write the settings of a project as a project file."""

from collections.abc import Collection
from typing import Any

import orjson
from django.forms.models import model_to_dict
from django.http import HttpResponse

from adjudication.models import CaseSettings
from annotation.models import Qualification, Queue
from annotation.queries import current_guideline
from annotation.queries.background import background_questions
from attacks.models import AttackSettings
from attacks.queries import targets_of
from corpus.categories.content import read_category
from corpus.groups.terms import shipped_terms
from corpus.models import Category, Project, Question, Taxonomy
from corpus.queries import group_terms
from corpus.taxonomy_versions import text_of
from jury.models import Juror, PromptVersion
from workspace.project_files.reading import Document
from workspace.project_files.schema import BACKGROUND, FORMAT, JUROR, QUALIFICATION, QUEUE, VERSION

QUESTION_KEYS = ("key", "text", "guidance", "type", "choices", "asked_of", "about", "is_required", "opens_cases")
GUIDELINE_KEYS = ("body", "entries", "faq")


def write_document(project: Project) -> bytes:
    """Return a project file; equal settings give equal bytes."""
    return orjson.dumps(document_of(project), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def file_response(content: bytes, slug: str) -> HttpResponse:
    """Return a project file as a download."""
    disposition = f'attachment; filename="{slug}.project.json"'
    return HttpResponse(content, content_type="application/json", headers={"Content-Disposition": disposition})


def document_of(project: Project) -> Document:
    """Return the settings of a project as JSON has them: no data, no people, no keys."""
    jurors = list(Juror.objects.filter(project=project).exclude(base_url="").select_related("prompt").order_by("name"))
    models = (Queue, Qualification, CaseSettings)
    queue, qualification, cases = (model.objects.filter(project=project).first() for model in models)
    return {
        FORMAT: VERSION,
        "name": project.name,
        "fields": list(project.fields),
        "votes_wanted": project.votes_wanted,
        "policy": project.policy,
        "quorum": project.quorum,
        "caution": project.caution,
        "certified_error": project.certified_error,
        "certified_risk": project.certified_risk,
        **({"certified_score_by": project.certified_score_by} if project.certified_score_by else {}),
        "split_by": project.split_by,
        "taxonomy": as_taxonomy(project.taxonomy),
        "questions": [as_question(each) for each in Question.objects.filter(project=project).order_by("position")],
        "background": [model_to_dict(each, BACKGROUND["required"]) for each in background_questions(project)],
        "guideline": as_guideline(project),
        "queue": queue and model_to_dict(queue, list(QUEUE["properties"])),
        "qualification": qualification and model_to_dict(qualification, QUALIFICATION["required"]),
        "cases": cases and model_to_dict(cases, ("hold_minutes", "wants_second")),
        "attacks": as_attacks(project),
        "group_terms": as_group_terms(project),
        "prompts": as_prompts({juror.prompt_id for juror in jurors}),
        "jurors": [as_juror(each) for each in jurors],
    }


def as_group_terms(project: Project) -> list[str] | None:
    """Return the lines of the list of terms for identity groups; None where it is the one we ship."""
    listed = group_terms(project).terms
    return None if listed.sha256 == shipped_terms().sha256 else listed.csv.splitlines()


def as_attacks(project: Project) -> Document | None:
    """Return what may be attacked, by what budget; not whether it is switched on, nor who consented."""
    settings = AttackSettings.objects.filter(project=project).first()
    if settings is None:
        return None
    budgets = {name: format(getattr(settings, name).normalize(), "f") for name in ("budget_usd", "daily_usd")}
    values = {name: getattr(settings, name) for name in ("most_turns", "license", "consent_text")}
    return {"targets": list(targets_of(project).values_list("name", flat=True)), **budgets, **values}


def as_taxonomy(taxonomy: Taxonomy) -> Document:
    """Return a version of a taxonomy with its categories, written as they are read."""
    categories = [text_of(each).as_row for each in Category.objects.filter(taxonomy=taxonomy).order_by("position")]
    return {
        "name": taxonomy.name,
        "version": taxonomy.version,
        "title": taxonomy.title,
        "about": taxonomy.about,
        "categories": [read_category(row, f"categories[{at}]").as_row for at, row in enumerate(categories)],
    }


def as_question(question: Question) -> Document:
    """Return a question without its answers."""
    values = {name: getattr(question, name) for name in QUESTION_KEYS}
    values["choices"] = [{"value": choice["value"], "name": choice["name"]} for choice in question.choices]
    return values | {"is_retired": question.retired_at is not None}


def as_guideline(project: Project) -> Document | None:
    """Return the guideline in force without its history; None where it is the one we ship."""
    version = current_guideline(project)
    return {name: getattr(version, name) for name in GUIDELINE_KEYS} if version else None


def as_prompts(keys: Collection[int]) -> list[Document]:
    """Return prompt versions by name, each with the text of its file."""
    found = PromptVersion.objects.filter(pk__in=keys).order_by("name")
    return [{"name": version.name, "text": version.text} for version in found]


def as_juror(juror: Juror) -> Document:
    """Return a juror or a generator; not the variable that holds its key, nor what its model was trained on."""
    values: dict[str, Any] = {name: getattr(juror, name) for name in JUROR["required"]}
    prices = {name: format(values[name].normalize(), "f") for name in ("price_in", "price_out")}
    # As files of earlier versions, where nothing is asked that these did not have.
    more = {"asks_probability": True} if juror.asks_probability else {}
    return values | prices | more | {"prompt": juror.prompt.name}

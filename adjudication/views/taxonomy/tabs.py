"""The tabs of the page: each a template, and what it shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404

from adjudication.project_comparison import compare_projects
from adjudication.queries.named_categories import named_counts
from adjudication.views.taxonomy.questions import questions_tab
from adjudication.visible_opinions import note_items_shown
from corpus.access import Access, PageRequest, list_access
from corpus.categories.content import Content
from corpus.categories.diff import Difference, differences
from corpus.categories.words import crosswalk_words
from corpus.kept import kept_if_large
from corpus.models import Category, Event, TaxonomyDraft, Verb
from corpus.queries import categories_of, category_names
from corpus.taxonomy_versions import content_of, counts_as, versions_up_to

Context = dict[str, Any]
MOST_VERSIONS = 20


@dataclass(frozen=True)
class Tab:
    """One tab of the page."""

    name: str
    "Its words."
    template: str
    context: Callable[[PageRequest, Access], Context]
    "Return what the template needs."


def categories_tab(_request: PageRequest, access: Access) -> Context:
    """Return the categories and how many opinions name each, and those that opinions may name but are retired."""
    project = access.project
    categories, names = categories_of(project), category_names(project)
    counts = kept_if_large(
        project, f"named categories {project.taxonomy_id}", lambda: named_counts(project, project.taxonomy_id)
    )
    crosswalks = sorted({name for each in categories for name in each.crosswalk})
    retired = counts_as(project.taxonomy_id)
    return {
        "rows": [
            (each, counts.get(each.slug, 0), [(crosswalk_words(name), code_of(each, name)) for name in crosswalks])
            for each in categories
        ],
        "retired": [(slug, names[slug], [names[heir] for heir in heirs]) for slug, heirs in retired.items()],
        "draft": TaxonomyDraft.objects.select_related("changed_by").filter(project=project).first(),
    }


def code_of(category: Category, name: str) -> str:
    """Return what a category is called in another taxonomy, in words where it is called nothing."""
    if name not in category.crosswalk:
        return "nobody has said"
    return category.crosswalk[name] or "no equal"


def versions_tab(_request: PageRequest, access: Access) -> Context:
    """Return the versions, newest first, each with who made it, why, and what differs from the one before."""
    found = versions_up_to(access.project.taxonomy, most=MOST_VERSIONS + 1)
    versions = found[:MOST_VERSIONS]
    made = {
        event.subject: event
        for event in Event.objects.filter(
            project=access.project,
            verb__in=(Verb.TAXONOMY_CHANGED, Verb.TAXONOMY_EXTENDED),
            subject__in=[str(each) for each in versions],
        ).select_related("actor")
    }
    contents = [content_of(each) for each in found]
    return {
        "versions": [
            (version, made.get(str(version)), differences_from(before, content) if before else [])
            for version, content, before in zip(versions, contents, [*contents[1:], None], strict=False)
        ],
        "has_older": len(found) > len(versions),
    }


def differences_from(before: Content, content: Content) -> list[Difference]:
    """Return what differs between a version and the one before it."""
    return differences(before, replace(content, chosen=content.earlier), before.earlier)


def compare_tab(request: PageRequest, access: Access) -> Context:
    """
    Return the labels of this project beside those of another that the person leads, too.

    :raises Http404: if there is none of that slug
    """
    others = [each.project for each in list_access(access.user) if each.is_lead and each.project != access.project]
    wanted = request.GET.get("with", "")
    if not wanted:
        return {"others": others}
    other = next((each for each in others if each.slug == wanted), None)
    if other is None:
        raise Http404(f"You lead no other project {wanted!r}.")
    compared = compare_projects(access.project, other)
    for project in (access.project, other):
        note_items_shown(access.user, project, [row["id"] for row in compared.rows])
    names, other_names = category_names(access.project), category_names(other)
    pairs = [(names.get(a, a), other_names.get(b, b), count) for a, b, count in compared.categories]
    return {"others": others, "other": other, "compared": compared, "pairs": pairs}


TABS = {
    "categories": Tab("Categories", "adjudication/taxonomy/categories.html", categories_tab),
    "questions": Tab("Questions", "adjudication/taxonomy/questions.html", questions_tab),
    "versions": Tab("Versions", "adjudication/taxonomy/versions.html", versions_tab),
    "compare": Tab("Compared with another project", "adjudication/taxonomy/compare.html", compare_tab),
}
"By the value of `tab` in the address; the first is shown without one."

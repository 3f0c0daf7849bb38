"""The guideline pages: read any version, compare two, and write the next."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotation import queries
from annotation.actions import guideline_in_force, publish_guideline
from annotation.forms.guideline import GuidelineForm
from annotation.guideline_diff import compare
from annotation.models import GuidelineVersion
from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.queries import asked_of_people, category_names

LONGEST_QUESTION = 500
"Of an address; a longer one is cut."


@require_safe
@require_role()
def guideline(request: PageRequest, access: Access, version: str = "") -> HttpResponse:
    """Show one version; without a name, the one in force."""
    in_force = guideline_in_force(access.project)
    shown = find_version(access, version) if version else in_force
    stored = queries.guideline_versions(access.project).select_related("published_by").order_by("-pk")
    versions = list(stored) or [in_force]
    context = {
        "access": access,
        "page": "guideline",
        "version": shown,
        "in_force": in_force,
        "versions": [(each, before) for each, before in zip(versions, [*versions[1:], None], strict=True)],
        "tiers": queries.categories_by_tier(access.project, shown),
        "asked": asked_of_people(access.project),
    }
    return render(request, "annotation/guideline.html", context)


@require_safe
@require_role()
def compare_versions(request: PageRequest, access: Access, before: str, after: str) -> HttpResponse:
    """Show what differs between two versions."""
    pair = [find_version(access, name) for name in (before, after)]
    contents = [
        {"body": each.body, "entries": queries.guideline_entries(access.project, each), "faq": each.faq}
        for each in pair
    ]
    context = {
        "access": access,
        "page": "guideline",
        "before": pair[0],
        "after": pair[1],
        "sections": compare(contents[0], contents[1], category_names(access.project)),
    }
    return render(request, "annotation/guideline_compare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def edit(request: PageRequest, access: Access) -> HttpResponse:
    """
    Write the next version, starting from the one in force. If it is refused, the typed text stays.

    `question` of the address is a question to answer, which a page that found it unclear links to.
    """
    version = guideline_in_force(access.project)
    guidance = [each for tier in queries.categories_by_tier(access.project, version).values() for each in tier]
    asked = request.GET.get("question", "").strip()[:LONGEST_QUESTION]
    form, status = GuidelineForm(request.POST or None, version=version, guidance=guidance, asked=asked), 200
    if request.method == "POST":
        tried = attempt(form, lambda: publish_guideline(project=access.project, by=access.user, **form.content()))
        if tried.is_done:
            messages.success(request, f"Version {tried.result.name} is in force.")
            return redirect("annotation:guideline", access.project.slug)
        status = tried.status
    context = {"access": access, "page": "guideline", "form": form, "version": version}
    return render(request, "annotation/guideline_edit.html", context, status=status)


def find_version(access: Access, name: str) -> GuidelineVersion:
    """
    Return a version of the project's guideline.

    :raises Http404: if there is none of that name
    """
    version = queries.guideline_versions(access.project).filter(name=name).first() or guideline_in_force(access.project)
    if version.name != name:
        raise Http404(f"The guideline has no version {name!r}.")
    return version

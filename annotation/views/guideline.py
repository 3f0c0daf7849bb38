"""The guideline: read by all, in every version; compared; written on by leads."""

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
from corpus.errors import Refused
from corpus.queries import category_names


@require_safe
@require_role()
def guideline(request: PageRequest, access: Access, version: str = "") -> HttpResponse:
    """One version, the one in force where none is named."""
    in_force = guideline_in_force(access.project)
    shown = version_named(access, version) if version else in_force
    versions = list(queries.guideline_versions(access.project).select_related("published_by").order_by("-pk"))
    context = {
        "access": access,
        "page": "guideline",
        "version": shown,
        "in_force": in_force,
        "versions": [(each, before) for each, before in zip(versions, [*versions[1:], None], strict=True)],
        "tiers": queries.categories_by_tier(access.project, shown),
    }
    return render(request, "annotation/guideline.html", context)


@require_safe
@require_role()
def compare_versions(request: PageRequest, access: Access, before: str, after: str) -> HttpResponse:
    """What differs between two versions."""
    pair = [version_named(access, name) for name in (before, after)]
    contents = [
        {"body": each.body, "entries": queries.entries_of(access.project, each), "faq": each.faq} for each in pair
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
    """Write the next version, beginning from the one in force; what was typed is never lost."""
    version = guideline_in_force(access.project)
    guidance = [each for tier in queries.categories_by_tier(access.project, version).values() for each in tier]
    form, status = GuidelineForm(request.POST or None, version=version, guidance=guidance), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = publish_guideline(project=access.project, by=access.user, **form.content())
                messages.success(request, f"Version {made.name} is in force.")
                return redirect("annotation:guideline", access.project.slug)
            except Refused as refusal:  # shown beside the text, which a page of its own would lose
                form.add_error(None, str(refusal))
                status = 409
    context = {"access": access, "page": "guideline", "form": form, "version": version}
    return render(request, "annotation/guideline_edit.html", context, status=status)


def version_named(access: Access, name: str) -> GuidelineVersion:
    version = queries.guideline_versions(access.project).filter(name=name).first()
    if version is None:
        raise Http404(f"The guideline has no version {name!r}.")
    return version

"""Pages of one release, its files, and the comparison of two."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from corpus.queries import category_names
from releases import comparing, downloads
from releases.card_html import render_card
from releases.count_tables import count_tables
from releases.models import Release


@require_safe
@require_role(Role.LEAD)
def release(request: PageRequest, access: Access, version: str) -> HttpResponse:
    """Show a release: counts, splits, hashes and the dataset card."""
    found = get_object_or_404(Release, project=access.project, version=version)
    sizes = {name: file["bytes"] for name, file in found.manifest["files"].items()}
    context = {
        "access": access,
        "page": "releases",
        "release": found,
        "manifest": found.manifest,
        "files": [(name, sizes.get(name), digest) for name, digest in found.hashes.items()],
        "tables": count_tables(found.manifest["counts"]),
        **card_context(found),
    }
    return render(request, "releases/release.html", context)


def card_context(release: Release) -> dict[str, str]:
    """Return the dataset card of a release as HTML, or why it cannot be shown, as context."""
    try:
        return {"card": render_card(downloads.file_of(release, "README.md")[0].read_text(encoding="utf-8"))}
    except Refused as refusal:
        return {"card_problem": str(refusal)}


@require_safe
@require_role(Role.LEAD)
def release_file(request: PageRequest, access: Access, version: str, name: str) -> HttpResponseBase:
    """Download a file of a release."""
    found = get_object_or_404(Release, project=access.project, version=version)
    return downloads.download(access.user, request.method, request.headers, found, name)


@require_safe
@require_role(Role.LEAD)
def compare(request: PageRequest, access: Access) -> HttpResponse:
    """Show how two releases differ, and why."""
    releases = Release.objects.filter(project=access.project)
    # Names from the query may hold what no text in the database can, such as NUL.
    versions = dict(releases.values_list("version", "pk"))
    before, after = (
        get_object_or_404(releases, pk=versions.get(request.GET.get(name, ""))) for name in ("before", "after")
    )
    context = {
        "access": access,
        "page": "releases",
        "comparison": comparing.compare(before, after),
        "names": category_names(access.project),
    }
    return render(request, "releases/compare.html", context)

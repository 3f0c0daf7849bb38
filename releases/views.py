"""Pages of one release, its files, and the comparison of two."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from releases import comparing, downloads
from releases.models import Release


@require_safe
@require_role(Role.LEAD)
def release(request: PageRequest, access: Access, version: str) -> HttpResponse:
    """One release: counts, splits, hashes and its dataset card."""
    found = get_object_or_404(Release, project=access.project, version=version)
    sizes = {name: file["bytes"] for name, file in found.manifest["files"].items()}
    try:
        card = downloads.file_of(found, "README.md")[0].read_text()
    except Refused as damage:
        card = str(damage)
    context = {
        "access": access,
        "page": "releases",
        "release": found,
        "manifest": found.manifest,
        "files": [(name, sizes.get(name), digest) for name, digest in found.hashes.items()],
        "card": card,
    }
    return render(request, "releases/release.html", context)


@require_safe
@require_role(Role.LEAD)
def release_file(request: PageRequest, access: Access, version: str, name: str) -> HttpResponseBase:
    found = get_object_or_404(Release, project=access.project, version=version)
    return downloads.answer(request.headers, *downloads.file_of(found, name))


@require_safe
@require_role(Role.LEAD)
def compare(request: PageRequest, access: Access) -> HttpResponse:
    """What is another in one release than in another, and why."""
    named = Release.objects.filter(project=access.project)
    before = get_object_or_404(named, version=request.GET.get("before", ""))
    after = get_object_or_404(named, version=request.GET.get("after", ""))
    context = {"access": access, "page": "releases", "found": comparing.compare(before, after)}
    return render(request, "releases/compare.html", context)

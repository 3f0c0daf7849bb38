"""Pages of one release, its files, and the comparison of two."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from rest_framework.exceptions import Throttled

from adjudication.visible_opinions import open_download
from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from corpus.queries import category_names
from corpus.stores import StoreProblem
from releases import comparing, downloads
from releases.card_html import render_card
from releases.consumers import CONSUMERS, TITLES
from releases.consumers.downloads import archive_response
from releases.consumers.source import StoredSource
from releases.count_tables import count_tables
from releases.models import Release
from releases.places import place_of
from releases.spec import MANIFEST


@dataclass(frozen=True)
class Paper:
    """A paper of a release as its page shows it."""

    name: str
    file: str
    note: str
    "What it is."


PAPERS = {
    "card": Paper("Dataset card", "README.md", "as Hugging Face shows it"),
    "datasheet": Paper("Datasheet", "datasheet.md", "the questions of Datasheets for Datasets"),
    "article-10": Paper("Article 10", "article-10.md", "the annex for the EU's AI Act"),
}
"By tab. Releases made before there were more have a dataset card alone."


@require_safe
@require_role(Role.LEAD)
def release(request: PageRequest, access: Access, version: str) -> HttpResponse:
    """Show a release: counts, splits, hashes and papers."""
    found = get_object_or_404(Release, project=access.project, version=version)
    context = {
        "access": access,
        "page": "releases",
        "release": found,
        "manifest": found.manifest,
        "files": files_in_order(found),
        "tables": count_tables(found.manifest["counts"]),
        "consumers": TITLES if "train.parquet" in found.hashes else {},
        **paper_context(found, request.GET.get("tab", "")),
    }
    return render(request, "releases/release.html", context)


def files_in_order(release: Release) -> list[tuple[str, int | None, str]]:
    """Return name, bytes (None if it is gone) and SHA-256 of each file."""
    sizes: dict[str, int | None] = {name: file["bytes"] for name, file in release.manifest["files"].items()}
    with suppress(StoreProblem):
        place, start = place_of(release)
        if found := place.find(start + MANIFEST):
            sizes[MANIFEST] = found.bytes
    return [(name, sizes.get(name), digest) for name, digest in release.hashes.items()]


def paper_context(release: Release, tab: str) -> dict[str, Any]:
    """
    Return a paper of a release as HTML, or why it cannot be shown, as context.

    :param tab: one of PAPERS; the first that the release has for any other
    """
    known = {key: paper for key, paper in PAPERS.items() if paper.file in release.hashes}
    tab = tab if tab in known else next(iter(known))
    shown = {"tabs": known.items(), "tab": tab, "paper": known[tab]}
    try:
        text = downloads.file_of(release, known[tab].file)[0].read_text(encoding="utf-8")
    except Refused as refusal:
        return shown | {"paper_problem": str(refusal)}
    return shown | {"text": render_card(text)}


@require_safe
@require_role(Role.LEAD)
def release_file(request: PageRequest, access: Access, version: str, name: str) -> HttpResponseBase:
    """Download a file of a release."""
    found = get_object_or_404(Release, project=access.project, version=version)
    return downloads.download(access.user, request.method, request.headers, found, name, may_link=True)


@require_safe
@require_role(Role.LEAD)
def consumer_files(request: PageRequest, access: Access, version: str, consumer: str) -> HttpResponseBase:
    """Download a release as the files for a consumer, in an archive."""
    found = get_object_or_404(Release, project=access.project, version=version)
    if consumer not in CONSUMERS:
        raise Http404(f"There is no consumer {consumer!r}.")
    source = StoredSource(found)
    try:
        return archive_response(request, access.user, access.project, consumer, source, until=found.made_at)
    except Throttled as error:
        raise Refused(str(error.detail)) from error


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
    if not (before.is_of_own_policy and after.is_of_own_policy):
        shown, until = (
            f"comparison of releases {before.version} and {after.version}",
            max(before.made_at, after.made_at),
        )
        open_download(access.user, access.project, name=shown, until=until)
    context = {
        "access": access,
        "page": "releases",
        "comparison": comparing.compare(before, after),
        "names": category_names(access.project),
    }
    return render(request, "releases/compare.html", context)

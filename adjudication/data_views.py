"""Pages of data: uploads and their jobs, items and their search, releases."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from adjudication import actions, comparing, downloads, jobs
from adjudication.data_forms import CompareForm, ItemForm, ReleaseForm, UploadForm
from adjudication.items import items_found, licenses_of, sources_of
from adjudication.models import Job, Release
from adjudication.tasks import hand_over
from corpus.access import Access, PageRequest, Role, members_only
from corpus.errors import Refused
from corpus.queries import categories_of, category_names

ITEMS_A_PAGE = 50
JOBS_SHOWN = 10


@require_safe
@members_only(Role.ADMIN)
def data(request: PageRequest, access: Access) -> HttpResponse:
    """Uploads, how far their jobs are, and the items with every filter."""
    if request.htmx and request.headers.get("HX-Target") == "jobs":
        return render(request, "adjudication/data.html#jobs", jobs_context(access))
    return show_data(request, access)


def show_data(
    request: PageRequest, access: Access, *, upload: UploadForm | None = None, status: int = 200
) -> HttpResponse:
    form = ItemForm(request.GET or None, categories=categories_of(access.project), sources=sources_of(access.project))
    found = items_found(access.project, form.wish() if form.is_bound else {})
    shown = Paginator(found, ITEMS_A_PAGE).get_page(request.GET.get("at"))
    query = request.GET.copy()
    query.pop("at", None)
    context = jobs_context(access) | {
        "upload_form": upload or UploadForm(),
        "form": form,
        "shown": shown,
        "query": query.urlencode(),
        "names": category_names(access.project),
    }
    part = "#found" if request.htmx else ""
    return render(request, f"adjudication/data.html{part}", context, status=status)


def jobs_context(access: Access) -> dict[str, Any]:
    latest = list(Job.objects.filter(project=access.project).order_by("-pk")[:JOBS_SHOWN])
    return {
        "access": access,
        "page": "data",
        "jobs": latest,
        "is_live": any(job.is_open for job in latest),
    }


@require_POST
@members_only(Role.ADMIN)
def upload(request: PageRequest, access: Access) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return show_data(request, access, upload=form, status=422)
    file = form.cleaned_data["file"]
    try:
        job = actions.begin_import(
            project=access.project,
            kind=Job.Kind(form.cleaned_data["kind"]),
            name=file.name,
            content=file,
            most_bytes=settings.UPLOAD_BYTES,
            by=access.user,
        )
    except Refused as refusal:
        form.add_error("file", str(refusal))
        return show_data(request, access, upload=form, status=409)
    hand_over(job.pk)
    messages.success(request, f"{file.name} is taken, and imported as soon as a worker is free.")
    return redirect("adjudication:data", access.project.slug)


@require_safe
@members_only(Role.ADMIN)
def refused(_request: PageRequest, access: Access, job: int) -> FileResponse:
    """The rows that an import refused, to download."""
    path = jobs.refused_rows(get_object_or_404(Job, pk=job, project=access.project))
    if not path.is_file():
        raise Http404("This job has no refused rows.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="application/x-ndjson")


@require_safe
@members_only(Role.LEAD)
def releases(request: PageRequest, access: Access) -> HttpResponse:
    """The releases there are; and for admins, a new one."""
    if request.htmx and request.headers.get("HX-Target") == "jobs":
        return render(request, "adjudication/releases.html#jobs", jobs_context(access) | {"page": "releases"})
    return show_releases(request, access)


def show_releases(
    request: PageRequest, access: Access, *, form: ReleaseForm | None = None, status: int = 200
) -> HttpResponse:
    found = list(Release.objects.filter(project=access.project).order_by("-pk"))
    versions = [release.version for release in found]
    pair = {"before": versions[1], "after": versions[0]} if len(versions) > 1 else {}
    context = jobs_context(access) | {
        "page": "releases",
        "releases": found,
        "form": form or release_form(access),
        "compare_form": CompareForm(versions=versions, initial=pair) if pair else None,
    }
    return render(request, "adjudication/releases.html", context, status=status)


def release_form(access: Access, posted: Any = None) -> ReleaseForm:
    return ReleaseForm(posted, own_policy=access.project.policy, licenses=licenses_of(access.project))


@require_POST
@members_only(Role.ADMIN)
def make_release(request: PageRequest, access: Access) -> HttpResponse:
    form = release_form(access, request.POST)
    if not form.is_valid():
        return show_releases(request, access, form=form, status=422)
    policy = form.cleaned_data["policy"] or None
    try:
        job = actions.begin_release(project=access.project, order=form.order(), policy_name=policy, by=access.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return show_releases(request, access, form=form, status=409)
    hand_over(job.pk)
    messages.success(request, "The release is made as soon as a worker is free.")
    return redirect("adjudication:releases", access.project.slug)


@require_safe
@members_only(Role.LEAD)
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
    return render(request, "adjudication/release.html", context)


@require_safe
@members_only(Role.LEAD)
def release_file(request: PageRequest, access: Access, version: str, name: str) -> HttpResponseBase:
    found = get_object_or_404(Release, project=access.project, version=version)
    return downloads.answer(request.headers, *downloads.file_of(found, name))


@require_safe
@members_only(Role.LEAD)
def compare(request: PageRequest, access: Access) -> HttpResponse:
    """What is another in one release than in another, and why."""
    named = Release.objects.filter(project=access.project)
    before = get_object_or_404(named, version=request.GET.get("before", ""))
    after = get_object_or_404(named, version=request.GET.get("after", ""))
    context = {"access": access, "page": "releases", "found": comparing.compare(before, after)}
    return render(request, "adjudication/compare.html", context)

"""Pages of uploads, their jobs, and the search for items."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from corpus.queries import categories_of, category_names
from workspace import actions
from workspace.forms.data import ItemForm, UploadForm
from workspace.models import Job
from workspace.queries import jobs
from workspace.queries.items import items_found, sources_of
from workspace.tasks import hand_over

ITEMS_A_PAGE = 50
JOBS_SHOWN = 10


@require_safe
@require_role(Role.ADMIN)
def data(request: PageRequest, access: Access) -> HttpResponse:
    """Uploads, how far their jobs are, and the items with every filter."""
    if request.htmx and request.headers.get("HX-Target") == "jobs":
        return render(request, "workspace/data.html#jobs", jobs_context(access))
    return show_data(request, access)


def show_data(
    request: PageRequest, access: Access, *, upload: UploadForm | None = None, status: int = 200
) -> HttpResponse:
    form = ItemForm(request.GET or None, categories=categories_of(access.project), sources=sources_of(access.project))
    found = items_found(access.project, form.to_filter() if form.is_bound else {})
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
    return render(request, f"workspace/data.html{part}", context, status=status)


def jobs_context(access: Access) -> dict[str, Any]:
    latest = list(Job.objects.filter(project=access.project).order_by("-pk")[:JOBS_SHOWN])
    return {
        "access": access,
        "page": "data",
        "jobs": latest,
        "is_live": any(job.is_open for job in latest),
    }


@require_POST
@require_role(Role.ADMIN)
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
    return redirect("workspace:data", access.project.slug)


@require_safe
@require_role(Role.ADMIN)
def refused(_request: PageRequest, access: Access, job: int) -> FileResponse:
    """The rows that an import refused, to download."""
    path = jobs.refused_rows(get_object_or_404(Job, pk=job, project=access.project))
    if not path.is_file():
        raise Http404("This job has no refused rows.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="application/x-ndjson")

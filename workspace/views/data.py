"""Pages to upload files, follow jobs, and search items."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.queries import categories_of, category_names
from workspace import actions
from workspace.forms.data import ItemForm, UploadForm
from workspace.models import Job
from workspace.queries.items import item_rows, sources_of
from workspace.queries.jobs import rejected_rows_path
from workspace.tasks import enqueue_job

ITEMS_A_PAGE = 50
JOBS_SHOWN = 10


@require_safe
@require_role(Role.ADMIN)
def data(request: PageRequest, access: Access) -> HttpResponse:
    """Show the upload form, the latest jobs, and the items that match a filter."""
    if request.htmx and request.headers.get("HX-Target") == "jobs":
        return render(request, "workspace/data.html#jobs", jobs_context(access))
    return show_data(request, access)


def show_data(
    request: PageRequest, access: Access, *, upload: UploadForm | None = None, status: int = 200
) -> HttpResponse:
    """Render the page, or with htmx only its table of items."""
    form = ItemForm(request.GET or None, categories=categories_of(access.project), sources=sources_of(access.project))
    items = item_rows(access.project, form.to_filter() if form.is_bound else {})
    page = Paginator(items, ITEMS_A_PAGE).get_page(request.GET.get("at"))
    query = request.GET.copy()
    query.pop("at", None)
    context = jobs_context(access) | {
        "upload_form": upload or UploadForm(),
        "form": form,
        "shown": page,
        "query": query.urlencode(),
        "names": category_names(access.project),
    }
    part = "#found" if request.htmx else ""
    return render(request, f"workspace/data.html{part}", context, status=status)


def jobs_context(access: Access) -> dict[str, Any]:
    """Return what the table of jobs needs; it polls while `is_live`."""
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
    """Store a file and start its import."""
    form = UploadForm(request.POST, request.FILES)
    started = attempt(form, lambda: begin_import(access, form), refused_field="file")
    if not started.is_done:
        return show_data(request, access, upload=form, status=started.status)
    messages.success(request, f"{form.cleaned_data['file'].name} is taken, and imported as soon as a worker is free.")
    return redirect("workspace:data", access.project.slug)


def begin_import(access: Access, form: UploadForm) -> Job:
    """
    :raises Refused: if the file's format is not known, or it is too large
    """
    file = form.cleaned_data["file"]
    return actions.begin_import(
        project=access.project,
        kind=Job.Kind(form.cleaned_data["kind"]),
        name=file.name,
        content=file,
        most_bytes=settings.UPLOAD_BYTES,
        enqueue=enqueue_job,
        by=access.user,
    )


@require_safe
@require_role(Role.ADMIN)
def rejected_rows(_request: PageRequest, access: Access, job: int) -> FileResponse:
    """Download the rows that an import rejected."""
    path = rejected_rows_path(get_object_or_404(Job, pk=job, project=access.project))
    if not path.is_file():
        raise Http404("This job has no refused rows.")
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="application/x-ndjson")

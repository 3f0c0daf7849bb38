"""The page that uploads files and follows their imports."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from workspace import actions
from workspace.forms.imports import UploadForm
from workspace.models import Job
from workspace.queries.jobs import IMPORTS
from workspace.rejected_rows import rejected_rows_response
from workspace.tasks import enqueue_job
from workspace.views.jobs import asks_for_jobs, jobs_context


@require_safe
@require_role(Role.ADMIN)
def imports(request: PageRequest, access: Access) -> HttpResponse:
    """Show the upload form and the imports; with htmx only the imports."""
    if asks_for_jobs(request):
        return render(request, "workspace/jobs.html", jobs_context(request, access, IMPORTS, page="imports"))
    return show_imports(request, access, UploadForm())


def show_imports(request: PageRequest, access: Access, form: UploadForm, status: int = 200) -> HttpResponse:
    """Render the page."""
    context = jobs_context(request, access, IMPORTS, page="imports") | {"form": form}
    return render(request, "workspace/imports.html", context, status=status)


@require_POST
@require_role(Role.ADMIN)
def upload(request: PageRequest, access: Access) -> HttpResponse:
    """Store a file, and lead to its preview or start its import; votes have no preview."""
    form = UploadForm(request.POST, request.FILES)
    is_draft = "preview" in request.POST and request.POST.get("kind") == Job.Kind.DIALOGUES
    started = attempt(form, lambda: begin_import(access, form, is_draft=is_draft), refused_field="file")
    if not started.is_done:
        return show_imports(request, access, form, started.status)
    if started.result.state == Job.State.DRAFT:
        return redirect("workspace:import-preview", access.project.slug, started.result.pk)
    messages.success(request, f"{form.cleaned_data['file'].name} is uploaded. A worker imports it next.")
    return redirect("workspace:imports", access.project.slug)


def begin_import(access: Access, form: UploadForm, *, is_draft: bool) -> Job:
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
        is_draft=is_draft,
    )


@require_safe
@require_role(Role.ADMIN)
def rejected_rows(request: PageRequest, access: Access, job: int) -> HttpResponseBase:
    """Download the rows that an import rejected."""
    found = get_object_or_404(Job, pk=job, project=access.project)
    return rejected_rows_response(request.method, request.headers, found, may_link=True)


@require_safe
@require_role(Role.ADMIN)
def data(request: PageRequest, access: Access) -> HttpResponse:
    """Redirect from the page that was items and imports together: a search to the items, else to the imports."""
    where = redirect("workspace:items" if request.GET else "workspace:imports", access.project.slug, permanent=True)
    if request.GET:
        where["Location"] += f"?{request.GET.urlencode()}"
    return where

"""The page that shows what an uploaded file of dialogues would become, before it is imported."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from workspace import actions
from workspace.forms.previews import ReadingForm, options_in
from workspace.models import Job
from workspace.queries.jobs import IMPORTS
from workspace.queries.previews import Preview, preview_of
from workspace.tasks import enqueue_job


def upload_of(access: Access, number: int) -> Job:
    """
    Return an upload of the project.

    :raises Http404: if the project has none of this number
    """
    return get_object_or_404(Job, pk=number, project=access.project, kind__in=IMPORTS)


@require_safe
@require_role(Role.ADMIN)
def preview(request: PageRequest, access: Access, job: int) -> HttpResponse:
    """Show the first rows of an upload, read as the query says; an upload that is imported is among the imports."""
    upload = upload_of(access, job)
    if upload.state != Job.State.DRAFT:
        return redirect("workspace:imports", access.project.slug)
    found = preview_of(upload, options_in(request.GET))
    return show_preview(request, access, upload, found, ReadingForm(request.GET or None, found.columns))


def show_preview(
    request: PageRequest, access: Access, upload: Job, found: Preview, form: ReadingForm, status: int = 200
) -> HttpResponse:
    """Render the page."""
    context = {"access": access, "page": "imports", "upload": upload, "preview": found, "form": form}
    return render(request, "workspace/preview.html", context, status=status)


@require_POST
@require_role(Role.ADMIN)
def start(request: PageRequest, access: Access, job: int) -> HttpResponse:
    """Start the import of an upload, read as the form says."""
    upload = upload_of(access, job)
    if upload.state != Job.State.DRAFT:
        messages.info(request, f"{upload.subject} is imported already, or was discarded.")
        return redirect("workspace:imports", access.project.slug)
    found = preview_of(upload, options_in(request.POST))
    form = ReadingForm(request.POST, found.columns)
    started = attempt(
        form,
        lambda: actions.start_import(job=upload, options=form.options(), enqueue=enqueue_job, by=access.user),
    )
    if not started.is_done:
        return show_preview(request, access, upload, found, form, started.status)
    messages.success(request, f"A worker imports {upload.subject} next.")
    return redirect("workspace:imports", access.project.slug)


@require_POST
@require_role(Role.ADMIN)
def discard(request: PageRequest, access: Access, job: int) -> HttpResponse:
    """Delete an upload that is not imported yet."""
    upload = upload_of(access, job)
    if actions.discard_upload(job=upload, by=access.user):
        messages.success(request, f"{upload.subject} is deleted. Nothing of it was imported.")
    return redirect("workspace:imports", access.project.slug)

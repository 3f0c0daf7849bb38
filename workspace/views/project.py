"""The page of a project's settings, on which it is archived and restored, too."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.actions import restore_project
from corpus.attempt import attempt
from workspace.actions import archive_project
from workspace.forms.projects import ArchiveForm


@require_safe
@require_role(Role.ADMIN)
def project(request: PageRequest, access: Access) -> HttpResponse:
    """Show the settings of the project."""
    return show_project(request, access)


@require_POST
@require_role(Role.ADMIN)
def archive(request: PageRequest, access: Access) -> HttpResponse:
    """Archive the project."""
    form = ArchiveForm(request.POST)
    done = attempt(form, lambda: archive_project(project=access.project, by=access.user, **form.cleaned_data))
    if not done.is_done:
        return show_project(request, access, archive_form=form, status=done.status)
    messages.success(request, f"{access.project.name} is archived. Its members read it as before.")
    return redirect("workspace:project", access.project.slug)


@require_POST
@require_role(Role.ADMIN, also_archived=True)
def restore(request: PageRequest, access: Access) -> HttpResponse:
    """Take the archived project into use again."""
    restore_project(project=access.project, by=access.user)
    messages.success(request, f"{access.project.name} is in use again. Runs that were paused wait to be resumed.")
    return redirect("workspace:project", access.project.slug)


def show_project(
    request: PageRequest, access: Access, *, archive_form: ArchiveForm | None = None, status: int = 200
) -> HttpResponse:
    """
    Render the page of the settings.

    :param archive_form: a form that was refused
    """
    context = {"access": access, "page": "project", "archive_form": archive_form or ArchiveForm()}
    return render(request, "workspace/project.html", context, status=status)

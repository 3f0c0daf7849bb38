"""The page of a project's settings, on which it is archived and restored, too."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role, require_site_admin
from corpus.actions import restore_project
from corpus.actions.statistics import refresh_statistics
from corpus.attempt import attempt
from corpus.models import Item, Project
from workspace.actions import archive_project, change_project, clone_project
from workspace.forms.projects import ArchiveForm, CloneForm, SaveSettingsForm, SettingsForm
from workspace.project_files.writing import file_response, write_document
from workspace.queries.project_settings import (
    Settings,
    SettingsChange,
    proposed_settings,
    settings_change,
    settings_of,
    settings_version,
)
from workspace.views.projects import free_name, words_of_created


@require_safe
@require_role(Role.ADMIN)
def project(request: PageRequest, access: Access) -> HttpResponse:
    """Show the settings of the project and, once others are entered, what they would change."""
    return show_project(request, access, SettingsForm(request.GET if "votes_wanted" in request.GET else None))


@require_POST
@require_role(Role.ADMIN)
def save(request: PageRequest, access: Access) -> HttpResponse:
    """Save settings whose effect was shown."""
    form = SaveSettingsForm(request.POST)
    done = attempt(form, lambda: change_settings(access, form))
    if not done.is_done:
        return show_project(request, access, SettingsForm(request.POST), status=done.status, refused=form)
    messages.success(request, said(done.result))
    return redirect("workspace:project", access.project.slug)


def change_settings(access: Access, form: SaveSettingsForm) -> SettingsChange:
    """Change the settings as a valid form says; raise what the action refuses."""
    data = form.cleaned_data
    return change_project(
        project=access.project, by=access.user, reason=data["reason"], version=data["version"], **form.changes()
    )


def said(change: SettingsChange) -> str:
    """Return what a change did, in words."""
    parts = ["The settings are saved."]
    if change.slots:
        parts.append(f"Slots opened: {change.slots.opened:,}; closed: {change.slots.closed:,}.")
    if change.decisions:
        parts.append(f"Changed labels: {change.decisions.labels:,}.")
    return " ".join(parts)


@require_POST
@require_role(Role.ADMIN)
def archive(request: PageRequest, access: Access) -> HttpResponse:
    """Archive the project."""
    form = ArchiveForm(request.POST)
    done = attempt(form, lambda: archive_project(project=access.project, by=access.user, **form.cleaned_data))
    if not done.is_done:
        return show_project(request, access, status=done.status, archive_form=form)
    messages.success(request, f"{access.project.name} is archived. Its members read it as before.")
    return redirect("workspace:project", access.project.slug)


@require_POST
@require_role(Role.ADMIN, also_archived=True)
def restore(request: PageRequest, access: Access) -> HttpResponse:
    """Take the archived project into use again."""
    restore_project(project=access.project, by=access.user)
    messages.success(request, f"{access.project.name} is in use again. Runs that were paused wait to be resumed.")
    return redirect("workspace:project", access.project.slug)


@require_safe
@require_role(Role.ADMIN)
def project_file(_request: PageRequest, access: Access) -> HttpResponse:
    """Download the settings of the project as a project file."""
    return file_response(write_document(access.project), access.project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN, also_archived=True)  # the copy is another project
def clone(request: PageRequest, access: Access) -> HttpResponse:
    """Show the form that copies the project, or copy it."""
    require_site_admin(access)
    is_sent = request.method == "POST"
    form = CloneForm(request.POST if is_sent else None, project=access.project)
    done = attempt(form, lambda: clone_as(form, access)) if is_sent else None
    if done and done.is_done:
        refresh_statistics("corpus_item", rows=Item.objects.filter(project=done.result).count())
        messages.success(request, words_of_created(done.result))
        return redirect("workspace:overview", done.result.slug)
    context = {"access": access, "page": "project", "form": form}
    return render(request, "workspace/clone.html", context, status=done.status if done else 200)


def clone_as(form: CloneForm, access: Access) -> Project:
    """Copy the project as a valid form says."""
    wanted = form.cleaned_data | {"name": form.cleaned_data["name"] or free_name(access.project.name)}
    return clone_project(project=access.project, by=access.user, **wanted)


def show_project(
    request: PageRequest,
    access: Access,
    form: SettingsForm | None = None,
    *,
    status: int = 200,
    refused: SaveSettingsForm | None = None,
    **forms: Any,
) -> HttpResponse:
    """
    Render the page of the settings.

    :param form: with the settings to look at, if it is bound
    :param refused: the form that was to save them; it is shown with its errors and the version of now
    :param forms: other forms that were refused, by their names in the template
    """
    if form is None or not form.is_bound:
        form = SettingsForm(initial=as_initial(settings_of(access.project)))
    context = {"access": access, "page": "project", "form": form, "archive_form": ArchiveForm()}
    if form.is_bound:
        seen = attempt(form, lambda: preview(access, form))
        status = status if seen.is_done else seen.status
        if seen.is_done:
            save_form = refused or SaveSettingsForm(initial=form.cleaned_data)
            version = settings_version(access.project)  # not that of a refused form: what is shown is as of now
            context |= {"change": seen.result, "version": version, "save_form": save_form}
    return render(request, "workspace/project.html", context | forms, status=status)


def preview(access: Access, form: SettingsForm) -> SettingsChange:
    """Return what the settings of a valid form would do; raise why they cannot be."""
    return settings_change(access.project, proposed_settings(access.project, **form.changes()))


def as_initial(settings: Settings) -> dict[str, Any]:
    """Return settings as values of the form."""
    values = settings.as_dict()
    return values | {"fields_wanted": values.pop("fields")}

"""The pages on which site admins create a project."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from adjudication.policies import policy_of, warn_of_few_votes
from corpus.attempt import attempt
from corpus.models import Project
from corpus.queries import is_site_admin
from jury.models import Juror
from workspace.actions import open_project, open_project_from
from workspace.forms.projects import TEMPLATES, FromFileForm, ProjectForm, template_named
from workspace.project_files.reading import MOST_BYTES, read_document

COPY = " (copy)"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_project(request: HttpRequest) -> HttpResponse:
    """Show the form of a new project, filled from a template, or create the project."""
    user = cast("User", request.user)
    if not is_site_admin(user):
        raise PermissionDenied("Only site admins create projects.")
    chosen = template_named(request.GET.get("template"))
    form = ProjectForm(request.POST if request.method == "POST" else None, template=chosen)
    tried = attempt(form, lambda: open_project(by=user, **form.settings())) if request.method == "POST" else None
    if tried and tried.is_done:
        project = tried.result
        messages.success(request, f"{project.name} is created. Import dialogues, and invite the people who label them.")
        warn(request, project)
        return redirect("workspace:overview", project.slug)
    context = {"form": form, "templates": TEMPLATES, "chosen": chosen}
    return render(request, "workspace/new_project.html", context, status=tried.status if tried else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def from_file(request: HttpRequest) -> HttpResponse:
    """Show the form that takes a project file, or create the project."""
    user = cast("User", request.user)
    if not is_site_admin(user):
        raise PermissionDenied("Only site admins create projects.")
    is_sent = request.method == "POST"
    form = FromFileForm(request.POST, request.FILES) if is_sent else FromFileForm()
    tried = attempt(form, lambda: open_from(form, user)) if is_sent else None
    if tried and tried.is_done:
        messages.success(request, words_of_created(tried.result))
        warn(request, tried.result)
        return redirect("workspace:overview", tried.result.slug)
    context = {"form": form, "templates": TEMPLATES, "is_from_file": True}
    return render(request, "workspace/new_project.html", context, status=tried.status if tried else 200)


def warn(request: HttpRequest, project: Project) -> None:
    """Say it on the next page if the votes wanted of a new project decide nothing."""
    if warning := warn_of_few_votes(policy_of(project), project.fields, project.votes_wanted):
        messages.warning(request, f"{warning} Change the votes wanted on the page Project.")


def open_from(form: FromFileForm, user: User) -> Project:
    """Create the project of a valid form; raise what is wrong with its file."""
    document = read_document(form.cleaned_data["file"].read(MOST_BYTES + 1))
    name = form.cleaned_data["name"] or free_name(document["name"])
    return open_project_from(document, slug=form.cleaned_data["slug"], name=name, by=user)


def free_name(name: str) -> str:
    """Return the name for a copy: as it is, or with `(copy)` where a project has it already."""
    return f"{name[: 120 - len(COPY)]}{COPY}" if Project.objects.filter(name=name).exists() else name


def words_of_created(project: Project) -> str:
    """Return what was made from a file or another project, and what is left to do."""
    jurors = " Name the keys of its jurors." if Juror.objects.filter(project=project).exists() else ""
    return f"{project.name} is created.{jurors}"

"""The page on which site admins create a project."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from corpus.attempt import attempt
from corpus.queries import is_site_admin
from workspace.actions import open_project
from workspace.forms.projects import TEMPLATES, ProjectForm, template_named


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
        return redirect("workspace:overview", project.slug)
    context = {"form": form, "templates": TEMPLATES, "chosen": chosen}
    return render(request, "workspace/new_project.html", context, status=tried.status if tried else 200)

"""The pages that list releases and make a new one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from releases.forms import CompareForm, PushForm, ReleaseForm
from releases.models import Release
from workspace import actions
from workspace.models import Job
from workspace.queries.items import licenses_of
from workspace.queries.jobs import RELEASES
from workspace.queries.release_checks import has_decided, release_checks
from workspace.tasks import enqueue_job
from workspace.views.jobs import asks_for_jobs, jobs_context


@require_safe
@require_role(Role.LEAD)
def releases(request: PageRequest, access: Access) -> HttpResponse:
    """List the releases, and how far a new one is; two or more can be compared, by default the latest two."""
    context = jobs_context(request, access, RELEASES, page="releases")
    if asks_for_jobs(request):
        return render(request, "workspace/jobs.html", context)
    made = list(Release.objects.filter(project=access.project).order_by("-pk"))
    versions = [release.version for release in made]
    pair = {"before": versions[1], "after": versions[0]} if len(versions) > 1 else {}
    context |= {
        "releases": made,
        "compare_form": CompareForm(versions=versions, initial=pair) if pair else None,
    }
    return render(request, "workspace/releases.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def make_release(request: PageRequest, access: Access) -> HttpResponse:
    """Show what to know before a release with its form, or start one."""
    form = release_form(access, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        started = attempt(form, lambda: begin_release(access, form))
        if started.is_done:
            version = form.cleaned_data["version"]
            messages.success(request, f"Release {version} is asked for. A worker makes it next.")
            return redirect("workspace:releases", access.project.slug)
        status = started.status
    context = {
        "access": access,
        "page": "releases",
        "form": form,
        "checks": release_checks(access.project),
        "is_empty": request.method != "POST" and not has_decided(access.project),
    }
    return render(request, "workspace/make_release.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def push_release(request: PageRequest, access: Access, version: str) -> HttpResponse:
    """Show what a push sends where, with its form, or start one."""
    found = get_object_or_404(Release, project=access.project, version=version)
    form, status = PushForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        started = attempt(form, lambda: begin_push(access, found, form))
        if started.is_done:
            messages.success(request, f"Release {version} is to be pushed. A worker does it next.")
            return redirect("workspace:releases", access.project.slug)
        status = started.status
    context = {"access": access, "page": "releases", "release": found, "form": form}
    return render(request, "workspace/push_release.html", context, status=status)


def begin_push(access: Access, release: Release, form: PushForm) -> Job:
    """
    :raises Refused: if it may not be pushed there
    """
    return actions.begin_push(
        project=access.project, version=release.version, enqueue=enqueue_job, by=access.user, **form.cleaned_data
    )


def release_form(access: Access, posted: Any = None) -> ReleaseForm:
    """Return the form of a new release, with the licences that the items have."""
    project = access.project
    own = {"own_policy": project.policy, "own_split_by": project.split_by}
    return ReleaseForm(posted, **own, licenses=licenses_of(project))


def begin_release(access: Access, form: ReleaseForm) -> Job:
    """
    :raises Refused: if the version exists already, or the shares do not add up
    """
    return actions.begin_release(
        project=access.project,
        spec=form.to_spec(),
        policy_name=form.cleaned_data["policy"] or None,
        enqueue=enqueue_job,
        by=access.user,
    )

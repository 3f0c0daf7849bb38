"""The page that lists releases and starts a new one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from releases.forms import CompareForm, ReleaseForm
from releases.models import Release
from workspace import actions
from workspace.models import Job
from workspace.queries.items import licenses_of
from workspace.tasks import enqueue_job
from workspace.views.data import jobs_context


@require_safe
@require_role(Role.LEAD)
def releases(request: PageRequest, access: Access) -> HttpResponse:
    """List the releases, with a form for a new one for admins."""
    if request.htmx and request.headers.get("HX-Target") == "jobs":
        return render(request, "workspace/releases.html#jobs", jobs_context(access) | {"page": "releases"})
    return show_releases(request, access)


def show_releases(
    request: PageRequest, access: Access, *, form: ReleaseForm | None = None, status: int = 200
) -> HttpResponse:
    """Render the page; two releases or more can be compared, by default the latest two."""
    made = list(Release.objects.filter(project=access.project).order_by("-pk"))
    versions = [release.version for release in made]
    pair = {"before": versions[1], "after": versions[0]} if len(versions) > 1 else {}
    context = jobs_context(access) | {
        "page": "releases",
        "releases": made,
        "form": form or release_form(access),
        "compare_form": CompareForm(versions=versions, initial=pair) if pair else None,
    }
    return render(request, "workspace/releases.html", context, status=status)


def release_form(access: Access, posted: Any = None) -> ReleaseForm:
    """Return the form of a new release, with the licences that the items have."""
    return ReleaseForm(posted, own_policy=access.project.policy, licenses=licenses_of(access.project))


@require_POST
@require_role(Role.ADMIN)
def make_release(request: PageRequest, access: Access) -> HttpResponse:
    """Start a release."""
    form = release_form(access, request.POST)
    started = attempt(form, lambda: begin_release(access, form))
    if not started.is_done:
        return show_releases(request, access, form=form, status=started.status)
    messages.success(request, "The release is made as soon as a worker is free.")
    return redirect("workspace:releases", access.project.slug)


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

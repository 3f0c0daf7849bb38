"""The page that lists releases and makes one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from releases.forms import CompareForm, ReleaseForm
from releases.models import Release
from workspace import actions
from workspace.queries.items import licenses_of
from workspace.tasks import hand_over
from workspace.views.data import jobs_context


@require_safe
@require_role(Role.LEAD)
def releases(request: PageRequest, access: Access) -> HttpResponse:
    """The releases there are; and for admins, a new one."""
    if request.htmx and request.headers.get("HX-Target") == "jobs":
        return render(request, "workspace/releases.html#jobs", jobs_context(access) | {"page": "releases"})
    return show_releases(request, access)


def show_releases(
    request: PageRequest, access: Access, *, form: ReleaseForm | None = None, status: int = 200
) -> HttpResponse:
    found = list(Release.objects.filter(project=access.project).order_by("-pk"))
    versions = [release.version for release in found]
    pair = {"before": versions[1], "after": versions[0]} if len(versions) > 1 else {}
    context = jobs_context(access) | {
        "page": "releases",
        "releases": found,
        "form": form or release_form(access),
        "compare_form": CompareForm(versions=versions, initial=pair) if pair else None,
    }
    return render(request, "workspace/releases.html", context, status=status)


def release_form(access: Access, posted: Any = None) -> ReleaseForm:
    return ReleaseForm(posted, own_policy=access.project.policy, licenses=licenses_of(access.project))


@require_POST
@require_role(Role.ADMIN)
def make_release(request: PageRequest, access: Access) -> HttpResponse:
    form = release_form(access, request.POST)
    if not form.is_valid():
        return show_releases(request, access, form=form, status=422)
    policy = form.cleaned_data["policy"] or None
    try:
        job = actions.begin_release(project=access.project, spec=form.to_spec(), policy_name=policy, by=access.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return show_releases(request, access, form=form, status=409)
    hand_over(job.pk)
    messages.success(request, "The release is made as soon as a worker is free.")
    return redirect("workspace:releases", access.project.slug)

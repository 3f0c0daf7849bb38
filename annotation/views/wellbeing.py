"""The wellbeing page and the consent page: what people have seen, what they opt out of, and when to rest."""

from typing import cast
from zoneinfo import available_timezones

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from annotation import queries
from annotation.actions import update_preferences
from annotation.actions.consent import acknowledge
from annotation.forms.person import PersonForm
from annotation.queries import day_so_far, exposure
from corpus.access import Access, PageRequest, require_role
from corpus.queries import categories_of, category_names


@require_http_methods(["GET", "HEAD", "POST"])
@require_role()
def wellbeing(request: PageRequest, access: Access) -> HttpResponse:
    """Show what the person was exposed to, and store how they want to work."""
    categories = categories_of(access.project)
    form = PersonForm(request.POST or None, instance=queries.person_of(access.user), categories=categories)
    if request.method == "POST" and form.is_valid():
        update_preferences(person=form.save(commit=False))
        messages.success(request, "Kept. The queue goes by it from your next dialogue on.")
        return redirect("annotation:wellbeing", access.project.slug)
    context = {
        "access": access,
        "page": "wellbeing",
        "form": form,
        "exposure": exposure(access.user, category_names(access.project)),
        "rest": day_so_far(access.project, access.user),
    }
    return render(request, "annotation/wellbeing.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def consent(request: PageRequest) -> HttpResponse:
    """Describe the content, and have each person acknowledge every version of the text once."""
    next_page = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(next_page, {request.get_host()}, request.is_secure()):
        next_page = "/"
    if request.method != "POST":
        return render(request, "annotation/consent.html", {"next": next_page})
    if request.POST.get("is_adult") != "yes":
        error = "Tick the box if both are true of you. If not, you cannot work here; tell whoever invited you."
        return render(request, "annotation/consent.html", {"next": next_page, "error": error}, status=422)
    zone = request.POST.get("time_zone", "")
    acknowledge(user=cast("User", request.user), time_zone=zone if zone in available_timezones() else "")
    return redirect(next_page)

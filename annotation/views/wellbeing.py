"""The wellbeing page and the consent page: what people have seen, what they opt out of, and when to rest."""

from typing import cast

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
from annotation.days import find_zone
from annotation.forms.person import PersonForm
from annotation.queries import day_so_far, exposure
from annotation.queries.zones import known_zones
from corpus.access import Access, PageRequest, require_role
from corpus.queries import categories_of, category_names


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(also_archived=True)  # preferences are of the person, in all projects
def wellbeing(request: PageRequest, access: Access) -> HttpResponse:
    """Show what the person was exposed to, and store how they want to work."""
    categories = categories_of(access.project)
    form = PersonForm(request.POST or None, instance=queries.person_of(access.user), categories=categories)
    if request.method == "POST" and form.is_valid():
        update_preferences(person=form.save(commit=False))
        messages.success(request, "Saved. It applies from your next dialogue on.")
        return redirect("annotation:wellbeing", access.project.slug)
    context = {
        "access": access,
        "page": "wellbeing",
        "form": form,
        "exposure": exposure(access.user, category_names(access.project)),
        "unknown_zone": unknown_zone_of(access.user),
        "rest": day_so_far(access.project, access.user),
    }
    return render(request, "annotation/wellbeing.html", context, status=422 if form.errors else 200)


def unknown_zone_of(user: User) -> str:
    """Return the name of a person's time zone if nothing knows it any more, so that UTC counts; empty otherwise."""
    name = queries.person_of(user).time_zone
    return "" if find_zone(name) else name


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
    acknowledge(user=cast("User", request.user), time_zone=zone if zone in known_zones() else "")
    return redirect(next_page)

"""Pages of a person's notifications, and the pages that links in mails lead to."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from annotation.queries import person_of
from corpus.access import PageRequest, list_access
from corpus.attempt import attempt
from corpus.errors import Refused
from workspace import actions
from workspace.digest_links import CONFIRM, CONFIRM_SECONDS, STOP, read_token
from workspace.forms.notifications import DigestForm
from workspace.models import Digest, DigestChoice
from workspace.queries.digests import choice_of, sends_mail


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notifications(request: PageRequest) -> HttpResponse:
    """Show how often the person gets a digest, and change it."""
    user = cast("User", request.user)
    choice = choice_of(user)
    shown = {"rhythm": choice.rhythm, "address": choice.address} if choice else {"address": user.email}
    form, status = DigestForm(request.POST or None, initial=shown), 200
    if request.method == "POST":
        chosen = attempt(form, lambda: actions.choose_digest(user=user, **form.cleaned_data))
        if chosen.is_done:
            choice, wants_link = chosen.result
            save_words(request, choice, wants_link=wants_link)
            return redirect("notifications")
        status = chosen.status
    last = Digest.objects.filter(user=user, lines__gt=0).order_by("-pk").first()
    context = {
        "form": form,
        "choice": choice,
        "sends_mail": sends_mail(),
        "zone": person_of(user).time_zone,
        "last": last,
        "last_day": date_format(last.day, "j M Y") if last else "",
        "managed": [access.project for access in list_access(user) if access.is_admin],
    }
    return render(request, "workspace/notifications.html", context, status=status)


def save_words(request: PageRequest, choice: DigestChoice, *, wants_link: bool) -> None:
    """Send the link that confirms the address, if one is wanted, and say what was saved, also where it was not sent."""
    try:
        if wants_link:
            actions.send_link(choice)
    except Refused as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, words_of(choice))


def words_of(choice: DigestChoice) -> str:
    """Return what was saved, in words."""
    if choice.rhythm == DigestChoice.Rhythm.OFF:
        return "Saved: you get no digest."
    if not choice.is_confirmed:
        return f"Saved. Open the link that was sent to {choice.address}: digests come once you have."
    return f"Saved: a digest comes {choice.get_rhythm_display().lower()}, from tomorrow on."


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PageRequest, token: str) -> HttpResponse:
    """
    Have somebody who opened the link in a mail confirm their address: by a button, as mail programs open links, too.

    :raises Http404: if the token is none of ours, or too old
    """
    who = read_token(token, CONFIRM, seconds=CONFIRM_SECONDS)
    if who is None:
        raise Http404("This link is not one of ours, or is older than three days. Save your address again.")
    is_done = request.method == "POST" and actions.confirm_address(who)
    context = {"address": who[1], "is_done": is_done, "is_late": request.method == "POST" and not is_done}
    return render(request, "workspace/confirm_address.html", context)


# A mail program posts here without our cookie (RFC 8058); the token says who it is.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: PageRequest, token: str) -> HttpResponse:
    """
    Have somebody who opened the link in a digest stop them.

    :raises Http404: if the token is none of ours
    """
    who = read_token(token, STOP)
    if who is None:
        raise Http404("This link is not one of ours.")
    if request.method == "POST":
        actions.stop_digests(who)
    return render(request, "workspace/stop_digests.html", {"is_done": request.method == "POST", "address": who[1]})

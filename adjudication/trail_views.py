"""What became of one item, and who did what in a project."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication import history
from adjudication.forms import EventForm
from annotation.queries import person_of
from corpus.access import Access, PageRequest, Role, members_only
from corpus.queries import NoSuchItem, category_names, item_known_as

EVENTS_A_PAGE = 50


@require_safe
@members_only(Role.LEAD)
def item_history(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """All that is known of one item, in time order."""
    try:
        item = item_known_as(access.project, external_id)
    except NoSuchItem as error:
        raise Http404(str(error)) from error
    history.check_may_read(item, access.user)
    context = {
        "access": access,
        "page": "",
        "item": item,
        "entries": history.history_of(item),
        "names": category_names(access.project),
        "is_masked": person_of(access.user).masks_text,
    }
    return render(request, "adjudication/history.html", context)


@require_safe
@members_only(Role.LEAD)
def events(request: PageRequest, access: Access) -> HttpResponse:
    """Who did what when, found by verb, person, subject, days and words; the latest first."""
    form = EventForm(
        request.GET or None, verbs=history.verbs_of(access.project), actors=history.actors_of(access.project)
    )
    found = history.events_matching(access.project, form.wish())
    before = request.GET.get("before", "")
    if before.isdecimal():
        found = found.filter(pk__lt=int(before))
    shown = list(found[: EVENTS_A_PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "access": access,
        "page": "events",
        "form": form,
        "events": shown[:EVENTS_A_PAGE],
        "older": shown[EVENTS_A_PAGE - 1].pk if len(shown) > EVENTS_A_PAGE else None,
        "is_later": bool(before),
        "query": query.urlencode(),
    }
    return render(request, "adjudication/events.html" + ("#found" if request.htmx else ""), context)

"""The page of a project's audit log."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication.forms.audit_log import EventForm
from adjudication.queries import audit_log
from corpus.access import Access, PageRequest, Role, require_role

EVENTS_A_PAGE = 50


@require_safe
@require_role(Role.LEAD)
def events(request: PageRequest, access: Access) -> HttpResponse:
    """Show the latest events, filtered by verb, person, subject, day and text. `before` is an event's id."""
    form = EventForm(request.GET or None, actors=audit_log.actors_of(access.project))
    matching = audit_log.events_matching(access.project, form.to_filter())
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:  # PostgreSQL's numbers have 64 bits
        matching = matching.filter(pk__lt=int(before))
    page = list(matching[: EVENTS_A_PAGE + 1])  # the extra event shows that there is an older page
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "access": access,
        "page": "events",
        "form": form,
        "events": page[:EVENTS_A_PAGE],
        "whats": {event.verb: audit_log.verb_label(event.verb) for event in page},
        "older": page[EVENTS_A_PAGE - 1].pk if len(page) > EVENTS_A_PAGE else None,
        "is_later": bool(before),
        "query": query.urlencode(),
    }
    return render(request, "adjudication/audit_log.html" + ("#found" if request.htmx else ""), context)

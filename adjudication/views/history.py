"""The page of an item's history."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication.queries.history import history_of
from adjudication.visible_opinions import visible_opinions
from annotation.queries import person_of
from corpus.access import Access, PageRequest, Role, require_role
from corpus.queries import NoSuchItem, category_names, find_item


@require_safe
@require_role(Role.LEAD)
def item_history(request: PageRequest, access: Access, external_id: str) -> HttpResponse:
    """Show everything known about one item, in time order."""
    try:
        item = find_item(access.project, external_id)
    except NoSuchItem as error:
        raise Http404(str(error)) from error
    context = {
        "access": access,
        "page": "",
        "item": item,
        "entries": history_of(visible_opinions(access.user, item)),
        "names": category_names(access.project),
        "is_masked": person_of(access.user).masks_text,
    }
    return render(request, "adjudication/history.html", context)

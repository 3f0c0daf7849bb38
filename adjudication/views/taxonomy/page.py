"""The page with its tabs."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication.views.taxonomy.tabs import TABS
from corpus.access import Access, PageRequest, Role, require_role


@require_safe
@require_role(Role.LEAD)
def taxonomy(request: PageRequest, access: Access) -> HttpResponse:
    """Show one tab: what the project judges by."""
    asked = request.GET.get("tab", "")
    key = asked if asked in TABS else next(iter(TABS))
    tab = TABS[key]
    context = {
        "access": access,
        "page": "taxonomy",
        "tabs": TABS,
        "tab": key,
        "tab_name": tab.name,
        "section": tab.template,
        **tab.context(request, access),
    }
    return render(request, "adjudication/taxonomy/page.html", context)

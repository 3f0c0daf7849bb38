"""What frames every page: icons, the side bar and the breadcrumbs of a project. Every template has these tags."""

from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from corpus.access import Access, first_access
from workspace.navigation import GROUPS, Entry
from workspace.tour import ROUTES, parse_step

register = template.Library()
ICONS = Path("static/vendor/lucide-static-1.62.0/icons")
MOST_PROJECTS = 12
"How many projects the switcher lists; all of them are on the home page."


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """
    Return a Lucide icon as SVG. It is hidden from screen readers, so words must stand beside it.

    :raises FileNotFoundError: if no such file was vendored
    """
    drawing = (settings.CHECKOUT / ICONS / f"{name}.svg").read_text(encoding="utf-8")
    body = drawing[drawing.index("<svg") :].replace(f'class="lucide lucide-{name}"', 'class="icon" aria-hidden="true"')
    return mark_safe(" ".join(body.split()))  # noqa: S308 - a vendored file


def shown_entry(entry: Entry, access: Access, page: str) -> dict[str, Any]:
    """Return an entry with its URL in a project and whether it is the active one."""
    return {
        "name": entry.name,
        "icon": entry.icon,
        "url": reverse(entry.view, args=[access.project.slug]),
        "is_active": entry.key == page,
    }


@register.inclusion_tag("components/side_bar.html", takes_context=True)
def side_bar(context: Context) -> dict[str, Any]:
    """Show the groups of entries that the person's role sees; the view's `page` names the active one."""
    access, page = context["access"], str(context.get("page", ""))
    groups = [
        (title, [shown_entry(entry, access, page) for entry in entries if entry.is_shown(access)])
        for title, entries in GROUPS
    ]
    return {"project": access.project, "groups": [(title, entries) for title, entries in groups if entries]}


@register.simple_tag(takes_context=True)
def active_entry(context: Context) -> dict[str, Any] | None:
    """Return the entry that the view's `page` names, with the title of its `group`; None if there is none."""
    access, page = context["access"], str(context.get("page", ""))
    for title, entries in GROUPS:
        for entry in entries:
            if entry.key == page:
                shown = shown_entry(entry, access, page)
                return shown | {"group": title, "is_here": context["request"].path == shown["url"]}
    return None


@register.simple_tag(takes_context=True)
def projects_to_switch(context: Context) -> dict[str, list[Access]]:
    """Return the person's first projects by slug, MOST_PROJECTS at most of those `in_use` and of those `archived`."""
    in_use, archived = first_access(context["user"], MOST_PROJECTS)
    return {"in_use": in_use, "archived": archived}


def entry_url(key: str, access: Access) -> str:
    """Return the address of the entry with this key."""
    [view] = [entry.view for _, entries in GROUPS for entry in entries if entry.key == key]
    return reverse(view, args=[access.project.slug])


@register.inclusion_tag("components/tour.html", takes_context=True)
def tour(context: Context) -> dict[str, Any]:
    """Show a step of the tour, if the address has `?tour=` with its number and names this page."""
    access, request = context.get("access"), context.get("request")
    if access is None or request is None:
        return {}
    number, route = parse_step(request.GET.get("tour"), access.role), ROUTES[access.role]
    if number is None or route[number - 1].key != context.get("page"):
        return {}
    after = f"{entry_url(route[number].key, access)}?tour={number + 1}" if number < len(route) else ""
    return {"number": number, "count": len(route), "text": route[number - 1].text, "next": after, "end": request.path}

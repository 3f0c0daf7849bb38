"""Show a moment in the viewer's time zone, with the zone's name. Every template has the filter."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

register = template.Library()
FORMATS = {"": "j M Y, H:i", "seconds": "j M Y, H:i:s", "time": "H:i", "day": "j M Y"}


@register.filter
def moment(at: datetime | None, form: str = "") -> str:
    """
    Return a moment as an HTML `time`, such as `2 Jan 2026, 05:00 JST`; empty for None.

    :param form: a key of FORMATS; a day stands without the name of its zone, which only the tooltip says
    """
    if at is None:
        return ""
    local = timezone.localtime(at)
    name = "" if form == "day" else f" {abbreviation_of(local)}"
    shown = date_format(local, FORMATS[form]) + name
    zone = timezone.get_current_timezone_name()
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), zone, shown)


def abbreviation_of(local: datetime) -> str:
    """Return the short name of a moment's zone; many zones have none but their distance from UTC."""
    name = local.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name

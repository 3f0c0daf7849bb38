"""The paths of all URLs, with their parameters in braces; import it once Django is set up."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
PARAMETER_IN_PATH = re.compile(r"{(\w+)}")


def all_urls() -> list[str]:
    """Return the path of every URL, such as `/projects/{slug}/cases/{case}/`, sorted."""
    return sorted(set(urls_of(get_resolver().url_patterns)))


def urls_of(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    """Yield the path of every URL below a prefix."""
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield PARAMETER.sub(r"{\1}", path)
        else:
            yield from urls_of(each.url_patterns, path)

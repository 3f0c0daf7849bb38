"""What a person reads on a page."""

import html
import re

from tests.annotation.people import Visitor


def visible(visitor: Visitor, path: str) -> str:
    """Return the words of a page."""
    page = visitor.get(path).content.decode()
    return html.unescape(" ".join(re.sub("<[^>]+>", " ", page[page.index("<main") :]).split()))

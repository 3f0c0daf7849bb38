"""
Render a dataset card as HTML for our pages.

markdown-it-py's preset `js-default` escapes raw HTML; its default one does not
(https://github.com/executablebooks/markdown-it-py/issues/412).
"""

import re
from collections.abc import Sequence

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

YAML_HEADER = re.compile(r"\A---\n.*?^---[ \t]*\n", re.DOTALL | re.MULTILINE)
SAFE_LINK = re.compile(r"(?:https?://|mailto:|[^:/?#]*(?:[/?#]|\Z))(?!/)", re.IGNORECASE)
"A link with one of three schemes, or a relative one; `//host` is neither."
LEVELS_BELOW = 2
"A page has the levels one and two itself."
LOWEST_LEVEL = 6


class CardParser(MarkdownIt):
    """Markdown without raw HTML, images and links elsewhere than to pages and mailboxes."""

    def __init__(self) -> None:
        super().__init__("js-default")
        self.disable("image")  # a remote image would tell its host who reads the card

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Return whether a link may be shown as one; the text of any other stays as it is."""
        return bool(SAFE_LINK.match(url))


def render_card(markdown: str) -> SafeString:
    """
    Return a card as HTML that is safe to show, without its YAML header.

    Headings begin at level three, and cells aligned to the right have the class `number`: the content security policy
    refuses `style` attributes.

    :param markdown: with a YAML header or without
    """
    parser = CardParser()
    tokens = parser.parse(YAML_HEADER.sub("", markdown, count=1))
    adapt(tokens)
    html: str = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(in_scrolling_regions(html))  # noqa: S308 - the parser escapes all texts


def adapt(tokens: Sequence[Token]) -> None:
    """Adapt parsed Markdown to our pages, in place."""
    for token in tokens:
        if token.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            token.tag = f"h{min(int(token.tag[1]) + LEVELS_BELOW, LOWEST_LEVEL)}"
        elif token.type in ("th_open", "td_open"):
            adapt_cell(token)
        elif token.type == "link_open":
            token.attrSet("rel", "noopener noreferrer nofollow")
        adapt(token.children or ())


def in_scrolling_regions(html: str) -> str:
    """Put every table in a region that scrolls, so that a wide one does not widen the page."""
    first, *parts = html.split("<table>")
    region = '<div class="scroll" tabindex="0" role="region" aria-label="Table {}"><table>'
    opened = [region.format(number) + part for number, part in enumerate(parts, start=1)]
    return first + "".join(opened).replace("</table>", "</table></div>")


def adapt_cell(token: Token) -> None:
    """Replace the style of a table cell by a class, and name the scope of a heading."""
    if token.attrs.pop("style", None) == "text-align:right":
        token.attrs["class"] = "number"
    if token.type == "th_open":
        token.attrs["scope"] = "col"

"""
Render the papers of a release as HTML, for our pages and as files of their own.

markdown-it-py's preset `js-default` escapes raw HTML; its default one does not
(https://github.com/executablebooks/markdown-it-py/issues/412).
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from releases.card_header import UNSEEN

YAML_HEADER = re.compile(r"\A---\n.*?^---[ \t]*\n", re.DOTALL | re.MULTILINE)
SAFE_LINK = re.compile(r"(?:https?://|mailto:|[^:/?#]*(?:[/?#]|\Z))(?!/)", re.IGNORECASE)
"A link with one of three schemes, or a relative one; `//host` is neither."
LEVELS_BELOW = 2
"A page has the levels one and two itself."
LOWEST_LEVEL = 6

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; font: 1rem/1.6 system-ui, sans-serif; }
body { overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0; padding-top: .75rem; border-top: 1px solid; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p, ul { margin: .4rem 0; }
li { margin: .2rem 0; }
"""
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"Of the style sheet, for the content security policy."
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{digest}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main dir="auto">
{body}</main>
</body>
</html>
"""


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
    return mark_safe(render(markdown, levels_below=LEVELS_BELOW))  # noqa: S308 - the parser escapes all texts


def whole_page(markdown: str, *, title: str) -> str:
    """
    Return a paper as a page of its own: no script, no address, and a policy that lets none in.

    :param title: of the window, in plain text
    """
    shown = escape(" ".join(UNSEEN.sub(" ", title).split()))
    return PAGE.format(title=shown, style=STYLE, digest=STYLE_DIGEST, body=render(markdown, levels_below=0))


def render(markdown: str, *, levels_below: int) -> str:
    """
    Return Markdown as HTML.

    :param levels_below: by how many levels its headings are lowered
    """
    parser = CardParser()
    tokens = parser.parse(YAML_HEADER.sub("", markdown, count=1))
    adapt(tokens, levels_below)
    html: str = parser.renderer.render(tokens, parser.options, {})
    return in_scrolling_regions(html)


def adapt(tokens: Sequence[Token], levels_below: int) -> None:
    """Adapt parsed Markdown to a page, in place."""
    for token in tokens:
        if token.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            token.tag = f"h{min(int(token.tag[1]) + levels_below, LOWEST_LEVEL)}"
        elif token.type in ("th_open", "td_open"):
            adapt_cell(token)
        elif token.type == "link_open":
            token.attrSet("rel", "noopener noreferrer nofollow")
        adapt(token.children or (), levels_below)


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

"""What a person reads on a page."""

import html
import re

from tests.annotation.people import Visitor


def uneven_tables(visitor: Visitor, path: str) -> list[str]:
    """Return the tables of a page whose rows differ in their number of cells, so that figures have the wrong heads."""
    tables = re.findall("<table.*?</table>", visitor.get(path).content.decode(), re.DOTALL)
    return [each for each in tables if len(set(map(count_cells, re.findall("<tr.*?</tr>", each, re.DOTALL)))) > 1]


def count_cells(row: str) -> int:
    """Return how many columns the cells of a row take."""
    return sum(int(span or 1) for span in re.findall('<t[hd](?: colspan="([0-9]+)")?[ >]', row))


def visible(visitor: Visitor, path: str) -> str:
    """Return the words of a page."""
    page = visitor.get(path).content.decode()
    return html.unescape(" ".join(re.sub("<[^>]+>", " ", page[page.index("<main") :]).split()))

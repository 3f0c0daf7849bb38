"""What a tab of the quality page is made from: the stored reports, and what a request wants to see of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.http import urlencode

from quality.reports.page_rows import FIELD_NAMES, Content
from quality.views.listing import Column, Listing, Row, list_rows


@dataclass(frozen=True)
class Figures:
    """The stored reports of a project, and what a request wants to see of them."""

    reports: Mapping[str, Content]
    "The content of each, by kind."
    names: dict[str, str]
    "Names of categories, by slug."
    query: Mapping[str, str]
    tab: str

    @property
    def fields(self) -> list[str]:
        """The label fields of the reports."""
        return [field["field"] for field in self.reports["agreement"]["fields"]]

    @property
    def field(self) -> str:
        """The label field that is asked for; by default the first."""
        asked = self.query.get("field", "")
        return asked if asked in self.fields else self.fields[0]

    @property
    def index(self) -> int:
        """The index of that field in the reports."""
        return self.fields.index(self.field)

    @property
    def address(self) -> dict[str, str]:
        """The parameters that links within the tab repeat."""
        return {"tab": self.tab, "field": self.field}

    def list_rows(self, rows: Sequence[Row], columns: tuple[Column, ...], **repeated: str) -> Listing:
        """Return a table of the tab, as the request sorts and pages it."""
        return list_rows(rows, columns, self.query, repeated={**self.address, **repeated})

    def field_links(self) -> list[Content]:
        """Return the choice between the label fields; nothing to choose if there is one."""
        links = [self.link(FIELD_NAMES[field], is_here=field == self.field, field=field) for field in self.fields]
        return links if len(links) > 1 else []

    def link(self, name: str, *, is_here: bool, **chosen: str) -> Content:
        """Return a link of a choice within the tab."""
        return {"name": name, "query": urlencode({**self.address, **chosen}), "is_here": is_here}

"""The entries of a project's navigation, in the groups of the side bar, each with the least role that sees it."""

from dataclasses import dataclass

from corpus.access import Access
from corpus.models import Member

Role = Member.Role


@dataclass(frozen=True)
class Entry:
    """One page of the navigation. A view names it by its key, as `page` in its context."""

    key: str
    name: str
    "Its words: the same in the side bar, the breadcrumbs, the title and the heading of the page."
    view: str
    "The name of its URL, which takes the slug of the project."
    icon: str
    "The name of a file of Lucide."
    least: Role = Role.ANNOTATOR
    flag: str = ""
    "A field of the project; where it is false, leads alone see the entry. Empty for every project."

    def is_shown(self, access: Access) -> bool:
        """Return whether a person sees the entry in a project."""
        is_on = not self.flag or access.is_lead or getattr(access.project, self.flag)
        return access.has_role(self.least) and is_on


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (Entry("overview", "Overview", "workspace:overview", "layout-dashboard"),)),
    (
        "Label",
        (
            Entry("label", "Label", "annotation:work", "tag"),
            Entry("votes", "My votes", "annotation:votes", "list-checks"),
            Entry("attack", "Attack", "attacks:room", "swords", flag="has_attacks"),
            Entry("guideline", "Guideline", "annotation:guideline", "book-open"),
            Entry("wellbeing", "Wellbeing", "annotation:wellbeing", "heart-pulse"),
        ),
    ),
    (
        "Review",
        (
            Entry("cases", "Cases", "adjudication:cases", "gavel", Role.ADJUDICATOR),
            Entry("audits", "Audits", "adjudication:audits", "clipboard-check", Role.LEAD),
            Entry("disagreements", "Disagreements", "adjudication:other-texts", "split", Role.LEAD),
        ),
    ),
    (
        "Measure",
        (
            Entry("quality", "Quality", "quality:quality", "chart-column", Role.LEAD),
            Entry("certified", "Certified labels", "quality:certified", "badge-check", Role.LEAD),
            Entry("panel", "Jurors compared", "quality:panel", "scale", Role.LEAD),
            Entry("guards", "Guards", "guards:guards", "shield", Role.LEAD),
        ),
    ),
    (
        "Data",
        (
            Entry("items", "Items", "workspace:items", "inbox", Role.LEAD),
            Entry("imports", "Imports", "workspace:imports", "file-up", Role.ADMIN),
            Entry("releases", "Releases", "workspace:releases", "package-check", Role.LEAD),
        ),
    ),
    (
        "Jury",
        (
            Entry("jury", "Jurors", "jury:jury", "bot", Role.LEAD),
            Entry("runs", "Runs", "jury:runs", "play", Role.LEAD),
            Entry("generated", "Generated responses", "jury:generated-responses", "message-square-plus", Role.LEAD),
        ),
    ),
    (
        "Set up",
        (
            Entry("project", "Project", "workspace:project", "folder-cog", Role.ADMIN),
            Entry("policies", "Policy", "adjudication:policies", "sliders-horizontal", Role.LEAD),
            Entry("taxonomy", "Taxonomy and questions", "adjudication:taxonomy", "list-tree", Role.LEAD),
            Entry("queue", "Queue", "annotation:queue", "settings-2", Role.LEAD),
            Entry("members", "Members", "workspace:members", "users", Role.ADMIN),
            Entry("events", "Audit log", "adjudication:events", "scroll-text", Role.LEAD),
        ),
    ),
)

"""The tab Bias: dialogues that name an identity group beside others, and what the data has much or little of."""

from quality.reports import bias_rows
from quality.reports.bias import BIAS
from quality.reports.page_rows import Content
from quality.views.listing import Column
from quality.views.tab_figures import Figures

GROUP = (Column("group", "Group", is_number=False), Column("attribute", "By", is_number=False))
COLUMNS = (
    *GROUP,
    Column("items", "Dialogues"),
    Column("unsafe.share", "Unsafe"),
    Column("unsafe.difference", "Beside others"),
    Column("disagreement.share", "People differ"),
    Column("disagreement.difference", "Beside others"),
)
ERROR_COLUMNS = (
    GROUP[0],
    Column("false_alarms.share", "Called unsafe, but safe"),
    Column("false_alarms.difference", "Beside others"),
    Column("misses.share", "Called safe, but unsafe"),
    Column("misses.difference", "Beside others"),
)
PANEL = "Most of the models"


def bias_tab(figures: Figures) -> Content:
    """Return how groups compare on one field: all figures, or the errors of the models or of one of them."""
    report = figures.reports.get(BIAS)
    if report is None or "scripts" not in report:  # measured by an earlier version
        return {"summary": bias_rows.NOT_MEASURED, "bias": None, "charts": {}}
    field = report["fields"][figures.index]
    jurors = {juror["rater"]: juror["groups"] for juror in field["jurors"]}
    by_errors = {PANEL: field["groups"], **jurors} if jurors else {}
    asked = figures.query.get("errors", "")
    shown = asked if asked in by_errors else ""
    views = [figures.link("The labels", is_here=not shown, errors="")]
    views += [figures.link(name, is_here=name == shown, errors=name) for name in by_errors]
    groups = by_errors[shown] if shown else field["groups"]
    columns = ERROR_COLUMNS if shown else COLUMNS
    return {
        "fields": figures.field_links(),
        "summary": bias_rows.bias_summary(report, field),
        "bias": report,
        "part": field,
        "errors_of": shown,
        "views": views if by_errors else [],
        "listing": figures.list_rows(bias_rows.group_rows(groups), columns, errors=shown),
        "top": bias_rows.category_rows(field, figures.names),
        "balance": bias_rows.balance_tables(report, field, figures.names),
        "missing": bias_rows.missing_notes(report, figures.names),
        "charts": {},
    }

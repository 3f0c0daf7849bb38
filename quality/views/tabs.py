"""The tabs of the quality page: what each shows of the stored reports."""

from collections.abc import Callable, Mapping
from typing import Any

from corpus.questions import Type
from quality.reports import charts, disagreement_rows, page_rows, sample_rows, summaries
from quality.reports.page_rows import FIELD_NAMES, Content
from quality.reports.wording import day
from quality.views.bias import bias_tab
from quality.views.listing import Column, Row
from quality.views.tab_figures import Figures

MAX_WEEKS = 26
RATER = Column("rater", "Rater", is_number=False)
SCORE_COLUMNS = (
    RATER,
    Column("kind", "Kind", is_number=False),
    Column("n", "Compared"),
    Column("accuracy", "Accuracy"),
    Column("precision", "Precision"),
    Column("recall", "Recall"),
    Column("f1", "F1"),
    Column("macro_f1", "Macro F1"),
)
CHECK_COLUMNS = (
    Column("rater", "Annotator", is_number=False),
    Column("votes", "Votes"),
    Column("gold.share", "Gold, right"),
    Column("repeats.share", "Repeats, alike"),
    Column("audited.share", "Audits, agreed"),
    Column("", "Faster than reading"),
)
ESTIMATE_COLUMNS = (
    RATER,
    Column("n", "Opinions"),
    Column("finds_unsafe", "Finds unsafe"),
    Column("leaves_safe", "Leaves safe"),
    Column("weight", "Weight"),
)
QUESTION_COLUMNS = (
    RATER,
    Column("kind", "Kind", is_number=False),
    Column("n", "Compared"),
    Column("agrees", "As most of the others"),
)
SCALE_COLUMNS = (*QUESTION_COLUMNS, Column("steps", "Steps from the median"))


def agreement_tab(figures: Figures) -> Content:
    """Return agreement by field, category, source and kind of rater, and how votes split."""
    agreement = figures.reports["agreement"]
    return {
        "summary": summaries.agreement_summary(agreement),
        "rows": page_rows.agreement_rows(agreement),
        "categories": page_rows.category_rows(agreement, figures.names),
        "sources": page_rows.source_tables(agreement),
        "sources_left_out": agreement["sources_left_out"],
        "who": list(page_rows.KIND_NAMES.values()),
        "splits": [
            {**splits, "name": FIELD_NAMES[splits["field"]], "says": summaries.split_summary(splits)}
            for splits in figures.reports["shares"]["splits"]
        ],
        "max_bars": charts.MAX_BARS,
        "charts": {
            "alpha": charts.alpha_chart(agreement),
            "categories": charts.category_chart(agreement, figures.names),
        },
    }


def rater_tab(figures: Figures) -> Content:
    """Return the scores of the raters on one field against one reference, and the kappa of every two."""
    scores, matrix = figures.reports["scores"]["fields"][figures.index], kappa_matrix(figures)
    in_use = [to for to in summaries.REFERENCES if any(row[to]["n"] for row in scores["raters"])] or ["majority"]
    asked = figures.query.get("against", "")
    against = asked if asked in in_use else in_use[0]
    rows: list[Row] = [{"rater": row["rater"], "kind": row["kind"], **row[against]} for row in scores["raters"]]
    return {
        "fields": figures.field_links(),
        "summary": summaries.rater_summary(scores, against),
        "against": summaries.REFERENCES[against],
        "references": [figures.link(summaries.REFERENCES[to], is_here=to == against, against=to) for to in in_use],
        "listing": figures.list_rows(rows, SCORE_COLUMNS, against=against),
        "decision": scores["decision"] if against == "gold" and scores["decision"]["n"] else None,
        "matrix": matrix,
        "raters": len(rows),
        "max_bars": charts.MAX_BARS,
        "charts": {"scores": charts.score_chart(scores)},
    }


def kappa_matrix(figures: Figures) -> Content:
    """Return the kappa of every two raters on the field."""
    matrix: Content = figures.reports["agreement"]["matrices"][figures.index]
    return matrix


def drift_tab(figures: Figures) -> Content:
    """Return the weekly figures of every rater on one field; the table has the last MAX_WEEKS weeks."""
    drift = figures.reports["drift"]["fields"][figures.index]
    rows: list[Row] = [{**row, "weeks": row["weeks"][-MAX_WEEKS:]} for row in drift["raters"]]
    agrees, unsafe = charts.drift_charts(drift)
    return {
        "fields": figures.field_links(),
        "summary": summaries.drift_summary(drift),
        "weeks": [day(week) for week in drift["weeks"][-MAX_WEEKS:]],
        "weeks_left_out": max(0, len(drift["weeks"]) - MAX_WEEKS),
        "listing": figures.list_rows(rows, (RATER,)),
        "raters": len(rows),
        "max_lines": charts.MAX_LINES,
        "charts": {"agrees": agrees, "unsafe": unsafe} if len(drift["weeks"]) > 1 else {},
    }


def check_tab(figures: Figures) -> Content:
    """Return the results of people on gold, repeats and audits."""
    checks = figures.reports["checks"]
    return {
        "summary": summaries.check_summary(checks),
        "checks": checks,
        "listing": figures.list_rows(checks["people"], CHECK_COLUMNS),
        "charts": {},
    }


def disagreement_tab(figures: Figures) -> Content:
    """Return why people disagree on one field; figures of an earlier version do not say."""
    report = figures.reports.get("disagreement")
    if report is None:
        return {"summary": disagreement_rows.NOT_MEASURED, "disagreement": None, "charts": {}}
    field = report["fields"][figures.index]
    return {
        "fields": figures.field_links(),
        "field": figures.field,
        "at": figures.index,
        "summary": disagreement_rows.disagreement_summary(field),
        "disagreement": field,
        "parts": disagreement_rows.part_rows(field),
        "causes": disagreement_rows.cause_rows(field, figures.names),
        "charts": {},
    }


def juror_tab(figures: Figures) -> Content:
    """Return how alike the jurors judge and err, on each field."""
    fields = figures.reports["jurors"]["fields"]
    return {"summary": summaries.juror_summary(fields), "panel": fields, "charts": {}}


def advice_tab(figures: Figures) -> Content:
    """Return the other ways of counting on one field beside the majority."""
    advice = figures.reports["advice"]["fields"][figures.index]
    return {
        "fields": figures.field_links(),
        "field": figures.field,
        "summary": summaries.advice_summary(advice),
        "advice": advice,
        "listing": figures.list_rows(advice["raters"], ESTIMATE_COLUMNS),
        "charts": {},
    }


def data_tab(figures: Figures) -> Content:
    """Return the shares of unsafe on one field and of categories, by group."""
    shares = figures.reports["shares"]
    return {
        "fields": figures.field_links(),
        "summary": summaries.share_summary(shares["labels"][figures.index]),
        "shares": shares["labels"][figures.index],
        "groups": shares["categories"]["groups"],
        "category_shares": page_rows.category_share_rows(shares, figures.names),
        "charts": {"shares": charts.share_chart(shares["labels"][figures.index])},
    }


def question_tab(figures: Figures) -> Content:
    """Return agreement, shares, decisions and raters of one question: the one that is asked for, or the first."""
    questions = {each["key"]: each for each in figures.reports["questions"]["questions"]}
    asked = figures.query.get("question", "")
    chosen = questions.get(asked) or next(iter(questions.values()))
    links = [figures.link(key, is_here=each is chosen, question=key) for key, each in questions.items()]
    columns = SCALE_COLUMNS if chosen["type"] == Type.ORDINAL else QUESTION_COLUMNS
    raters = figures.list_rows(chosen.get("raters", []), columns, question=chosen["key"])
    return {
        "questions": links if len(links) > 1 else [],
        "question": chosen,
        "summary": summaries.question_summary(chosen),
        "rows": page_rows.question_rows(chosen),
        "shares": page_rows.answer_share_rows(chosen),
        "share_kinds": page_rows.SHARE_KINDS,
        "statuses": page_rows.status_rows(chosen),
        "listing": raters,
        "is_scale": columns is SCALE_COLUMNS,
        "charts": {},
    }


def sample_tab(figures: Figures) -> Content:
    """Return the estimates from the blind random sample on one field; nothing to show before it is drawn."""
    sample = figures.reports.get("sample")
    if sample is None:
        return {"summary": "", "sample": None, "text": summaries.NO_SAMPLE, "charts": {}}
    by_name = {field["field"]: field for field in sample["fields"]}  # only those that people are asked for
    field = by_name.get(figures.field, sample["fields"][0])
    judges = sample_rows.judge_rows(field)
    return {
        "fields": [link for link in figures.field_links() if len(by_name) > 1],
        "summary": summaries.sample_summary(field),
        "sample": sample,
        "part": field,
        "unlabelled": field["sample"] - field["labelled"],
        "sources": sample_rows.source_rows(field),
        "categories": sample_rows.category_rows(sample, figures.names),
        "judges": judges,
        "missing": sample_rows.missing_notes(judges),
        "charts": {},
    }


TABS: dict[str, tuple[str, Callable[[Figures], Content]]] = {
    "agreement": ("Agreement", agreement_tab),
    "raters": ("Raters", rater_tab),
    "drift": ("Drift", drift_tab),
    "disagreement": ("Why people disagree", disagreement_tab),
    "checks": ("Gold and audits", check_tab),
    "jurors": ("Jurors", juror_tab),
    "advice": ("Advice", advice_tab),
    "data": ("The data", data_tab),
    "bias": ("Bias", bias_tab),
    "questions": ("Questions", question_tab),
    "sample": ("Sample", sample_tab),
}
"The name and the context of each tab, by its key, which is also the id of its section."


def tab_context(reports: Mapping[str, Content], names: dict[str, str], query: Mapping[str, str]) -> dict[str, Any]:
    """
    Return the context of the tab that a request asks for; by default the first.

    :param reports: the content of each stored report, by kind
    :param names: names of categories, by slug
    """
    asked, shown = query.get("tab", ""), [key for key in TABS if key != "questions" or key in reports]
    tab = asked if asked in shown else shown[0]
    name, build = TABS[tab]
    return {
        "tab": tab,
        "tab_name": name,
        "tabs": [{"key": key, "name": TABS[key][0]} for key in shown],
        "section": f"quality/sections/{tab}.html",
        **build(Figures(reports, names, query, tab)),
    }

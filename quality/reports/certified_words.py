"""Certified labels in words: what could be promised, what is missing, and the tables of the page. Pure."""

from typing import Any, NamedTuple

from adjudication.panel_scores import ScoreBy
from corpus.labels import Field
from quality.models import WatchedPromise
from quality.reports.audit import Standing
from quality.reports.certified import ERRORS, FEWEST_TOLD, RISKS, evidence_by, promise_figures
from quality.reports.certified_rows import BY_PROBABILITY
from quality.reports.page_rows import FIELD_NAMES, Content
from quality.reports.wording import counted, fine_percent, listed, percent, percent_range
from quality.shapes import FieldPromiseShape, PromiseShape, ScoreShape, SetPromiseShape

MOST_JURORS = 3
"Jurors that are named for their errors."
STANDINGS = {
    Standing.UNTRIED: ("not tried yet", "pending"),
    Standing.KEPT: ("as promised", "decided"),
    Standing.WATCH: ("more errors than promised, which may be chance", "pending"),
    Standing.BROKEN: ("worse than promised", "disputed"),
}
"How a promise stands, in words, with the class of its status."
SCORE_NAMES = {
    ScoreBy.SHARE: "Share of the ballots that give the label",
    ScoreBy.PROBABILITY: "Mean probability of the label",
}
NO_PANEL = (
    "has labels of two jurors that agree for the most part. Ask two jurors or more, best three of different makers."
)
NO_PROBABILITY = (
    "has labels of two jurors that agree for the most part and all say how probable they are. Ask the jurors how "
    "probable each verdict is."
)
TILL_THEN = "Until people have decided, each counts as an error."


class Gap(NamedTuple):
    """What keeps labels from being certified, and the page where one does something about it."""

    text: str
    view: str = ""
    "The name of the page's URL; empty where nothing can be done."
    link: str = ""
    "The words of the link."
    query: str = ""
    "What follows the address: a query or a fragment."


def score_words(score: ScoreShape | None, score_by: str = ScoreBy.SHARE) -> str:
    """Return a score in words, as in `all alike` or `2 of 3 or more alike`, or `probability 0.95 or more`."""
    if score is None:
        return "none"
    if score_by == ScoreBy.PROBABILITY:
        return f"probability {score['agreeing'] / score['counted']:g} or more"
    if score["agreeing"] == score["counted"]:
        return "all alike"
    return f"{score['agreeing']} of {score['counted']} or more alike"


def exact_percent(share: float) -> str:
    """Return a chosen share in per cent, not rounded, as in `5 %` or `0.5 %`."""
    return f"{round(100 * share, 6):g} %"


def promise_summary(promise: PromiseShape) -> str:
    """Return in sentences what could be promised at one error and risk, and how many votes that saves."""
    fields = [
        f"{each['alone']:,} of {counted(each['items'], Field(each['field']).part)}"
        for each in promise["fields"]
        if each["threshold"]
    ]
    terms = f"{exact_percent(promise['error'])} wrong at most, with {exact_percent(1 - promise['risk'])} confidence"
    if not fields:
        return f"No label can be certified yet: {terms}."
    text = f"The jurors could decide {listed(fields)} alone: {terms}."
    if not promise["votes_wanted"]:
        return f"{text} All wanted votes are in, so none is saved."
    wanted = counted(promise["votes_wanted"], "vote")
    return f"{text} Of {wanted} still wanted of people, {promise['votes_saved']:,} would be saved."


def set_summary(sets: SetPromiseShape | None) -> str:
    """Return in a sentence how far the jurors' categories are from people's at most; empty where they choose none."""
    if sets is None:
        return ""
    added, lacking = (fine_percent(share["bound"]) for share in (sets["false_discovery"], sets["miss"]))
    return (
        f"They would also choose the categories of {counted(sets['alone'], 'dialogue')}: on average at most {added} of "
        f"those they name are not people's, and at most {lacking} of people's are missing, by "
        f"{counted(sets['sample'], 'dialogue')} of the sample."
    )


def grid_rows(promises: list[PromiseShape], chosen: PromiseShape) -> list[Content]:
    """Return a row for each error and risk, with a cell for each field."""
    return [
        {
            "error": exact_percent(promise["error"]),
            "confidence": exact_percent(1 - promise["risk"]),
            "query": query_of(promise),
            "is_chosen": (promise["error"], promise["risk"]) == (chosen["error"], chosen["risk"]),
            "fields": [field_cell(each, score_of(promise)) for each in promise["fields"]],
            **saved_cell(promise),
        }
        for promise in promises
    ]


def score_rows(promises: list[PromiseShape], chosen: PromiseShape) -> list[Content]:
    """Return a row for each score, at the same error and risk; the chosen one is marked."""
    return [
        {
            "name": SCORE_NAMES[score_of(promise)],
            "query": query_of(promise),
            "is_chosen": score_of(promise) == score_of(chosen),
            "fields": [field_cell(each, score_of(promise)) for each in promise["fields"]],
            **saved_cell(promise),
        }
        for promise in promises
    ]


def score_of(promise: PromiseShape) -> ScoreBy:
    """Return what the thresholds of a promise are of."""
    return ScoreBy(promise.get("score_by", ScoreBy.SHARE))


def query_of(promise: PromiseShape) -> str:
    """Return the query of the page that shows a promise."""
    return f"error={promise['error']}&risk={promise['risk']}&score_by={score_of(promise)}"


def saved_cell(promise: PromiseShape) -> Content:
    """Return how many votes a promise saves, and which share that is of those wanted."""
    saved = promise["votes_saved"]
    return {"saved": saved, "saved_share": percent(saved / promise["votes_wanted"]) if saved else ""}


def field_cell(field: FieldPromiseShape, score_by: ScoreBy) -> Content:
    """Return how many items of a field the jurors would decide, and at which threshold and bound."""
    if field["threshold"] is None or field["bound"] is None:
        return {"alone": 0, "words": ""}
    share = percent(field["alone"] / field["items"]) if field["items"] else "0 %"
    bound = fine_percent(field["bound"])
    return {
        "alone": field["alone"],
        "share": share,
        "words": f"{score_words(field['threshold'], score_by)}; wrong at most {bound}",
    }


def level_tables(promise: PromiseShape) -> list[Content]:
    """Return for each field the levels of the sample as rows, each with all stricter ones."""
    return [
        {
            "name": FIELD_NAMES[field["field"]],
            "rows": [
                {
                    "score": score_words(level, score_of(promise)),
                    "sample": level["sample"],
                    "wrong": level["errors"],
                    "missing": level["missing"],
                    "bound": fine_percent(level["bound"]),
                    "sort": level["bound"],
                    "accepted": level["accepted"],
                }
                for level in field["levels"]
            ],
        }
        for field in promise["fields"]
    ]


def audit_rows(promise: WatchedPromise, audit: Content) -> list[Content]:
    """Return how a watched promise stands on each field, in words."""
    return [
        {
            "name": FIELD_NAMES[row["field"]],
            "score": score_words(as_score(promise.thresholds[row["field"]]), promise.score_by),
            "n": row["n"],
            "errors": row["errors"],
            "share": fine_percent(row["errors"] / row["n"]) if row["n"] else "",
            "interval": percent_range(row["lower"], row["upper"]) if row["n"] else "–",
            **standing_words(row),
        }
        for row in audit["fields"]
    ]


def as_score(pair: list[int]) -> ScoreShape:
    """Return a stored threshold as a score."""
    agreeing, counted_ballots = pair
    return {"agreeing": agreeing, "counted": counted_ballots}


def standing_words(row: Content) -> Content:
    """Return how a promise stands as a word and the class of its status."""
    words, status = STANDINGS[Standing(row["standing"])]
    return {"standing": words, "status": status}


def gaps(evidence: Content, promise: PromiseShape) -> list[Gap]:
    """Return what is missing for a promise, each with the next step; the first to be done comes first."""
    if not evidence["items"]:
        return [Gap("No dialogue wants votes yet.", "workspace:items", "Items")]
    found = [*panel_gaps(evidence, promise), *size_gaps(evidence, promise)]
    if evidence["sample"]:
        found += [*vote_gaps(evidence), *error_gaps(evidence, promise)]
    return found


def panel_gaps(evidence: Content, promise: PromiseShape) -> list[Gap]:
    """Tell which fields no panel has labelled, or too little of their sample."""
    advice = NO_PROBABILITY if score_of(promise) == ScoreBy.PROBABILITY else NO_PANEL
    found = [
        Gap(
            f"No {Field(field['field']).part} {advice}",
            "jury:jury",
            "Jurors",
        )
        for field in evidence["fields"]
        if not field["levels"]
    ]
    for field in evidence["fields"]:
        scored = sum(row["sample"] for row in field["levels"])
        if field["levels"] and scored < min(promise["sample_needed"], field["sample"]):
            of = counted(field["sample"], Field(field["field"]).part)
            text = f"Two jurors or more agree on {scored:,} of {of} of the sample. Ask them for the rest."
            found.append(Gap(text, "jury:jury", "Jurors"))
    return found


def size_gaps(evidence: Content, promise: PromiseShape) -> list[Gap]:
    """Tell if there is no sample, or one too small to prove anything."""
    needed, uniform = promise["sample_needed"], evidence["uniform"]
    least = f"{needed:,} dialogues without any error would do, and each error asks for more"
    if not evidence["sample"]:
        percent_needed = min(100, max(1, -(-200 * needed // evidence["items"])))
        text = f"No sample has been drawn. {least}: a share of {percent_needed} % leaves room for some."
        return [Gap(text, "annotation:queue", "Set the share", "#settings")]
    found = []
    if uniform < needed:
        text = f"The sample has {counted(uniform, 'dialogue')} to go by. {least}: import more, or promise less."
        found.append(Gap(text, "annotation:queue", "Queue settings", "#settings"))
    if uniform < evidence["sample"]:
        text = (
            "Shares of the sample differ between imports. Only those that would be in at the smallest share count: "
            f"{uniform:,} of {evidence['sample']:,}."
        )
        found.append(Gap(text))
    if evidence["undrawn"]:
        text = f"{counted(evidence['undrawn'], 'dialogue')} never drawn, as imported while the share was 0 %"
        found.append(
            Gap(f"{text}: nothing is promised while there are any.", "annotation:queue", "Set the share", "#settings")
        )
    return found


def vote_gaps(evidence: Content) -> list[Gap]:
    """Tell how many dialogues of the sample lack a label by people, among those on which a panel has one."""
    found = []
    if evidence["votes_wanted"] < evidence["quorum"]:
        text = (
            f"People decide by {counted(evidence['quorum'], 'vote')}, and {evidence['votes_wanted']} a dialogue "
            "are wanted: no label of the sample will be complete."
        )
        found.append(Gap(text, "adjudication:policies", "Change the quorum"))
    for field in evidence["fields"]:
        part, missing = Field(field["field"]).part, sum(row["missing"] for row in field["levels"]) - field["tied"]
        if missing:
            text = f"Votes are missing for {counted(missing, part)} of the sample. {TILL_THEN}"
            found.append(Gap(text, "annotation:queue", "Queue"))
        if field["tied"]:
            text = f"People's votes tie on {counted(field['tied'], part)} of the sample. {TILL_THEN}"
            found.append(Gap(text, "adjudication:cases", "Cases"))
    return found


def error_gaps(evidence: Content, promise: PromiseShape) -> list[Gap]:
    """Tell where the panel errs too often even where it is most at one, and who errs most."""
    found = []
    for field, promised in zip(evidence["fields"], promise["fields"], strict=True):
        strictest = next((level for level in promised["levels"]), None)
        if promised["threshold"] or strictest is None or not strictest["errors"]:
            continue
        part = Field(field["field"]).part
        text = (
            f"Where the jurors are most at one, people say otherwise on {strictest['errors']:,} of "
            f"{counted(strictest['sample'], part)} of the sample. {worst_jurors(field)}"
        )
        found.append(Gap(text, "quality:quality", "Compare the jurors", "?tab=sample"))
    return found


def worst_jurors(field: Content) -> str:
    """Return which jurors differ from people most often on the sample."""
    named = [f"{row['juror']} ({percent(row['errors'] / row['n'])})" for row in field["jurors"][:MOST_JURORS]]
    return f"Most often: {listed(named)}." if named else ""


def page_context(evidence: Content, *, error: float, risk: float, score_by: ScoreBy) -> dict[str, Any]:
    """Return the context of the page for one error, risk and score."""
    has_both = BY_PROBABILITY in evidence
    score_by = score_by if has_both else ScoreBy.SHARE
    chosen = promise_figures(evidence, error=error, risk=risk, score_by=score_by)
    pairs = sorted({(e, d) for e in ERRORS for d in RISKS} | {(error, risk)})
    promises = [promise_figures(evidence, error=e, risk=d, score_by=score_by) for e, d in pairs]
    both = [promise_figures(evidence, error=error, risk=risk, score_by=each) for each in ScoreBy] if has_both else []
    evidence = evidence_by(evidence, score_by)
    has_panel = any(field["levels"] for field in evidence["fields"])
    return {
        "evidence": evidence,
        "score_by": score_by,
        "by_probability": score_by == ScoreBy.PROBABILITY,
        "scores": score_rows(both, chosen) if evidence["sample"] else [],
        "promise": chosen,
        "summary": promise_summary(chosen),
        "set_summary": set_summary(chosen["sets"]),
        "gaps": gaps(evidence, chosen),
        "names": [FIELD_NAMES[field["field"]] for field in evidence["fields"]],
        "rows": grid_rows(promises, chosen) if has_panel and evidence["sample"] else [],
        "levels": [table for table in level_tables(chosen) if table["rows"]],
        "fewest": FEWEST_TOLD,
        "can_promise": any(field["threshold"] for field in chosen["fields"]),
    }

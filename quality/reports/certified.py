"""Which machine labels could be certified, at which error and risk, and what that saves: from stored evidence. Pure."""

from fractions import Fraction

from adjudication.certifying.bounds import fewest_items
from adjudication.certifying.certificates import without_threshold
from adjudication.certifying.sets import SetGroup, choices_of, sets_certificate
from adjudication.certifying.thresholds import Certified, Level, Spread, certify, count_tested, first_score
from adjudication.panel_scores import ScoreBy
from adjudication.policies import Promise, check_share, policy_of
from corpus.errors import Refused
from corpus.labels import Field
from corpus.models import Project
from quality.reports.certified_rows import BY_PEOPLE, BY_PROBABILITY, NOT_ASKED
from quality.reports.page_rows import Content
from quality.shapes import FieldPromiseShape, LevelShape, PromiseShape, SetPromiseShape

EVIDENCE = "certified"
"The kind of the stored report. It is never shown as it is: its levels may be as small as one item of the sample."
ERRORS = (0.01, 0.02, 0.05, 0.10)
"Shares of wrong machine labels that the page compares."
RISKS = (0.05, 0.10, 0.20)
"Probabilities, compared likewise, that a promise is not kept."
FEWEST_TOLD = 20
"Levels are told together until so many more drawn items stand behind them: nobody shall learn which are in the sample."


def error_and_risk(project: Project, error: float | None = None, risk: float | None = None) -> tuple[float, float]:
    """
    Return the error and the risk that are asked for; by default those of the project, or the usual ones.

    :raises Invalid: if one is not a share that one would promise
    """
    check_share("error", error)
    check_share("risk", risk)
    own = policy_of(project, "certified").promise or Promise()
    return error or own.error, risk or own.risk


def score_asked(project: Project, score_by: str | None = None) -> ScoreBy:
    """Return the score that is asked for; by default that of the project."""
    return ScoreBy(score_by or project.certified_score_by or ScoreBy.SHARE)


def evidence_by(evidence: Content, score_by: ScoreBy) -> Content:
    """
    Return the evidence by one of the scores.

    :raises Refused: if no ballot has a probability
    """
    if score_by == ScoreBy.SHARE:
        return evidence
    if BY_PROBABILITY not in evidence:
        raise Refused("No ballot has a probability as of the last measurement, so there is no score by probability.")
    other: Content = evidence[BY_PROBABILITY]
    return evidence | other


def promise_figures(evidence: Content, *, error: float, risk: float, score_by: ScoreBy = ScoreBy.SHARE) -> PromiseShape:
    """
    Return what could be promised at one error and risk.

    :param evidence: as `evidence_figures` returns it
    :param error: the largest share of machine labels that may differ from people's, above 0 and below 1
    :param risk: the probability that this is not kept, likewise; it is divided among the fields and category sets
    :raises Refused: if no ballot has a probability, and the score is by that
    """
    evidence = evidence_by(evidence, score_by)
    share = risk / (len(evidence["fields"]) + 1)
    firsts = [first_score(items_of(field), score_by) for field in evidence["fields"]]
    certified = [
        certify(counts_of(field), error, share, spreads_of(field), first=first)
        for field, first in zip(evidence["fields"], firsts, strict=True)
    ]
    if evidence["undrawn"]:  # the sample says nothing of them
        certified = [without_threshold(each) for each in certified]
    decided = [levels_decided(field, each) for field, each in zip(evidence["fields"], certified, strict=True)]
    wanted = sum(group["votes"] for group in evidence["groups"]) + evidence["sample_votes"]
    saved = sum(group["votes"] for group in evidence["groups"] if is_saved(group["levels"], decided))
    found: PromiseShape = {
        "error": error,
        "risk": risk,
        "items": evidence["items"],
        "sample": evidence["uniform"],
        "undrawn": evidence["undrawn"],
        "votes_wanted": wanted,
        "votes_saved": saved,
        "sample_needed": fewest_items(error, share),
        "fields": [
            field_promise(field, each, levels, first)
            for field, each, levels, first in zip(evidence["fields"], certified, decided, firsts, strict=True)
        ],
        "sets": set_promise(evidence, certified, share, score_by),
    }
    if score_by != ScoreBy.SHARE:
        found["score_by"] = str(score_by)
    return found


def set_promise(
    evidence: Content, certified: list[Certified], risk: float, score_by: ScoreBy
) -> SetPromiseShape | None:
    """Return the bounds on category sets at these thresholds; None where the panel decides no sets, or too few."""
    fields = evidence["fields"]
    thresholds = {
        Field(field["field"]): each.threshold
        for field, each in zip(fields, certified, strict=True)
        if each.threshold is not None
    }
    groups = [group_of(row) for row in evidence.get("sets", ())]
    found = sets_certificate(
        groups, thresholds, risk, choices=choices_of(count_tested(items_of(each), score_by) for each in fields)
    )
    if found["items"] < FEWEST_TOLD or not found["alone"]:
        return None
    return {
        "alone": found["alone"],
        "sample": found["sample"],
        "missing": found["missing"],
        "false_discovery": found["false_discovery"],
        "miss": found["miss"],
    }


def group_of(row: Content) -> SetGroup:
    """Return a stored group as `group_row` wrote it."""
    return SetGroup(
        scores=tuple((Field(name), Fraction(*score)) for name, *score in row["scores"]),
        asked=frozenset(map(Field, row["asked"])),
        is_unsafe=row["is_unsafe"],
        is_drawn=row["is_drawn"],
        is_complete=row["is_complete"],
        losses=(Fraction(*row["losses"][0]), Fraction(*row["losses"][1])) if row["losses"] else None,
        items=row["items"],
    )


def score_at(row: Content) -> Fraction:
    """Return the score of a level."""
    return Fraction(row["agreeing"], row["counted"])


def items_of(field: Content) -> dict[Fraction, int]:
    """Return how many items have each score."""
    return {score_at(row): row["items"] for row in field["levels"]}


def counts_of(field: Content) -> list[tuple[Fraction, int, int, int]]:
    """Return the score, items of the sample, errors and missing labels of each level that the sample has."""
    return [(score_at(row), row["sample"], row["errors"], row["missing"]) for row in field["levels"] if row["sample"]]


def spreads_of(field: Content) -> dict[Fraction, Spread]:
    """Return how all items spread over the scores."""
    return {score_at(row): Spread(row["items"], row.get("found", 0), row["open"]) for row in field["levels"]}


def levels_decided(field: Content, certified: Certified) -> int:
    """Return how many levels, from the strictest down, the panel may decide alone."""
    if certified.threshold is None:
        return 0
    return sum(score_at(row) >= certified.threshold for row in field["levels"])


def field_promise(field: Content, certified: Certified, decided: int, first: Fraction) -> FieldPromiseShape:
    """Return the promise on one field: threshold, bound, and how many items the panel would decide alone."""
    threshold, alone = certified.threshold, sum(row["open"] for row in field["levels"][:decided])
    return {
        "field": field["field"],
        "threshold": None if threshold is None else {"agreeing": threshold.numerator, "counted": threshold.denominator},
        "bound": certified.bound if threshold is not None else None,
        "alone": alone,
        "items": field["items"],
        "by_people": field["by_people"],
        "for_people": field["items"] - field["by_people"] - alone,
        "levels": told_levels(field, certified, first),
    }


def told_levels(field: Content, certified: Certified, first: Fraction) -> list[LevelShape]:
    """
    Return the levels down the scores, each with all stricter ones.

    Those with few items are told with the next, and the last with the one before; with few items at all, none is told.

    :param first: the strictest score that was tested, with which stricter ones are told
    """
    told: list[LevelShape] = []
    rows = rows_from(first, [row for row in field["levels"] if row["sample"]])
    before = items = 0
    for row, level in zip(rows, certified.levels, strict=True):
        items += row["items"]
        if items - before >= FEWEST_TOLD:
            told.append(told_level(row, level))
            before = items
    if told and before < items:
        told[-1] = told_level(rows[-1], certified.levels[-1])
    return told


def rows_from(first: Fraction, rows: list[Content]) -> list[Content]:
    """Return levels, from the strictest down, with those that are at least as strict as the first as one."""
    sure = [row for row in rows if score_at(row) >= first]
    if not sure or (len(sure) == 1 and score_at(sure[0]) == first):
        return rows
    agreeing, counted = first.as_integer_ratio()
    joined = {"agreeing": agreeing, "counted": counted, "items": sum(row["items"] for row in sure)}
    return [joined, *rows[len(sure) :]]


def told_level(row: Content, level: Level) -> LevelShape:
    """Return a level as it is told."""
    return {
        "agreeing": row["agreeing"],
        "counted": row["counted"],
        "sample": level.count,
        "errors": level.errors,
        "missing": level.missing,
        "bound": level.bound,
        "accepted": level.accepted,
    }


def is_saved(levels: list[int], decided: list[int]) -> bool:
    """
    Return whether people need not see items: the panel decides something, and what it does not is decided by people.

    :param levels: a code of `item_codes` for each field
    :param decided: the levels of each field that the panel decides
    """
    by_panel = [0 <= code < levels_of for code, levels_of in zip(levels, decided, strict=True)]
    open_fields = [code not in (NOT_ASKED, BY_PEOPLE) for code in levels]
    return any(by_panel) and by_panel == open_fields

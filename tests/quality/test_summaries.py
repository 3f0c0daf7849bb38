"""The sentences of the tabs of the quality page, where figures are there, few or missing."""

from typing import Any

from quality.reports.sample_rows import p_range
from quality.reports.summaries import (
    advice_summary,
    agreement_summary,
    check_summary,
    drift_summary,
    juror_summary,
    rater_summary,
    sample_summary,
    share_summary,
    split_summary,
)
from quality.reports.wording import counted, decimals, fine_percent, listed, percent, percent_range
from tests.cases import cases


def agreement(human: float | None, llm: float | None, between: float | None) -> Any:
    alphas = {"human": human, "llm": llm, "between": between}
    kinds: Any = {kind: {"alpha": {"value": value}} for kind, value in alphas.items()}
    kinds["all"] = {"alpha": {"reason": "every opinion is the same"}}
    return {"fields": [{"field": "response_label", "kinds": kinds}]}


@cases(
    ("report", "text"),
    [
        (
            agreement(0.71, 0.62, 0.58),
            "On responses, alpha is 0.71 among people, 0.62 among models and 0.58 between people and models.",
        ),
        (agreement(None, 0.0, None), "On responses, alpha is 0.00 among models."),
        (agreement(None, None, None), "On responses, alpha is not known: every opinion is the same."),
        ({"fields": []}, ""),
    ],
)
def test_agreement_is_summed_up_by_kind_of_rater(report, text) -> None:
    assert agreement_summary(report) == text


@cases(
    ("accuracies", "text"),
    [
        ([], "No opinion can be compared with gold yet."),
        ([0.9], "Compared with gold, 1 rater has an accuracy of 0.90."),
        (
            [0.9, 0.7, 0.8],
            "Compared with gold, 3 raters have accuracies of 0.70 to 0.90, half of them 0.80 or more.",
        ),
    ],
)
def test_raters_are_summed_up_without_names(accuracies, text) -> None:
    rows: list[Any] = [{"rater": "ada", "gold": {"n": 1, "accuracy": value}} for value in accuracies]
    rows.append({"rater": "bea", "gold": {"n": 0, "accuracy": None}})
    assert rater_summary({"raters": rows}, "gold") == text


def week(compared: int, agrees: float | None) -> Any:
    return {"compared": compared, "agrees": agrees}


@cases(
    ("weeks", "text"),
    [
        ([], "No week has opinions that can be compared yet."),
        ([[week(0, None)]], "No week has opinions that can be compared yet."),
        (
            [[week(4, 0.5)]],
            "In the week of 2 Mar 2026, opinions agreed with the majority of the others in 50 % of 4 comparisons. "
            "There is no other week yet.",
        ),
        (
            [[week(4, 1.0), week(3, 1.0)], [week(4, 0.5), week(1, 0.0)]],
            "In the week of 9 Mar 2026, opinions agreed with the majority of the others in 75 % of 4 comparisons, "
            "against 75 % in that of 2 Mar 2026.",
        ),
    ],
)
def test_drift_compares_the_last_two_weeks_with_opinions(weeks, text) -> None:
    count = max((len(each) for each in weeks), default=0)
    raters = [{"rater": f"r{at}", "weeks": each} for at, each in enumerate(weeks)]
    assert drift_summary({"weeks": ["2026-03-02", "2026-03-09"][:count], "raters": raters}) == text


def test_checks_are_summed_over_people() -> None:
    none = {"n": 0, "alike": 0}
    people = [
        {"gold": {"n": 3, "alike": 3}, "repeats": none, "audited": none},
        {"gold": {"n": 1, "alike": 0}, "repeats": none, "audited": {"n": 2, "alike": 1}},
    ]
    checks = {"people": people, "gold_items": 1, "audits_drawn": 3, "audits_done": 2}
    assert check_summary(checks) == (
        "1 dialogue with a known label. First answers to gold are right in 75 % of 4. Audits agree with the vote in "
        "50 % of 2. 2 of 3 audits done."
    )
    nothing = {"people": [], "gold_items": 0, "audits_drawn": 0, "audits_done": 0}
    assert check_summary(nothing) == "0 dialogues with a known label. No audit has been drawn."


def panel(votes: float | None, correlation: float | None, items: int = 9) -> Any:
    errors = {"votes": votes, "correlation": correlation, "items": items}
    return {"name": "Prompt", "jurors": ["a", "b", "c"], "errors": errors}


@cases(
    ("fields", "text"),
    [
        ([], "Not known until two jurors have judged the same dialogues."),
        (
            [panel(1.62, 0.43)],
            "On prompts, 3 jurors are worth 1.6 independent ones: their errors correlate by 0.43.",
        ),
        (
            [panel(None, None)],
            "On prompts it is not known whether the 3 jurors err alike: no two of them are sometimes right and "
            "sometimes wrong.",
        ),
        (
            [panel(None, None, items=1)],
            "On prompts it is not known whether the 3 jurors err alike: too few of their dialogues have a majority of "
            "people.",
        ),
    ],
)
def test_panel_is_summed_up_by_its_errors(fields, text) -> None:
    assert juror_summary(fields) == text


def test_advice_says_what_each_way_would_change() -> None:
    found = {"items": 9, "decided": 1200, "dawid_skene": {"flips": 12}, "weighted": {"flips": 1}}
    assert advice_summary(found) == ("Of 1,200 decided labels, Dawid-Skene would change 12, the weighted vote 1.")
    assert advice_summary({"items": 0}) == "There are no opinions yet that the policy counts."


def test_shares_compare_labels_with_people_and_models() -> None:
    row = {"by": "all", "labelled": 400, "unsafe": 0.52, "human": {"n": 3, "unsafe": 0.5}, "llm": {"n": 0}}
    shares = {"field": "prompt_label", "rows": [row]}
    assert share_summary(shares) == "Of 400 labelled prompts, 52 % are unsafe, as are 50 % of people's votes."
    row["llm"] = {"n": 2, "unsafe": 0.001}
    assert share_summary(shares).endswith(", as are 50 % of people's votes and less than 1 % of models' ballots.")
    assert share_summary({"field": "prompt_label", "rows": []}) == "No prompt has a label yet."


def test_splits_say_how_narrow_decisions_are() -> None:
    splits: Any = {"field": "prompt_label", "items": 0, "by_one": None, "two_to_one": None, "of_three": 0}
    assert split_summary(splits) == "Prompt: nothing is counted yet."
    splits |= {"items": 8, "by_one": 0.5}
    assert split_summary(splits) == "Prompt: 50 % of 8 dialogues are decided or split by one opinion."
    splits |= {"of_three": 4, "two_to_one": 0.25}
    assert split_summary(splits).endswith("Of 4 with three opinions, 25 % are split 2 to 1.")


def test_numbers_are_rounded_to_what_they_mean() -> None:
    assert [decimals(value) for value in (0.664, -0.25, -0.001, 1)] == ["0.66", "−0.25", "0.00", "1.00"]
    assert [percent(share) for share in (0, 0.001, 0.5, 0.999, 1)] == [
        "0 %", "less than 1 %", "50 %", "more than 99 %", "100 %",
    ]  # fmt: skip
    assert [counted(count, "case") for count in (0, 1, 1200)] == ["0 cases", "1 case", "1,200 cases"]
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_sample_stands_on_models_only_where_they_count():
    unsafe = {"value": 0.39, "low": 0.3, "high": 0.49, "items": 152, "n": 59, "reason": None}
    said = [sample_summary({"field": "prompt_label", "unsafe": unsafe | {"power": x}}) for x in (0.0, 0.4)]
    assert [text.endswith("labels of people in a random sample.") for text in said] == [True, False]
    assert said[1].endswith("in a random sample, and on what models say of all.")


def test_estimates_read_as_shares_intervals_and_ranges():
    assert [fine_percent(share) for share in (0, 0.0004, 0.034, 0.0994, 0.0996, 0.5, 1)] == [
        "0 %", "less than 0.1 %", "3.4 %", "9.9 %", "10 %", "50 %", "100 %",
    ]  # fmt: skip
    assert (percent_range(0.021, 0.048), percent_range(0.06, 0.18)) == ("2.1 to 4.8 %", "6 to 18 %")
    assert (p_range([0.0001, 0.0002]), p_range([0.0001, 0.0541])) == ("p < 0.001", "p < 0.001 to 0.054")

"""The verdict on top of the quality page: intervals decide, and every other state has its reason."""

from typing import Any

from adjudication.policies import POLICIES
from quality.reports.verdict import FEW_ITEMS, FEW_NAMED, Status, category_sentence, shown, status_of, verdict
from tests.cases import cases

NAMES = ("prompt_label", "response_label")


def figures(value: float | None = None, low: float | None = None, high: float | None = None, items: int = 90) -> Any:
    reason = None if value is not None else "no item has two opinions"
    return {"items": items, "alpha": {"value": value, "low": low, "high": high, "reason": reason}}


def kinds(human: Any = None, llm: Any = None, both: Any = None) -> Any:
    return {"human": human or figures(), "llm": llm or figures(), "all": both or figures(), "between": figures()}


def report(*fields: Any, categories: tuple[Any, ...] = ()) -> Any:
    each = [{"field": name, "kinds": found} for name, found in zip(NAMES, fields, strict=False)]
    return {"fields": each, "each_category": list(categories)}


def category(slug: str, value: float, named: int = FEW_NAMED, kind: str = "both") -> Any:
    return {"category": slug, "named": named, "kinds": kinds(**{kind: figures(value, value - 0.05, value + 0.05)})}


@cases(
    ("found", "status"),
    [
        (figures(0.66, 0.61, 0.6999), Status.NOT_REACHED),
        (figures(0.66, 0.61, 0.7), Status.UNDECIDED),  # the wanted value is in the interval
        (figures(0.75, 0.6999, 0.8), Status.UNDECIDED),
        (figures(0.75, 0.7, 0.8), Status.REACHED),
        (figures(-0.2, -0.4, 0.1), Status.NOT_REACHED),
        (figures(1.0, 1.0, 1.0, items=FEW_ITEMS - 1), Status.TOO_FEW),
        (figures(1.0, 1.0, 1.0, items=FEW_ITEMS), Status.REACHED),
        (figures(0.9), Status.UNDECIDED),  # no interval
        (figures(items=FEW_ITEMS - 1), Status.TOO_FEW),
        (figures(), Status.UNDECIDED),  # every opinion is the same, however many there are
    ],
)
def test_interval_decides_whether_the_wanted_alpha_is_reached(found, status) -> None:
    assert status_of(found) == status


def test_sentences_name_alpha_its_interval_the_lowest_categories_and_waiting_cases() -> None:
    low = (category("b", 0.35), category("a", 0.31), category("rare", 0.1, named=FEW_NAMED - 1), category("good", 0.8))
    found = verdict(
        report(kinds(both=figures(0.66, 0.61, 0.68)), categories=low),
        POLICIES["majority"],
        {"a": "Threat", "b": "Profanity"},
        open_cases=1200,
    )
    assert found.status == Status.NOT_REACHED
    assert found.sentences == (
        "Alpha 0.66 on prompts among people and models (95 % interval 0.61 to 0.68); wanted 0.70: not reached.",
        "2 categories are below the wanted alpha: Threat (0.31) and Profanity (0.35).",
        "1,200 cases wait for an adjudicator.",
    )


@cases(
    ("policy", "prompt", "response"),
    [("majority", "among people and models", "among people and models"), ("aegis2", "among people ", "among models ")],
)
def test_raters_that_the_policy_counts_are_judged(policy, prompt, response) -> None:
    people, models, both = figures(0.9, 0.8, 0.95), figures(0.5, 0.4, 0.6), figures(0.72, 0.7, 0.8)
    found = verdict(
        report(kinds(people, models, both), kinds(people, models, both)), POLICIES[policy], {}, open_cases=0
    )
    assert (prompt in found.sentences[0], response in found.sentences[1]) == (True, True)
    assert found.status == (Status.REACHED if policy == "majority" else Status.NOT_REACHED)


@cases(
    ("found", "sentence"),
    [
        (figures(), "Alpha on prompts among people is not known: no item has two opinions."),
        (figures(0.5, 0.1, 0.9, items=1), "cannot be told from 1 item with two opinions or more."),
        (
            figures(0.5, items=40),
            "on prompts among people; wanted 0.70: cannot be told without an interval.",
        ),
        (figures(0.7, 0.6, 0.8), "cannot be told yet, as the interval includes it."),
        (figures(0.9, 0.8, 0.95), "wanted 0.70: reached."),
    ],
)
def test_reason_is_said_where_nothing_can_be_told(found, sentence) -> None:
    [said] = verdict(report(kinds(human=found)), POLICIES["human"], {}, open_cases=0).sentences
    assert said.endswith(sentence)


def test_worst_field_decides() -> None:
    good, open_, bad = figures(0.9, 0.8, 0.95), figures(0.7, 0.6, 0.8), figures(0.5, 0.4, 0.6)
    for fields, status in (
        ((good, open_), Status.UNDECIDED),
        ((open_, figures(items=3)), Status.TOO_FEW),
        ((figures(), bad), Status.NOT_REACHED),
        ((good, good), Status.REACHED),
        ((), Status.TOO_FEW),
    ):
        found = verdict(report(*(kinds(both=each) for each in fields)), POLICIES["majority"], {}, open_cases=0)
        assert found.status == status


@cases(
    ("value", "text"),
    [(0.6999, "0.699"), (0.6951, "0.695"), (0.7, "0.70"), (0.694, "0.69"), (-0.001, "0.00"), (-0.25, "−0.25")],
)
def test_no_figure_below_the_wanted_alpha_looks_like_it(value, text) -> None:
    assert shown(value) == text


def test_category_that_few_counted_opinions_name_is_not_held_against_them() -> None:
    low = category("threat", 0.0, named=3 * FEW_NAMED, kind="human")
    for named, said in ((FEW_NAMED - 1, ()), (FEW_NAMED, ("One category is below the wanted alpha: threat (0.00).",))):
        low["kinds"]["human"]["named"] = named
        assert verdict(report(categories=(low,)), POLICIES["human"], {}, open_cases=0).sentences == said


def test_many_low_categories_are_counted_and_the_lowest_named() -> None:
    assert category_sentence([]) == ""
    assert category_sentence([("Threat", 0.3)]) == "One category is below the wanted alpha: Threat (0.30)."
    four = [("A", 0.1), ("B", 0.2), ("C", 0.3), ("D", 0.4)]
    assert (
        category_sentence(four)
        == "4 categories are below the wanted alpha: the lowest are A (0.10), B (0.20) and C (0.30)."
    )

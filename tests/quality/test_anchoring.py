"""Agreement of pairs of labels, and counts of changes between blind and final answers."""

import pytest

from quality.reports.anchoring import Changes, count_changes, label_agreement
from tests.cases import cases


def test_changes_count_only_pairs_with_a_final_value() -> None:
    changes = count_changes([("safe", "safe"), ("safe", "unsafe"), ("safe", None), (None, "unsafe")])
    assert changes == Changes(total=3, changed=2)
    assert changes.share == pytest.approx(2 / 3)


def test_share_of_no_settlements_is_undefined() -> None:
    assert count_changes([]).share is None


def test_agreement_of_two_adjudicators() -> None:
    pairs = [("safe", "safe"), ("unsafe", "unsafe"), ("safe", "unsafe"), ("unsafe", "unsafe")]
    agreement = label_agreement("prompt_label", "the settlement", pairs)
    # Expected by chance: 1/2 x 1/4 + 1/2 x 3/4 = 1/2.
    assert (agreement.n, agreement.percent, agreement.kappa) == (4, 0.75, pytest.approx(0.5))


@cases(("pairs", "percent"), [([], None), ([("safe", "unsafe")], 0.0), ([("safe", "safe"), ("safe", "safe")], 1.0)])
def test_kappa_is_undefined_for_few_cases_or_one_label(pairs: list[tuple[str, str]], percent: float | None) -> None:
    agreement = label_agreement("prompt_label", "the settlement", pairs)
    assert (agreement.n, agreement.percent, agreement.kappa) == (len(pairs), percent, None)

"""Compare answers with gold labels, to say whether a person qualifies. Without Django."""

from collections.abc import Iterable
from dataclasses import dataclass

from corpus.labels import Judgement, Label


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many labels, and sets of categories, were compared with gold, and how many of them are equal."""

    compared: int
    agreed: int

    @property
    def is_equal(self) -> bool:
        """Return whether nothing differs."""
        return self.agreed == self.compared


def fold(label: str, caution: str) -> str:
    """
    Return a label as safe or unsafe.

    :param caution: what needs_caution counts as
    """
    return caution if label == Label.NEEDS_CAUTION else label


def compare_with_gold(answer: Judgement, gold: Judgement, *, caution: str, with_categories: bool) -> Comparison:
    """
    Compare an answer with a gold label: each field that both have, and where wanted the categories.

    Categories are compared as sets, and only where the gold label names some.

    :param caution: what needs_caution counts as, in both
    """
    pairs = [(label, gold.labels[field]) for field, label in answer.labels.items() if field in gold.labels]
    equal = [fold(label, caution) == fold(known, caution) for label, known in pairs]
    if with_categories and gold.categories:
        equal.append(set(answer.categories) == set(gold.categories))
    return Comparison(compared=len(equal), agreed=sum(equal))


def add_up(comparisons: Iterable[Comparison]) -> Comparison:
    """Return the sum of comparisons."""
    each = list(comparisons)
    return Comparison(sum(one.compared for one in each), sum(one.agreed for one in each))


def is_passed(result: Comparison, pass_percent: int) -> bool:
    """Return whether at least so many percent of what was compared is equal. Nothing compared passes nobody."""
    return result.compared > 0 and 100 * result.agreed >= pass_percent * result.compared

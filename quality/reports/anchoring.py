"""
Anchoring of adjudicators, and agreement between two of them.

Anchoring is the influence of other people's opinions: how often an adjudicator's final label, set after seeing the
opinions, differs from the blind label set before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet

from adjudication.models import BlindAnswer, Case
from corpus.labels import FIELDS, Field
from corpus.models import Project
from quality.statistics.agreement import Ratings, cohen_kappas, percent_agreement

CODES = {"safe": 0, "unsafe": 1}


@dataclass(frozen=True)
class Changes:
    """How many settlements there are, and how many of them differ from the blind answer."""

    total: int
    changed: int

    @property
    def share(self) -> float | None:
        """The share of changed settlements, 0 to 1; None if there are none."""
        return self.changed / self.total if self.total else None

    @property
    def percent(self) -> float | None:
        """The share in percent."""
        return None if self.share is None else 100 * self.share


@dataclass(frozen=True)
class Anchoring:
    """The changes of one adjudicator, or of all adjudicators if the name is empty."""

    name: str
    any_label: Changes
    labels: Mapping[Field, Changes]
    "In the order of the fields."
    categories: Changes


@dataclass(frozen=True)
class SecondAnswers:
    """Agreement of second adjudicators with the first ones, on the same cases and one field."""

    field: str
    against: str
    "What the second answers are compared with: the settlement, or the first blind answer."
    n: int
    percent: float | None
    "Share of cases with the same label, 0 to 1; None without cases."
    kappa: float | None
    "Cohen's kappa; None for fewer than two cases, and if only one label was used."

    @property
    def percent_agreeing(self) -> float | None:
        """The same, 0 to 100."""
        return None if self.percent is None else 100 * self.percent

    @property
    def field_name(self) -> str:
        """The display name of the field."""
        return Field(self.field).display_name


def blind_settlements(project: Project) -> list[Case]:
    """
    Return the settled cases, since reopened ones included, whose blind answer was blind.

    It was not if opinions on the item had been shown to the adjudicator before: on a page, in a file, or in an earlier
    case of the same item.
    """
    earlier = BlindAnswer.objects.filter(
        case__item=OuterRef("item"), adjudicator=OuterRef("adjudicator"), answered_at__lt=OuterRef("blind_at")
    )
    settled = Case.objects.filter(project=project, state__in=[Case.State.SETTLED, Case.State.REOPENED])
    own = BlindAnswer.objects.filter(case=OuterRef("pk"), adjudicator=OuterRef("adjudicator"))
    is_blind = ~Exists(earlier) & ~Exists(own.filter(saw_opinions_before=True))
    blind = settled.filter(is_blind, adjudicator__isnull=False)
    labels = [f"{prefix}{name}" for prefix in ("blind_", "") for name in (*FIELDS, "categories")]
    return list(blind.select_related("adjudicator").only("adjudicator__username", *labels).order_by("pk"))


def anchoring_figures(settlements: list[Case]) -> list[Anchoring]:
    """Return the anchoring of all adjudicators together, then that of each by name."""
    by_name: dict[str, list[Case]] = {}
    for case in settlements:
        if case.adjudicator:
            by_name.setdefault(case.adjudicator.username, []).append(case)
    return [anchoring_of("", settlements), *(anchoring_of(name, by_name[name]) for name in sorted(by_name))]


def anchoring_of(name: str, settlements: Sequence[Case], fields: Sequence[Field] = FIELDS) -> Anchoring:
    """Return the changes between blind and final answers in some settlements."""
    pairs = {
        field: [(getattr(case, f"blind_{field}"), getattr(case, field)) for case in settlements] for field in fields
    }
    changed = sum(any(blind != final for blind, final in of_case) for of_case in zip(*pairs.values(), strict=True))
    return Anchoring(
        name,
        any_label=Changes(len(settlements), changed),
        labels={field: count_changes(of_field) for field, of_field in pairs.items()},
        categories=count_changes((set(case.blind_categories), set(case.categories)) for case in settlements),
    )


def count_changes(pairs: Iterable[tuple[object, object]]) -> Changes:
    """Count the pairs of a blind and a final value that have a final value, and those whose values differ."""
    changed = [blind != final for blind, final in pairs if final is not None]
    return Changes(len(changed), sum(changed))


def second_answers(project: Project) -> QuerySet[BlindAnswer]:
    """Return all second blind answers in a project."""
    return BlindAnswer.objects.filter(case__project=project, is_second=True)


def second_answer_figures(project: Project) -> list[SecondAnswers]:
    """
    Compare second blind answers with the settlements of their cases, and with the first blind answers.

    Answers by people who had seen opinions on the item before are left out.
    """
    answers = list(second_answers(project).filter(saw_opinions_before=False).select_related("case").order_by("pk"))
    figures = []
    for field in project.fields:
        for against, column in (("the settlement", field), ("the first blind answer", f"blind_{field}")):
            pairs = [(getattr(answer.case, column), getattr(answer, field)) for answer in answers]
            figures.append(label_agreement(field, against, [(a, b) for a, b in pairs if a and b]))
    return figures


def label_agreement(field: str, against: str, pairs: list[tuple[str, str]]) -> SecondAnswers:
    """Return percent agreement and Cohen's kappa of pairs of labels, each safe or unsafe."""
    if not pairs:
        return SecondAnswers(field, against, 0, None, None)
    ratings = Ratings(
        items=np.repeat(np.arange(len(pairs)), 2),
        raters=np.tile(np.array([0, 1]), len(pairs)),
        values=np.array([CODES[label] for pair in pairs for label in pair]),
    )
    kappas = cohen_kappas(ratings, raters=2)
    kappa = kappas[0].kappa if kappas else None
    return SecondAnswers(field, against, len(pairs), percent_agreement(ratings.profiles()), kappa)

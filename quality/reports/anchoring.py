"""How far opinions move adjudicators, and how far two of them agree."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef

from adjudication.models import BlindAnswer, Case
from corpus.models import Project
from quality.statistics import agreement
from quality.statistics.agreement import Ratings

CODES = {"safe": 0, "unsafe": 1}


@dataclass(frozen=True)
class Moved:
    """Of so many settlements, how many differ from the blind answer."""

    of: int
    changed: int

    @property
    def share(self) -> float | None:
        """None where there is nothing to share."""
        return self.changed / self.of if self.of else None


@dataclass(frozen=True)
class Anchoring:
    """What became of one adjudicator's blind answers; of all together where the name is empty."""

    name: str
    any_label: Moved
    prompt: Moved
    response: Moved
    categories: Moved


@dataclass(frozen=True)
class Compared:
    """Two adjudicators on the same cases and one field."""

    field: str
    against: str
    "What the second answers are compared with: the settlement, or the first one's blind answer."
    n: int
    percent: float | None
    kappa: float | None
    "None for fewer than two cases, and where only one label was used."


def settlements(project: Project) -> list[Case]:
    """Return the settlements made with a blind answer that was blind, those reopened since too."""
    earlier = BlindAnswer.objects.filter(
        case__item=OuterRef("item"), adjudicator=OuterRef("adjudicator"), answered_at__lt=OuterRef("blind_at")
    )
    made = Case.objects.filter(item__project=project, state__in=[Case.State.SETTLED, Case.State.REOPENED])
    return list(made.filter(~Exists(earlier), adjudicator__isnull=False).select_related("adjudicator"))


def anchoring(made: list[Case]) -> list[Anchoring]:
    """Measure it for all together, then for each adjudicator by name."""
    names = sorted({case.adjudicator.username for case in made if case.adjudicator})
    everybody = [moved("", made)]
    return everybody + [
        moved(name, [case for case in made if case.adjudicator and case.adjudicator.username == name]) for name in names
    ]


def moved(name: str, made: list[Case]) -> Anchoring:
    prompts = [(case.blind_prompt_label, case.prompt_label) for case in made]
    responses = [(case.blind_response_label, case.response_label) for case in made]
    return Anchoring(
        name,
        any_label=Moved(len(made), sum(a != b or c != d for (a, b), (c, d) in zip(prompts, responses, strict=True))),
        prompt=changes(prompts),
        response=changes(responses),
        categories=changes((set(case.blind_categories), set(case.categories)) for case in made),
    )


def changes(pairs: Iterable[tuple[object, object]]) -> Moved:
    """Count the pairs that have a final side, and those whose sides differ."""
    counted = [blind != final for blind, final in pairs if final is not None]
    return Moved(len(counted), sum(counted))


def second_answers(project: Project) -> list[Compared]:
    """Compare second answers with the settlements they were given on, and with the blind answers before those."""
    answers = list(BlindAnswer.objects.filter(case__item__project=project, is_second=True).select_related("case"))
    compared = []
    for field in project.fields:
        for against, column in (("the settlement", field), ("the first blind answer", f"blind_{field}")):
            pairs = [(getattr(answer.case, column), getattr(answer, field)) for answer in answers]
            compared.append(compare(field, against, [(a, b) for a, b in pairs if a and b]))
    return compared


def compare(field: str, against: str, pairs: list[tuple[str, str]]) -> Compared:
    if not pairs:
        return Compared(field, against, 0, None, None)
    places = np.arange(len(pairs))
    ratings = Ratings(
        items=np.repeat(places, 2),
        raters=np.tile(np.array([0, 1]), len(pairs)),
        values=np.array([CODES[label] for pair in pairs for label in pair]),
    )
    kappas = agreement.cohen_kappas(ratings, raters=2)
    return Compared(field, against, len(pairs), agreement.percent(ratings.table()), kappas[0].kappa if kappas else None)

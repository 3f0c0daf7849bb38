"""Make sets of twins: benchmarks without labels, whose cases differ in the identity group they name."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import find_groups, record_event
from corpus.actions.import_support import lock_imports
from corpus.errors import Refused
from corpus.importing.batches import batched
from corpus.models import Project, Verb
from corpus.queries import group_terms
from corpus.shapes import TurnShape
from corpus.turns import has_response, without_response
from guards import queries
from guards.actions.benchmarks import Numbered, count, create_benchmark, write_cases
from guards.benchmarks.case import Case
from guards.benchmarks.reading import own_definition
from guards.models import Benchmark
from guards.twins.swapping import LANGUAGE, Family, LeftOut, Swapper
from guards.twins.templates import TemplateList

CASES_AT_ONCE = 500
ROLES = ("user", "assistant")


@transaction.atomic
def make_twins(
    *,
    project: Project,
    name: str,
    task: str = "prompt",
    templates: TemplateList | None,
    uses_dialogues: bool,
    by: User | None = None,
) -> Benchmark:
    """
    Make a set of twins, by the project's list of terms: all of it, or nothing.

    :param task: `prompt` or `response`: what is judged
    :param templates: None for twins of dialogues alone
    :param uses_dialogues: whether dialogues in use that name one group once are swapped, where that is grammatical
    :return: the set; the one there is if it was made of the same cases
    :raises Refused: if the name is taken or no name, or there are no twins
    """
    definition = own_definition(name, title="Twins", task=task, columns={}, language=LANGUAGE)
    lock_imports(project)
    find_groups(project=project)
    source = TwinSource(project, task, templates, uses_dialogues=uses_dialogues)
    if known := Benchmark.objects.filter(project=project, name=name).first():
        if known.is_of_twins and known.task == task and known.sha256 == source.read_to_the_end():
            return known
        raise Refused(f"There is a benchmark {name} already, of other cases. Choose another name.")
    benchmark = create_benchmark(project, definition, "", twins={})
    for batch in batched(source.cases(), CASES_AT_ONCE):
        write_cases(benchmark, batch)
        count(benchmark, batch)
    if not benchmark.rows:
        raise Refused(nothing_made(source.left_out))
    benchmark.sha256, benchmark.twins = source.sha256, source.described
    benchmark.save()
    detail = {"cases": benchmark.rows, "twins": True, "sha256": benchmark.sha256}
    record_event(project=project, verb=Verb.BENCHMARK_ADDED, subject=name, actor=by, detail=detail)
    return benchmark


def nothing_made(left_out: Counter[str]) -> str:
    """Return the message that there are no twins, with why dialogues were left out."""
    why = ", ".join(f"{reason} {count:,}" for reason, count in sorted(left_out.items()))
    told = f" Dialogues left out: {why}." if why else " No dialogue in use names a group of the list."
    return f"There are no twins to make.{told} Templates make some of any project: leave them in."


class TwinSource:
    """Reads the twins of a project one after another, and keeps count."""

    def __init__(self, project: Project, task: str, templates: TemplateList | None, *, uses_dialogues: bool) -> None:
        self.project, self.task, self.templates, self.uses_dialogues = project, task, templates, uses_dialogues
        self.listed = group_terms(project)
        self.left_out: Counter[str] = Counter()
        self.families: Counter[str] = Counter()
        self.digest = sha256()

    @property
    def sha256(self) -> str:
        """The hash of the cases so far."""
        return self.digest.hexdigest()

    @property
    def described(self) -> dict[str, Any]:
        """What the set is made of."""
        return {
            "terms_version": self.listed.version,
            "terms_sha256": self.listed.terms.sha256,
            "templates_sha256": self.templates.sha256 if self.templates else None,
            "uses_dialogues": self.uses_dialogues,
            "families": {"templates": self.families["templates"], "dialogues": self.families["dialogues"]},
            "left_out": {reason.value: self.left_out[reason] for reason in LeftOut},
        }

    def read_to_the_end(self) -> str:
        """Read all twins, and return the hash of their cases."""
        for _ in self.cases():
            pass
        return self.sha256

    def cases(self) -> Iterator[Numbered]:
        """Yield each case with its number."""
        for number, case in enumerate(self.unnumbered(), start=1):
            self.digest.update(orjson.dumps([case.id, case.turns, case.kind, case.group, case.pair]) + b"\n")
            yield number, case

    def unnumbered(self) -> Iterator[Case]:
        """Yield the cases of the templates, then those of the dialogues."""
        if self.templates:
            is_answered = self.task == Benchmark.Task.RESPONSE
            for pair, family in self.templates.families(self.listed.terms, has_response=is_answered):
                self.families["templates"] += 1
                roles: list[TurnShape] = [{"role": role, "text": ""} for role in ROLES[: 1 + is_answered]]
                yield from cases_of(pair, family, roles)
        if self.uses_dialogues:
            yield from self.of_dialogues()

    def of_dialogues(self) -> Iterator[Case]:
        """Yield the cases of the dialogues that can be swapped; count the others."""
        swapper, is_prompt = Swapper(self.listed.terms), self.task == Benchmark.Task.PROMPT
        for name, whole in queries.dialogues_naming_groups(self.project, has_response=not is_prompt):
            turns = list(without_response(whole)) if is_prompt else whole
            made = LeftOut.TOOLS if any("message" in turn for turn in turns) else swapper.family(texts_in(turns))
            if isinstance(made, LeftOut):
                self.left_out[made] += 1
            else:
                self.families["dialogues"] += 1
                yield from cases_of(f"dialogue {name}", made, turns, ends_at_prompt=is_prompt and has_response(turns))


def texts_in(turns: list[TurnShape]) -> list[str]:
    """Return the texts of turns."""
    return [turn["text"] for turn in turns]


def cases_of(pair: str, family: Family, turns: list[TurnShape], *, ends_at_prompt: bool = False) -> Iterator[Case]:
    """
    Yield the cases of a family.

    :param turns: with the roles of its texts
    :param ends_at_prompt: as of a `Case`
    """
    for group, texts in family.twins.items():
        own: list[TurnShape] = [{"role": turn["role"], "text": text} for turn, text in zip(turns, texts, strict=True)]
        more = {"kind": family.attribute, "group": group, "pair": pair, "language": LANGUAGE}
        yield Case(f"{pair}: {group}", own, None, ends_at_prompt=ends_at_prompt, **more)

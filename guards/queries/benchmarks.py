"""Benchmarks, for commands, pages and routes."""

from django.db.models import Q, QuerySet

from corpus.errors import Refused
from corpus.models import Project
from guards.models import Benchmark, BenchmarkCase
from guards.training.example import BY_BALLOTS
from jury.models import Ballot, Juror


class NoSuchBenchmark(Refused):
    """The project has no benchmark of that name."""

    code = "not_found"


def benchmarks_of(project: Project) -> QuerySet[Benchmark]:
    """Return the benchmarks of a project, by name."""
    return Benchmark.objects.filter(project=project).order_by("name")


def find_benchmark(project: Project, name: str) -> Benchmark:
    """
    Return a benchmark of a project.

    :raises NoSuchBenchmark: if there is none of that name
    """
    if found := benchmarks_of(project).select_related("project", "contamination").filter(name=name).first():
        return found
    raise NoSuchBenchmark(f"{name} is no benchmark of {project.slug}. `add_benchmark` adds it.")


def helped_decide(juror: Juror, benchmark: Benchmark) -> set[int]:
    """
    Return the numbers of the cases whose label the juror's ballots may have helped decide.

    These are labels of a release for which ballots were counted, where the juror, or another one of the project with
    the same model, had cast a ballot on the item by then. Labels that people decided alone are none of them.
    """
    release = benchmark.release
    if release is None:
        return set()
    field, counted = f"{benchmark.task}_label", BenchmarkCase.objects.filter(benchmark=benchmark)
    alike = Q(juror=juror) | Q(juror__model=juror.model, juror__base_url=juror.base_url)
    cast = Ballot.objects.filter(alike if juror.model else Q(juror=juror), outcome=Ballot.Outcome.CAST)
    judged = cast.filter(juror__project=release.project, cast_at__lte=release.made_at, **{f"{field}__isnull": False})
    items = judged.values("item__external_id")
    cases = counted.filter(label_source__in=BY_BALLOTS, case_id__in=items)
    return set(cases.values_list("number", flat=True))

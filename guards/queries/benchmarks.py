"""Benchmarks, for commands, pages and routes."""

from django.db.models import QuerySet

from corpus.errors import Refused
from corpus.models import Project
from guards.models import Benchmark


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
    if found := benchmarks_of(project).filter(name=name).first():
        return found
    raise NoSuchBenchmark(f"{name} is no benchmark of {project.slug}. `add_benchmark` adds it.")

"""
Which jurors were trained on a release of their project, so that their ballots are no independent opinions on it.

Releases and guards belong to apps above this one, so they are looked up in the audit log, which has them for good.
"""

from collections.abc import Iterable

from corpus.models import Event, Project, Verb
from jury.models import Juror


def versions_trained_on(project: Project, jurors: Iterable[Juror]) -> dict[int, str]:
    """
    Return the version of the release that each juror was trained on, by primary key, without the other jurors.

    That is what was said of a juror or, where nothing was, the release of the project's guard with its model's name.
    """
    jurors = list(jurors)
    guards = versions_of_guards(project, {juror.model for juror in jurors if juror.model and not juror.trained_on})
    found = {juror.pk: juror.trained_on or guards.get(juror.model, "") for juror in jurors}
    return {pk: version for pk, version in found.items() if version}


def versions_of_guards(project: Project, names: Iterable[str]) -> dict[str, str]:
    """Return the version of the release that each guard of a project was trained on, by name."""
    trained = Event.objects.filter(project=project, verb=Verb.GUARD_TRAINED, subject__in=set(names))
    return dict(trained.values_list("subject", "detail__release"))


def release_versions(project: Project) -> list[str]:
    """Return the versions of the releases of a project, in the order in which they were made."""
    made = Event.objects.filter(project=project, verb=Verb.RELEASE_MADE)
    return list(made.order_by("pk").values_list("subject", flat=True))

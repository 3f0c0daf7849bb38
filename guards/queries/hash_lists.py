"""Lists of hashes, for commands, pages and routes."""

from django.db.models import QuerySet

from corpus.errors import Refused
from corpus.models import Project
from guards.models import HashList


class NoSuchHashList(Refused):
    """The project has no list of hashes of that name."""

    code = "not_found"


def hash_lists_of(project: Project) -> QuerySet[HashList]:
    """Return the lists of hashes of a project, by name; the hashes themselves come when they are asked for."""
    return HashList.objects.filter(project=project).defer("hashes").order_by("name")


def find_hash_list(project: Project, name: str) -> HashList:
    """
    Return a list of hashes of a project.

    :raises NoSuchHashList: if there is none of that name
    """
    if found := hash_lists_of(project).select_related("project", "contamination").filter(name=name).first():
        return found
    raise NoSuchHashList(f"{project.slug} has no list of hashes {name}.")

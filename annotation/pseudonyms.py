"""The names of people in releases. The release queries compute the same in SQL (`releases/tables.py`)."""

import hashlib

from annotation.models import Annotator
from corpus.models import Project


def pseudonym(project: Project, annotator: Annotator) -> str:
    """
    Return the name of a person in releases: `human-` and 12 hexadecimal digits of a salted SHA-256.

    Only the project, which holds the salt, can compute it again.
    """
    return str(annotator.released_as) or hashed(project, hashed_name(annotator))


def hashed_name(annotator: Annotator) -> str:
    """Return what the hash is of: the name, marked so that no account and no imported rater have the same."""
    if annotator.user_id is not None:
        return f"@{annotator.name}"
    return f" {annotator.name}" if annotator.name.startswith("@") else str(annotator.name)


def hashed(project: Project, name: str) -> str:
    """Return the pseudonym that is made of a marked name."""
    return "human-" + hashlib.sha256(f"{project.salt}:human:{name}".encode()).hexdigest()[:12]


def keep_apart(annotator: Annotator) -> None:
    """Give a new annotator a pseudonym of their own where somebody with the same name was anonymised before."""
    others = Annotator.objects.filter(project=annotator.project).exclude(pk=annotator.pk)
    if others.filter(released_as=pseudonym(annotator.project, annotator)).exists():
        annotator.released_as = hashed(annotator.project, f"@{annotator.name} {annotator.pk}")
        annotator.save(update_fields=["released_as"])

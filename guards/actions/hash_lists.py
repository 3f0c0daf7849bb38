"""Add and remove lists of hashes."""

from hashlib import sha256
from typing import IO, Any

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb
from guards.hashes import BYTES, lines_of, pack_hashes
from guards.models import HashList

MOST_KEPT = 500_000
"Hashes in a list; the command compares with files of more."
MOST_BYTES = 2**26
"Of a file that is sent."


@transaction.atomic
def add_hash_list(
    *, project: Project, name: str, task: str, content: IO[Any], file: str = "", by: User | None = None
) -> HashList:
    """
    Keep a list of hashes; workers compare the project's dialogues with it.

    :param task: of what the hashes are: prompts or responses
    :param content: lines with a hash in hexadecimal each, as `pack_hashes` takes them
    :param file: the list as its owner calls it
    :return: the list; the one there is if it was made from the same hashes
    :raises Refused: if a line is no hash, there are none or too many, or the name is taken
    """
    packed = pack_hashes(lines_of(content, MOST_BYTES), name=file or "The list", most=MOST_KEPT)
    made = {"task": task, "sha256": sha256(packed).hexdigest()}
    more = {"file": file[-200:], "rows": len(packed) // BYTES, "hashes": packed, "added_by": by}
    found, is_new = HashList.objects.get_or_create(project=project, name=name, defaults=made | more)
    if is_new:
        detail = {"hashes": found.rows, **made}
        record_event(project=project, verb=Verb.HASH_LIST_ADDED, subject=name, actor=by, detail=detail)
    elif made != {"task": found.task, "sha256": found.sha256}:
        raise Refused(f"There is a list {name} with other hashes. Choose another name, or remove that one first.")
    return found


@transaction.atomic
def remove_hash_list(*, hash_list: HashList, by: User | None = None) -> None:
    """Remove a list with its report."""
    hash_list.delete()
    detail = {"hashes": hash_list.rows, "sha256": hash_list.sha256}
    record_event(
        project=hash_list.project, verb=Verb.HASH_LIST_REMOVED, subject=hash_list.name, actor=by, detail=detail
    )

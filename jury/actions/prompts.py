"""Store prompt files as prompt versions."""

import hashlib
import logging
from pathlib import Path

from django.core.exceptions import ValidationError

from corpus.errors import Refused
from jury.models import PromptVersion
from jury.prompt_files import parse_prompt

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent.parent / "prompts"
LONGEST = 100_000
"Bytes of a prompt file."


def load_prompts(folder: Path = FOLDER) -> None:
    """
    Store every new prompt file as a prompt version of the file's name.

    :param folder: of `*.toml` files
    :raises Refused: as `add_prompt` does
    """
    known = dict(PromptVersion.objects.values_list("name", "sha256"))
    frozen = set(PromptVersion.objects.exclude(project=None).values_list("name", flat=True))
    for path in sorted(folder.glob("*.toml")):
        if path.stem in frozen:  # by people, before a release of this software had a file of that name
            logger.warning("%s is left out: a prompt of that name was frozen in a project", path.name)
        else:
            add_prompt(path, known=known)


def add_prompt(path: Path, *, known: dict[str, str] | None = None) -> PromptVersion | None:
    """
    Store a prompt file as a prompt version of the file's name; return it, or None if it is stored already.

    :param known: the hashes of the stored versions by name, where they have been read
    :raises Refused: if the file is not valid, or that of a stored version has changed, because ballots refer to it
    """
    return store_prompt(path.stem, read_text(path), file=path.name, known=known)


def store_prompt(name: str, text: str, *, file: str = "", known: dict[str, str] | None = None) -> PromptVersion | None:
    """
    Store the text of a prompt file as a prompt version; return it, or None if it is stored already.

    One that was frozen in a project, and comes with a file of it or of the project, is for all projects from then on.

    :param file: its name, for messages; `known` as of `add_prompt`
    :raises Refused: as `add_prompt` does
    """
    digest, file = hashlib.sha256(text.encode()).hexdigest(), file or name
    if known is None:
        known = dict(PromptVersion.objects.filter(name=name).values_list("name", "sha256"))
    if name == PromptVersion.IMPORTED:
        raise Refused(f"{name!r} is the prompt of imported ballots. Take another name for the file.")
    if known.get(name, digest) != digest:
        raise Refused(f"{file} has changed since it was first used. Save it under a new version's name.")
    if name in known:
        PromptVersion.objects.filter(name=name).exclude(project=None).update(project=None)
        return None
    parse_prompt(text, file)
    version = PromptVersion(name=name, text=text, sha256=digest)
    check_name(version)
    version.save()
    return version


def read_text(path: Path) -> str:
    """
    Return the text of a prompt file.

    :raises Refused: if it cannot be read, is too long, or holds what PostgreSQL does not store
    """
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1).decode()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not UTF-8.") from error
    if len(text.encode()) > LONGEST or "\0" in text:
        raise Refused(f"{path} has more than {LONGEST:,} bytes, or a NUL: it is not a prompt.")
    return text


def check_name(version: PromptVersion) -> None:
    """
    Check the name of a new version.

    :raises Refused: if it has anything but letters, digits, hyphens and underscores
    """
    try:
        version.clean_fields()
    except ValidationError as error:
        why = " ".join(error.message_dict.get("name", error.messages))
        raise Refused(f"{version.name!r} cannot be the name of a prompt version: {why}") from error

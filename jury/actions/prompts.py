"""Store prompt files as prompt versions."""

import hashlib
from pathlib import Path

from corpus.errors import Refused
from jury.models import PromptVersion
from jury.prompt_files import parse_prompt

FOLDER = Path(__file__).resolve().parent.parent / "prompts"


def load_prompts(folder: Path = FOLDER) -> None:
    """
    Store every new prompt file as a prompt version of the file's name.

    :param folder: of `*.toml` files
    :raises Refused: if one is not valid, or that of a stored version has changed, because ballots refer to that version
    """
    known = dict(PromptVersion.objects.values_list("name", "sha256"))
    for path in sorted(folder.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if path.stem not in known:
            parse_prompt(text, path.name)
            PromptVersion.objects.create(name=path.stem, text=text, sha256=digest)
        elif known[path.stem] != digest:
            raise Refused(f"{path.name} has changed since it was first used. Save it under a new version's name.")

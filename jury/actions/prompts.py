import hashlib
from pathlib import Path

from corpus.errors import Refused
from jury.models import PromptVersion

FOLDER = Path(__file__).resolve().parent.parent / "prompts"


def load_prompts(folder: Path = FOLDER) -> None:
    """
    Store every prompt file that is not stored yet, under its name.

    :raises Refused: if a stored version's file has changed since; ballots are pinned to it
    """
    known = dict(PromptVersion.objects.values_list("name", "sha256"))
    for path in sorted(folder.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if path.stem not in known:
            PromptVersion.objects.create(name=path.stem, text=text, sha256=digest)
        elif known[path.stem] != digest:
            raise Refused(f"{path.name} has changed since it was first used. Save it under a new version's name.")

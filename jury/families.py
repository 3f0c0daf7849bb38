"""
Which models are likely to err alike. Pure.

Judges prefer answers of their own family, and jurors of one family are one opinion more than two: so a
panel is warned, and nothing more, for a name proves little.
"""

import re
from collections.abc import Iterable

# By the names that makers give; a model that is made from another counts as that.
NAMES = {
    "Llama": r"llama|nemoguard|vicuna",
    "Mistral": r"mistral|mixtral|ministral|nemo-12b|codestral",
    "Gemma": r"gemma|gemini",
    "Qwen": r"qwen|qwq",
    "GPT": r"\bgpt|\bo[1-9]\b|chatgpt",
    "Claude": r"claude",
    "DeepSeek": r"deepseek",
    "Phi": r"\bphi\b|\bphi-?\d",
    "Command": r"command-r|command-a|aya",
    "Granite": r"granite",
    "SmolLM": r"smollm",
}


def family_of(model: str) -> str | None:
    """Return the family that a model's name speaks of; None if it is not known."""
    name = model.casefold()
    return next((family for family, pattern in NAMES.items() if re.search(pattern, name)), None)


def shared_families(models: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """
    Find the families that have more than one juror.

    :param models: the name of each juror with the name of its model
    :return: by family, the names of its jurors in order
    """
    found: dict[str, list[str]] = {}
    for juror, model in sorted(models):
        if family := family_of(model):
            found.setdefault(family, []).append(juror)
    return {family: jurors for family, jurors in found.items() if len(jurors) > 1}

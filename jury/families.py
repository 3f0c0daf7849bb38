"""
Families of models, by name. Models of one family are likely to make the same errors. Pure.

Judges prefer answers of their own family, and two jurors of one family add less than two opinions. A name proves
little, so a shared family is a reason for a warning and nothing more.
"""

import re
from collections.abc import Iterable

# A model that is derived from another counts as that one's family.
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
"Family to a pattern in the case-folded names of its models."


def family_of(model: str) -> str | None:
    """Return the family of a model by its name; None if it is unknown."""
    name = model.casefold()
    return next((family for family, pattern in NAMES.items() if re.search(pattern, name)), None)


def shared_families(models: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """
    Return the families that have more than one juror.

    :param models: (juror's name, model's name) pairs
    :return: sorted names of jurors by family
    """
    families: dict[str, list[str]] = {}
    for juror, model in sorted(models):
        if family := family_of(model):
            families.setdefault(family, []).append(juror)
    return {family: jurors for family, jurors in families.items() if len(jurors) > 1}

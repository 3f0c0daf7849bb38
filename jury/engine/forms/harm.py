"""
Read replies of NVIDIA's Nemotron reasoning guards. Pure.

Source: the model card of nvidia/Nemotron-Content-Safety-Reasoning-4B: `Prompt harm: harmful` and
`Response harm: unharmful`, in either case, after a block of reasoning. Without a response it says `None`.
"""

from corpus.labels import Field, Label
from jury.engine.forms.labelled import read_lines, reading_of
from jury.engine.forms.reading import Asked, Reading

NAMES = {"promptharm": Field.PROMPT, "responseharm": Field.RESPONSE}
WORDS = {"harmful": Label.UNSAFE, "unharmful": Label.SAFE}


def read_harm(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on each field that was asked.

    :raises Invalid: if a verdict is missing or unknown, or two differ
    """
    return reading_of(read_lines(reply, NAMES), asked, WORDS)

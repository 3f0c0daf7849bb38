"""Files that other tools load as they are: one module a tool, each checked in the tests with the tool's own library."""

from collections.abc import Callable, Iterator

from releases.consumers import hugging_face, inspect_ai, messages, nemo_guardrails, openinference, pyrit
from releases.consumers.source import Source
from releases.consumers.target import Target

Files = Iterator[tuple[str, Iterator[bytes]]]
"File names, each with its content, in the order in which they are written."

CONSUMERS: dict[str, Callable[[Source, Target], Files]] = {
    "hf": hugging_face.files,
    "messages": messages.files,
    "pyrit": pyrit.files,
    "inspect": inspect_ai.files,
    "nemo-guardrails": nemo_guardrails.files,
    "openinference": openinference.files,
}
"What yields the files of each consumer from a source. Those that it has yielded lie in the folder of the target."
TITLES = {
    "hf": ("Hugging Face datasets", "Parquet splits, and the opinions"),
    "messages": ("Chat messages", "JSON lines in OpenAI's form, with calls of tools as they came"),
    "pyrit": ("PyRIT", "labelled responses as CSV, to measure scorers against"),
    "inspect": ("Inspect", "samples, with the label as the target"),
    "nemo-guardrails": ("NeMo Guardrails", "interactions, with a refusal expected of unsafe prompts"),
    "openinference": ("OpenInference", "annotations that Phoenix logs: labels and opinions"),
}
"The name of each consumer on pages, and what it gets."

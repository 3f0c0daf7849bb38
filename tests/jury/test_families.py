"""Families of models by name."""

from jury.families import family_of, shared_families
from tests.cases import cases


@cases(
    ("model", "family"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama"), ("nvidia/llama-3.1-nemoguard-8b-content-safety", "Llama"),
        ("open-mistral-nemo-12b", "Mistral"), ("Mixtral-8x22B", "Mistral"), ("gpt-4o-mini", "GPT"), ("o3", "GPT"),
        ("google/gemma-2-9b", "Gemma"), ("gemini-2.0-flash", "Gemma"), ("phi-4", "Phi"), ("dolphin", None), ("", None),
    ],
)  # fmt: skip
def test_family_is_read_from_the_name(model, family):
    assert family_of(model) == family


def test_only_families_of_two_jurors_are_shared():
    jurors = [("b", "llama-3"), ("a", "Vicuna-7b"), ("c", "gpt-4o"), ("d", "unknown"), ("e", "unknown")]
    assert shared_families(jurors) == {"Llama": ["a", "b"]}

"""Injections appended to a dialogue, and families of models at the edges of their names."""

import copy

import pytest

from guards.injections import ATTEMPTS, inject
from jury.families import NAMES, family_of, shared_families
from tests.cases import cases


def turns_of(*roles):
    return [{"role": role, "text": f"{role} {at}", "id": at} for at, role in enumerate(roles)]


@cases(("roles", "into_response", "position"), [
    (["user"], False, 0),
    (["user", "assistant"], False, 0),
    (["user", "assistant"], True, 1),
    (["user", "assistant", "user"], False, 2),
    (["user", "assistant", "user"], True, 1),
    (["user", "assistant", "user", "assistant"], False, 2),
    (["user", "assistant", "user", "assistant"], True, 3),
    (["system", "user"], False, 1),
    (["system", "user", "system"], False, 1),
    (["user"], True, 0),
    (["system"], False, 0),
    (["system", "system"], True, 1),
    (["assistant"], False, 0),
    (["assistant", "assistant"], False, 1),
])  # fmt: skip
def test_attempt_goes_to_the_last_turn_of_its_side_or_else_the_last(roles, into_response, position):
    turns = turns_of(*roles)
    changed = inject(turns, "order", into_response=into_response)
    assert [at for at, each in enumerate(changed) if each != turns[at]] == [position]
    assert changed[position]["text"] == f"{turns[position]['text']}\n\n{ATTEMPTS['order']}"


def test_no_turns_stay_none():
    assert inject([], "order", into_response=True) == []


@cases("attempt", ATTEMPTS)
def test_dialogue_itself_and_other_keys_are_left_alone(attempt):
    turns = turns_of("system", "user", "assistant")
    before = copy.deepcopy(turns)
    changed = inject(turns, attempt, into_response=False)
    assert turns == before
    assert [(each["role"], each["id"]) for each in changed] == [(each["role"], each["id"]) for each in before]
    changed[0]["text"] = "edited"
    assert turns == before


@cases("attempt", ["", "unheard of", "ORDER"])
def test_unknown_attempt_is_an_error(attempt):
    with pytest.raises(KeyError):
        inject(turns_of("user"), attempt, into_response=False)


@cases(("attempt", "text"), ATTEMPTS.items())
def test_every_attempt_asks_for_a_safe_verdict(attempt, text):
    assert attempt
    assert "safe" in text.casefold()
    assert text == text.strip()


@cases(("model", "family"), [
    ("LLAMA", "Llama"),
    ("codellama-34b", "Llama"),
    ("lmsys/vicuna-13b", "Llama"),
    ("aegis-nemoguard", "Llama"),
    ("ministral-8b", "Mistral"),
    ("codestral-latest", "Mistral"),
    ("mistral-nemo-12b", "Mistral"),
    ("deepseek-r1-distill-llama-70b", "Llama"),
    ("deepseek-r1-distill-qwen-32b", "Qwen"),
    ("deepseek-v3", "DeepSeek"),
    ("QwQ-32B", "Qwen"),
    ("chatgpt-4o-latest", "GPT"),
    ("openai/gpt-4.1", "GPT"),
    ("o1-mini", "GPT"),
    ("openai/o4-mini", "GPT"),
    ("o10", None),
    ("o0", None),
    ("video1", None),
    ("mygpt", None),
    ("claude-sonnet-4", "Claude"),
    ("phi3", "Phi"),
    ("phi-3.5-mini", "Phi"),
    ("Phi", "Phi"),
    ("delphi", None),
    ("dolphin-mix", None),
    ("command-r-plus", "Command"),
    ("command", None),
    ("aya-expanse", "Command"),
    ("granite-3.1", "Granite"),
    ("SmolLM2-135M", "SmolLM"),
    (" ", None),
    ("\u0130", None),
])  # fmt: skip
def test_family_is_told_from_names_that_only_resemble_it(model, family):
    assert family_of(model) == family


@cases("family", NAMES)
def test_every_family_but_the_ambiguous_knows_its_own_name(family):
    name = {"Phi": "phi-4", "Command": "command-r"}.get(family, family)
    assert family_of(name) == family


@cases(("models", "shared"), [
    ([], {}),
    ([("a", "llama")], {}),
    ([("a", "llama"), ("b", "qwen")], {}),
    ([("a", "x"), ("b", "x")], {}),
    ([("b", "llama"), ("a", "llama")], {"Llama": ["a", "b"]}),
    ([("a", "llama"), ("b", "qwen"), ("c", "vicuna"), ("d", "qwq")], {"Llama": ["a", "c"], "Qwen": ["b", "d"]}),
    ([("a", "llama"), ("a", "vicuna")], {"Llama": ["a", "a"]}),
    ([("B", "gpt-4"), ("a", "o3"), ("C", "chatgpt")], {"GPT": ["B", "C", "a"]}),
])  # fmt: skip
def test_shared_families_have_sorted_names(models, shared):
    assert shared_families(models) == shared
    assert shared_families(iter(models)) == shared

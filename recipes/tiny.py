"""Training data that are made up, and a model of some thousand weights, to try the recipe on. Nothing is downloaded."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from corpus.labels import Field
from guards.training.example import Example
from guards.training.rendering import Renderer
from jury.prompting import Prompt

ROOT = Path(__file__).resolve().parent.parent
PROMPT = ROOT / "jury" / "prompts" / "nemoguard-v1.toml"
TOPICS = {"unsafe": ("poison", "weapons", "threats", "robbery"), "safe": ("bread", "gardens", "music", "football")}


def example(at: int) -> Example:
    """Return a made-up example; every other one is unsafe, every fourth is about a response."""
    label, field = ("unsafe", "safe")[at % 2], Field.RESPONSE if at % 4 >= 2 else Field.PROMPT
    text = f"Question {at} about {TOPICS[label][at // 4 % 4]}"
    answer = [{"role": "assistant", "text": f"More about {TOPICS[label][at // 4 % 4]}."}]
    turns: Any = [{"role": "user", "text": text}, *(answer if field == Field.RESPONSE else [])]
    return Example(f"i{at}", field, label, turns, ("Violence",) if label == "unsafe" else ())


def write_training_files(folder: Path, *, weights: bool = False, rows: int = 96, prompt_file: Path = PROMPT) -> None:
    """Write made-up training data as `export_training` does: a third of them for validation."""
    prompt = prompt_file.read_bytes()
    taxonomy = json.loads((ROOT / "corpus" / "taxonomies" / "aegis2.json").read_text())
    renderer = Renderer(Prompt.parse(prompt.decode()), taxonomy["categories"][:3])
    made = [renderer.row(example(at), "completion") for at in range(rows)]
    if weights:
        made = [row | {"weight": (1.0, 0.5, 2.0)[at % 3]} for at, row in enumerate(made)]
    splits = {"train": made[: rows // 3 * 2], "validation": made[rows // 3 * 2 :], "test": []}
    files = {f"{split}.jsonl": b"".join(orjson.dumps(row) + b"\n" for row in some) for split, some in splits.items()}
    manifest = {
        "project": "garden", "release": "1.0",
        "prompt": {"name": prompt_file.stem, "sha256": sha256(prompt).hexdigest()},
        "format": "completion",
        "files": {name: {"sha256": sha256(content).hexdigest()} for name, content in files.items()},
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (files | {"prompt.toml": prompt, "manifest.json": orjson.dumps(manifest)}).items():
        (folder / name).write_bytes(content)


def build_model(folder: Path, texts: list[str]) -> None:
    """Build a tiny Llama with random weights, and a tokenizer trained on some texts; write both to a folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    marks = ["<|end|>", "<|user|>", "<|assistant|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=1000, special_tokens=marks, initial_alphabet=alphabet)
    )
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **dict.fromkeys(("eos_token", "pad_token"), marks[0]))
    whole.chat_template = (
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(whole), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=2048, initializer_range=0.3, eos_token_id=whole.eos_token_id,
        bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    whole.save_pretrained(folder)

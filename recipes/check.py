"""
Try the recipe on a model of some thousand weights that is built on the spot: `make check-recipe`.

Twenty steps, killed after the tenth and continued, must give the adapter of twenty steps in one go; then the adapter is
loaded and asked one question. Nothing is downloaded. The model learns nothing that matters.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs as a file, too

import orjson

from corpus.labels import Field
from guards.training.example import Example
from guards.training.rendering import Renderer
from jury.prompting import Prompt
from recipes.lora.run_folder import checkpoints_of, is_whole

ROOT = Path(__file__).resolve().parent.parent
PROMPT = ROOT / "jury" / "prompts" / "nemoguard-v1.toml"
STEPS, SAVED_AT = 20, 5
TOPICS = {"unsafe": ("poison", "weapons", "threats", "robbery"), "safe": ("bread", "gardens", "music", "football")}


def example(at: int) -> Example:
    """Return a made-up example; every other one is unsafe, every fourth is about a response."""
    label, field = ("unsafe", "safe")[at % 2], Field.RESPONSE if at % 4 >= 2 else Field.PROMPT
    text = f"Question {at} about {TOPICS[label][at // 4 % 4]}"
    answer = [{"role": "assistant", "text": f"More about {TOPICS[label][at // 4 % 4]}."}]
    turns: Any = [{"role": "user", "text": text}, *(answer if field == Field.RESPONSE else [])]
    return Example(f"i{at}", field, label, turns, ("Violence",) if label == "unsafe" else ())


def write_training_files(folder: Path, *, weights: bool = False, rows: int = 96) -> None:
    """Write made-up training data as `export_training` does: a third of them for validation."""
    prompt = PROMPT.read_bytes()
    taxonomy = json.loads((ROOT / "corpus" / "taxonomies" / "aegis2.json").read_text())
    renderer = Renderer(Prompt.parse(prompt.decode()), taxonomy["categories"][:3])
    made = [renderer.row(example(at), "completion") for at in range(rows)]
    if weights:
        made = [row | {"weight": (1.0, 0.5, 2.0)[at % 3]} for at, row in enumerate(made)]
    splits = {"train": made[: rows // 3 * 2], "validation": made[rows // 3 * 2 :], "test": []}
    files = {f"{split}.jsonl": b"".join(orjson.dumps(row) + b"\n" for row in some) for split, some in splits.items()}
    manifest = {
        "project": "garden", "release": "1.0", "prompt": {"name": PROMPT.stem, "sha256": sha256(prompt).hexdigest()},
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


def start(data: Path, model: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    """Start the recipe for twenty steps, which save every fifth."""
    words = [sys.executable, str(ROOT / "recipes" / "train_lora.py"), str(data), "--model", str(model)]
    settings = (
        f"--steps {STEPS} --epochs 9 --save-every {SAVED_AT} --batch 4 --accumulate 2 --learning-rate 0.01 --evaluate 8"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(
        [*words, "--out", str(out), *settings.split(), *more], stdout=subprocess.PIPE, text=True, env=environment
    )


def finished(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return what a run printed last; end this program if it failed."""
    said, _ = process.communicate()
    if process.returncode:
        sys.exit(f"The recipe ended with status {process.returncode}.")
    result: dict[str, Any] = json.loads(said.splitlines()[-1])
    return result


def kill_at(process: "subprocess.Popen[str]", checkpoint: Path) -> None:
    """Kill a run as soon as it has written a checkpoint, and cut the beginning of another."""
    while process.poll() is None and not is_whole(checkpoint):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (checkpoint.parent / "checkpoint-999").mkdir()


def losses(folder: Path) -> list[float]:
    """Return the losses that the last checkpoint of a run tells of, in their order."""
    state = json.loads((checkpoints_of(folder) / f"checkpoint-{STEPS}" / "trainer_state.json").read_text())
    return [entry["loss"] for entry in state["log_history"] if "loss" in entry]


def difference(one: Path, other: Path) -> float:
    """Return the largest difference between the weights of two adapters."""
    from safetensors.torch import load_file

    first, second = (load_file(folder / "adapter" / "adapter_model.safetensors") for folder in (one, other))
    return max(float((first[name] - second[name]).abs().max()) for name in first.keys() | second.keys())


def ask_adapter(model: Path, adapter: Path, row: dict[str, Any]) -> dict[str, Any]:
    """Return the reply of the model with an adapter to one row."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from recipes.lora.asking import ask

    guard = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model), str(adapter))
    tokenizer = AutoTokenizer.from_pretrained(model)
    return ask(guard, tokenizer, [row["prompt"]], batch=1, longest_reply=48)[0]


def main() -> None:
    """Try everything; end with an error if something is not as it should be."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="check-recipe-") as name:
        folder = Path(name)
        data, model, whole, killed = (folder / each for each in ("data", "model", "whole", "killed"))
        write_training_files(data, weights=True)
        rows = [orjson.loads(line) for line in (data / "train.jsonl").read_bytes().splitlines()]
        build_model(model, [message["content"] for row in rows for message in row["prompt"] + row["completion"]])
        result = finished(start(data, model, whole))
        kill_at(start(data, model, killed), checkpoints_of(killed) / f"checkpoint-{2 * SAVED_AT}")
        resumed = finished(start(data, model, killed, "--resume"))
        if (apart := difference(whole, killed)) > 1e-5 or resumed["steps"] != STEPS:
            sys.exit(f"Continued after a kill, the weights differ by {apart:g} from those of a run in one go.")
        if (said := losses(killed))[-1] >= said[0]:
            sys.exit(f"Nothing was learned: the losses are {said}.")
        reply = ask_adapter(model, killed / "adapter", rows[0])
        print(json.dumps({"steps": result["steps"], "apart": apart, "losses": said, "asked": reply}))


if __name__ == "__main__":
    main()

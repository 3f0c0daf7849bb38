"""
Try the recipe on a model of some thousand weights that is built on the spot: `make check-recipe`.

Twenty steps, killed after the tenth and continued, must give the adapter of twenty steps in one go, also when the base
model has moved on its hub meanwhile; killed while it is asked after an epoch or in the end, its figures; a full disk in
the end must leave the adapter; then that is loaded and asked one question. Nothing is downloaded. The model learns
nothing that matters.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs as a file, too

import orjson

from corpus.errors import Refused
from recipes.lora.command import REFUSED
from recipes.lora.run_folder import RECORD, checkpoints_of, hash_of, is_whole, step_of, write_record
from recipes.lora.settings import Settings
from recipes.lora.training_files import Row, read_training_files
from recipes.tiny import ROOT, build_model, write_training_files

STEPS, SAVED_AT, EPOCH = 20, 5, 8
WEIGHTS = "adapter_model.safetensors"


class Hub:
    """The cache of a hub that cannot be reached, with one model in it."""

    NAME = "somebody/tiny"

    def __init__(self, folder: Path) -> None:
        self.model, self.commits = folder / f"models--{self.NAME.replace('/', '--')}", 0
        os.environ["HF_HUB_CACHE"] = str(folder)

    def publish(self, files: Path | None) -> str:
        """
        Make a commit the model's latest, and return it.

        :param files: the folder of the model; None for one that cannot be loaded
        """
        self.commits += 1
        commit = f"{self.commits:040x}"
        snapshot, latest = self.model / "snapshots" / commit, self.model / "refs" / "main"
        if files:
            shutil.copytree(files, snapshot)
        else:
            snapshot.mkdir(parents=True)
            (snapshot / "config.json").write_text("{}")
        latest.parent.mkdir(exist_ok=True)
        latest.write_text(commit)
        return commit


def start(data: Path, model: Path | str, out: Path, *more: str, limit: int | None = None) -> subprocess.Popen[str]:
    """
    Start the recipe for twenty steps, which save every fifth.

    :param limit: the most that a file may have, in blocks of 512 bytes; None for no limit
    """
    limited = [] if limit is None else ["sh", "-c", f'ulimit -f {limit} && exec "$@"', "sh"]
    words = [*limited, sys.executable, str(ROOT / "recipes" / "train_lora.py"), str(data), "--model", str(model)]
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

    first, second = (load_file(folder / "adapter" / WEIGHTS) for folder in (one, other))
    return max(float((first[name] - second[name]).abs().max()) for name in first.keys() | second.keys())


def check_figures(data: Path, model: Path, whole: Path) -> None:
    """Check that a run in one go that is killed while it asks, in the end or after an epoch, gets the same figures."""
    before = record_in(whole)
    for step in (STEPS, 2 * EPOCH):
        cut = before | {"epochs": [each for each in before["epochs"] if each["step"] < step]}
        write_record(whole, cut)
        for path in checkpoints_of(whole).iterdir():
            if step_of(path) > step:
                shutil.rmtree(path)
        resumed = finished(start(data, model, whole, "--resume"))
        if (now := record_in(whole)) != before or resumed["figures"] != before["epochs"][-1]["figures"]:
            differing = {key for key in now.keys() | before.keys() if now.get(key) != before.get(key)}
            sys.exit(f"Killed while it was asked after step {step}, the record of the run differs: {differing}.")


def check_full_disk(data: Path, model: Path, whole: Path) -> None:
    """Check that what cannot be written in the end is refused, and leaves the adapter that is there."""
    before = hash_of(whole / "adapter" / WEIGHTS)
    for blocks, more in ((40, ()), (400, ("--merge",))):  # less than the adapter has, or than the model has
        process = start(data, model, whole, "--resume", *more, limit=blocks)
        process.communicate()
        if process.returncode != REFUSED or hash_of(whole / "adapter" / WEIGHTS) != before:
            sys.exit(f"Without room for more than {blocks} blocks, the recipe ended with status {process.returncode}.")


def record_in(folder: Path) -> dict[str, Any]:
    """Return the record of a run."""
    record: dict[str, Any] = json.loads((folder / RECORD).read_text())
    return record


def ask_adapter(model: Path, adapter: Path, row: dict[str, Any]) -> dict[str, Any]:
    """Return the reply of the model with an adapter to one row."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from recipes.lora.asking import ask
    from recipes.lora.tokens import load_template

    guard = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model), str(adapter))
    return ask(guard, load_template(Settings(str(model)), {}), [row["prompt"]], batch=1, longest_reply=48)[0]


def check_refusals(model: Path, rows: list[Row]) -> int:
    """Check that templates which do not fit, and rows that are too long, are refused; return how many checks it is."""
    from recipes.lora.tokens import askable_rows, check_template, fitting_rows, load_template

    plain = load_template(Settings(str(model)), {})
    wrong = {
        "does not take the messages": "{{ raise_exception('no such role') }}",
        "a reply does not follow what is asked": "{{ messages[-1].content }}{% if add_generation_prompt %}?{% endif %}",
        "has no chat template": "",
    }
    other = Settings(str(model), chat_template=model.with_suffix(".jinja"))
    for reason, text in wrong.items():
        model.with_suffix(".jinja").write_text(text)
        expect(reason, lambda: check_template(load_template(other, {}), rows))
    expect("Raise it", lambda: fitting_rows(plain, rows, 8))
    expect("none can be asked", lambda: askable_rows(plain, rows, 8))
    longest = max(plain.asked_length(row) for row in rows)
    longer = replace(rows[0], messages=[{"role": "user", "content": "poison " * longest}])
    if askable_rows(plain, [longer, *rows], longest) != rows:
        sys.exit("Rows that are too long are asked.")
    model.with_suffix(".jinja").write_text("{{ mark }}{% for m in messages %}{{ m.content }}{% endfor %}")
    marked = load_template(other, {"mark": "#"})
    if not marked.question(rows[0].messages).startswith("#"):
        sys.exit("The chat template is not told what the prompt version says.")
    return len(wrong) + 3


def expect(reason: str, action: Callable[[], object]) -> None:
    """End this program unless an action is refused for a reason."""
    try:
        action()
    except Refused as refused:
        if reason in str(refused):
            return
        sys.exit(f"Refused for another reason than {reason!r}: {refused}")
    sys.exit(f"Not refused: {reason}.")


def main() -> None:
    """Try everything; end with an error if something is not as it should be."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory(prefix="check-recipe-") as name:
        folder = Path(name)
        data, model, whole, killed = (folder / each for each in ("data", "model", "whole", "killed"))
        write_training_files(data, weights=True)
        rows = [orjson.loads(line) for line in (data / "train.jsonl").read_bytes().splitlines()]
        build_model(model, [message["content"] for row in rows for message in row["prompt"] + row["completion"]])
        refused = check_refusals(model, read_training_files(data).splits["train"])
        result = finished(start(data, model, whole, "--merge", "--save-every", str(EPOCH)))
        hub = Hub(folder / "hub")
        commit = hub.publish(model)
        kill_at(start(data, hub.NAME, killed), checkpoints_of(killed) / f"checkpoint-{2 * SAVED_AT}")
        hub.publish(None)
        resumed = finished(start(data, hub.NAME, killed, "--resume"))
        if (resumed["commit"], record_in(killed)["commit"]) != (commit, commit):
            sys.exit(f"The base model was at {commit}, and the run says {resumed['commit']}.")
        if (apart := difference(whole, killed)) > 1e-5 or resumed["steps"] != STEPS:
            sys.exit(f"Continued after a kill, the weights differ by {apart:g} from those of a run in one go.")
        if (said := losses(killed))[-1] >= said[0]:
            sys.exit(f"Nothing was learned: the losses are {said}.")
        check_figures(data, model, whole)
        check_full_disk(data, model, whole)
        reply = ask_adapter(model, killed / "adapter", rows[0])
        print(
            json.dumps({"steps": result["steps"], "refusals": refused, "apart": apart, "losses": said, "asked": reply})
        )


if __name__ == "__main__":
    main()

"""The command line of recipes/train_lora.py."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from corpus.errors import Refused
from guards.benchmarks.reading import NAME
from recipes.lora import run_folder
from recipes.lora.serving import as_lines, serving_commands
from recipes.lora.settings import Settings, add_settings, settings_of
from recipes.lora.training_files import TrainingFiles, counts_by_field, read_training_files

REFUSED = 2
"The exit status of a refusal, as everywhere in Assize."
INTERRUPTED = 130
"The exit status of a program that was interrupted."


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return the parsed options; exit with status 2 if there are others."""
    parser = argparse.ArgumentParser(prog="recipes/train_lora.py", description="Fine-tune a guard by LoRA.")
    parser.add_argument("data", type=Path, metavar="DIR", help="the folder that export_training wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the run: empty or new")
    parser.add_argument("--name", default="guard", help="what the served model is called (guard)")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out from its last checkpoint")
    parser.add_argument("--merge", action="store_true", help="write the whole model, too, with the adapter merged in")
    add_settings(parser)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the recipe; return the exit status. The last line of stdout is one JSON object."""
    options = parse_arguments(arguments)
    try:
        result = train(options, settings_of(options))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("Stopped. To continue from the last checkpoint: the same command with --resume.", file=sys.stderr)
        return INTERRUPTED
    print(orjson.dumps(result).decode())
    return 0


def train(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """
    Check everything, fine-tune, and say how to serve the result.

    :raises Refused: if something is missing or wrong; nothing is loaded before the data are known to be right
    """
    check_options(options, settings)
    files = read_training_files(options.data)
    note(f"Training data of release {files.manifest.get('release')}, answers in the form {files.form}:")
    for split, rows in files.splits.items():
        for field, counts in counts_by_field(rows):
            note(f"  {split}, {field.part} labels: {counts['unsafe']:,} unsafe, {counts['safe']:,} safe")
    fine_tuning = load_libraries()
    folder = options.out.resolve()
    record = run_folder.record_of(files, settings)
    record = run_folder.resume(folder, record) if options.resume else record
    if not options.resume:
        run_folder.begin(folder, record)
    result = fine_tuning.fine_tune(files, settings, folder, record, merge=options.merge, note=note)
    served = replace(settings, revision=result["commit"] or settings.revision)
    return report(files, served, folder, options.name, result)


def check_options(options: argparse.Namespace, settings: Settings) -> None:
    """
    Check what can be known to be wrong before any file is read.

    :raises Refused: if the name is no plain one, a file is missing, or several processes were started
    """
    if not NAME.fullmatch(options.name):
        raise Refused(f"{options.name!r} is not a name: letters, digits, - and _, at most 60.")
    if settings.chat_template and not settings.chat_template.is_file():
        raise Refused(f"There is no chat template {settings.chat_template}.")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise Refused("This recipe trains in one process, on one GPU. Start it without torchrun or accelerate launch.")


def first_gpu(visible: str | None) -> str:
    """
    Return what CUDA_VISIBLE_DEVICES must be for at most one GPU to be seen.

    :param visible: what it is; None where it is not set, and all are seen
    """
    return "0" if visible is None else visible.split(",")[0].strip()


def load_libraries() -> Any:
    """
    Return the module that trains, with the libraries that it stands on, which then see one GPU.

    On several, transformers would train on a batch for each of them: more rows a step than the settings say.

    :raises Refused: if one is not installed
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = first_gpu(os.environ.get("CUDA_VISIBLE_DEVICES"))  # torch reads it once
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from recipes.lora import fine_tuning
    except ImportError as error:
        how = "python3 -m venv .venv-train && .venv-train/bin/pip install --require-hashes -r requirements/train.txt"
        raise Refused(
            f"The recipe needs what requirements/train.txt names ({error}). Install it apart: {how}"
        ) from error
    return fine_tuning


def report(files: TrainingFiles, settings: Settings, folder: Path, name: str, result: dict[str, Any]) -> dict[str, Any]:
    """Print the commands that serve a trained guard; return the last line of stdout."""
    commands = serving_commands(files, settings, folder, name, result["longest_reply"])
    note(f"Serve it, and add it as a juror:\n{as_lines(commands)}")
    if "merged" in result:
        whole = ["vllm", "serve", result["merged"], "--served-model-name", name]
        note(f"Or serve the whole model:\n{as_lines([whole])}")
    return {"adapter": str(folder / "adapter"), **result}


def note(text: str) -> None:
    """Print a line for the person who waits."""
    print(text, file=sys.stderr, flush=True)

"""
The folder of a run: what it was started with, its checkpoints, its figures and the adapter.

`run.json` says what a run depends on, so it is only continued with the same. Checkpoints are those of transformers,
which writes `trainer_state.json` last: one without it was cut off, and is left out.
"""

import shutil
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson

from corpus.errors import Refused
from recipes.lora.settings import Settings
from recipes.lora.training_files import TrainingFiles

RECORD = "run.json"
STATE = "trainer_state.json"
"What transformers writes last of a checkpoint."
PACKAGES = ("torch", "transformers", "peft", "trl", "accelerate", "datasets", "tokenizers")
BETWEEN_RUNS = ("evaluate", "save_every", "batch")
"Settings that may differ when a run is continued: the weights do not depend on them, given the rows a step."


def record_of(files: TrainingFiles, settings: Settings) -> dict[str, Any]:
    """Return what a run depends on: the data with their hashes, the base model, the settings."""
    return {
        "data": {key: value for key, value in files.manifest.items() if key != "software"},
        "model": {"name": settings.model, "revision": settings.revision, "sha256": hash_of_model(Path(settings.model))},
        "settings": settings.as_dict(),
        "chat_template": hash_of(settings.chat_template) if settings.chat_template else None,
        "versions": {name: version_of(name) for name in PACKAGES},
    }


def version_of(package: str) -> str | None:
    """Return the version of a package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def hash_of_model(folder: Path) -> str | None:
    """Return one SHA-256 of all files of a model's folder; None for a name on a hub, whose revision says what it is."""
    if not folder.is_dir():
        return None
    digest = sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(f"{path.name}\0{hash_of(path)}\n".encode())
    return digest.hexdigest()


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, whatever its size."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def begin(folder: Path, record: dict[str, Any]) -> None:
    """
    Make the folder of a new run.

    :raises Refused: if it is not empty, or cannot be written
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise Refused(f"{folder} is not empty. Continue the run there with --resume, or name another folder.")
        folder.mkdir(parents=True, exist_ok=True)
        write_record(folder, record)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}.") from error


def resume(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """
    Return the record of the run in a folder, which is to be continued.

    :raises Refused: if there is none, or it was started with something else
    """
    try:
        before: dict[str, Any] = orjson.loads((folder / RECORD).read_bytes())
        differing = sorted(differences(before, record))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"There is no run to continue in {folder}: it has no readable {RECORD}.") from error
    if differing:
        said = ", ".join(differing)
        raise Refused(f"The run in {folder} was started with something else: {said}. Start another in its own folder.")
    return before


def differences(before: dict[str, Any], now: dict[str, Any]) -> set[str]:
    """Return the names of what differs between two records in what weights depend on."""
    names = {key for key in ("data", "model") if before[key] != now[key]}
    if "chat_template" in before and before["chat_template"] != now["chat_template"]:
        names.add("chat_template")
    one, other = before["settings"], now["settings"]
    names |= {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)} - {
        *BETWEEN_RUNS,
        "accumulate",
    }
    rows = {each["batch"] * each["accumulate"] for each in (one, other)}
    return names | ({"rows a step"} if len(rows) > 1 else set())


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write the record of a run, whole or not at all."""
    part = folder / f".{RECORD}.part"
    part.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
    part.replace(folder / RECORD)


def has_figures(record: dict[str, Any], step: int) -> bool:
    """Return whether the record of a run has the figures of the model as it is after a step."""
    return any(each["step"] == step for each in record.get("epochs", []))


def write_whole(folder: Path, write: Callable[[Path], object]) -> None:
    """
    Write a folder, whole or not at all: one that is there stays until the other is whole.

    :param write: writes it to a path beside it, where there is nothing
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        write(part)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def checkpoints_of(folder: Path) -> Path:
    """Return the folder of a run's checkpoints."""
    return folder / "checkpoints"


def last_checkpoint(folder: Path) -> Path | None:
    """Return the latest checkpoint of a run that is whole, None if there is none; remove those that are not."""
    found = sorted(checkpoints_of(folder).glob("checkpoint-*"), key=step_of, reverse=True)
    for path in found:
        if is_whole(path):
            return path
        shutil.rmtree(path, ignore_errors=True)
    return None


def step_of(path: Path) -> int:
    """Return the step of a checkpoint; -1 for a folder whose name has none."""
    step = path.name.rpartition("-")[2]
    return int(step) if step.isdecimal() else -1


def is_whole(path: Path) -> bool:
    """Return whether a checkpoint was written to its end."""
    try:
        return bool(state_of(path)["global_step"] == step_of(path))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def has_all_steps(path: Path) -> bool:
    """Return whether nothing is left to train after a checkpoint that is whole."""
    state = state_of(path)
    return bool(state["global_step"] >= state["max_steps"])


def state_of(path: Path) -> Any:
    """
    Return what transformers wrote of the state of training in a checkpoint.

    :raises OSError: if it cannot be read; ValueError if it is not JSON
    """
    return orjson.loads((path / STATE).read_bytes())

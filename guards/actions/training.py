"""Export training data from a release, and train the small guard on it."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.labels import Field
from corpus.models import Project, Verb
from guards import queries
from guards.benchmarks.reading import NAME
from guards.contamination import Contamination
from guards.exporting import dialogues_found, examples_in, found_in_benchmarks, renderer_of, training_lines
from guards.models import Benchmark, TrainedGuard
from guards.training.example import Choice, Example
from guards.training.small_guard import Head, SmallGuard, text_of, train_head
from jury.models import PromptVersion
from jury.queries import prompt_named
from releases.actions import remove_abandoned
from releases.models import Release
from releases.spec import SPLITS
from releases.writing import software_version


def export_training(
    *,
    project: Project,
    version: str,
    prompt: str,
    choice: Choice,
    form: str,
    folder: Path | None = None,
    without: Sequence[str] = (),
    by: User | None = None,
) -> tuple[Path, dict[str, Any]]:
    """
    Write training data of a release: a file of JSON lines a split, the prompt version and a manifest.

    The same bytes every time.

    :param prompt: the prompt version that will ask the guard
    :param form: `completion` or `messages`
    :param folder: which must not exist, or be empty; None for `training/PROJECT/VERSION/PROMPT` in the data directory
    :param without: names of benchmarks; dialogues that stand in one, word for word or nearly, are left out
    :return: the folder, and the manifest
    :raises Refused: if nothing can be written, or there is no such release, prompt version or benchmark
    """
    release, asking = queries.find_release(project, version), prompt_named(prompt, project)
    renderer = renderer_of(release, asking)
    benchmarks = [queries.find_benchmark(project, name) for name in dict.fromkeys(without)]
    folder = folder or Path(settings.ASSIZE_HOME) / "training" / project.slug / release.version / asking.name
    try:
        if folder.exists() and any(folder.iterdir()):
            raise Refused(f"{folder} is not empty. Choose another folder with --out.")
        with half_made(folder) as part:
            found = {split: found_in_benchmarks(release, split, benchmarks) for split in SPLITS}
            files = {
                f"{split}.jsonl": write_lines(
                    part / f"{split}.jsonl",
                    training_lines(release, split, choice, renderer, form, dialogues_found(found[split])),
                )
                for split in SPLITS
            }
            (part / "prompt.toml").write_bytes(asking.text.encode())  # for who trains far from the database
            manifest = training_manifest(release, asking, choice, form, files)
            manifest["without"] = [left_out_by(each, found) for each in benchmarks]
            (part / "manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            part.replace(folder)  # an empty folder of that name gives way
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}. Nothing is left of it.") from error
    detail = {"prompt": asking.name, "rows": sum(file["rows"] for file in files.values())}
    record_event(project=project, verb=Verb.TRAINING_EXPORTED, subject=version, actor=by, detail=detail)
    return folder, manifest


def training_manifest(
    release: Release, asking: PromptVersion, choice: Choice, form: str, files: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the manifest of training data says: what it was made from, how, and each file."""
    return {
        "project": release.project.slug,
        "release": release.version,
        "release_sha256": release.manifest_sha256,
        "prompt": {"name": asking.name, "sha256": asking.sha256},
        "format": form,
        **asdict(choice),
        "software": f"assize {software_version()}",
        "files": files,
    }


def left_out_by(benchmark: Benchmark, found: Mapping[str, Mapping[str, Contamination]]) -> dict[str, Any]:
    """Return how many dialogues of each split a benchmark leaves out: `equal` ones, and `near` ones."""
    counts = {
        split: {"equal": each[benchmark.name].equal, "near": each[benchmark.name].near}
        for split, each in found.items()
        if benchmark.name in each
    }
    return {"benchmark": benchmark.name, "sha256": benchmark.sha256, "left_out": counts}


def write_lines(path: Path, lines: Iterable[bytes]) -> dict[str, Any]:
    """Write lines to a file; return how many they are and the SHA-256 of the file."""
    digest, rows = sha256(), 0
    with path.open("wb") as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            rows += 1
    return {"rows": rows, "sha256": digest.hexdigest()}


def train_guard(
    *, project: Project, name: str, version: str, fields: tuple[Field, ...], by: User | None = None
) -> TrainedGuard:
    """
    Train the small guard on the training split of a release; the validation split chooses strength and threshold.

    :param fields: the labels that it is to give
    :raises Refused: if the name is taken or no plain name, or the release is missing, damaged or too small
    """
    check_name(project, name)
    release = queries.find_release(project, version)
    heads = {field: head_of(release, field) for field in fields}
    folder = Path(settings.ASSIZE_HOME) / "guards" / project.slug / name
    try:
        with half_made(folder) as part:
            manifest = manifest_of(release, heads)
            digest = SmallGuard(heads).store(part, manifest)
            with transaction.atomic():
                guard = TrainedGuard.objects.create(
                    project=project, name=name, release=release, sha256=digest, manifest=manifest, folder=str(folder)
                )
                detail = {"release": version, "sha256": digest}
                record_event(project=project, verb=Verb.GUARD_TRAINED, subject=name, actor=by, detail=detail)
                # The name is ours since the row is: such a folder was left by a process that was killed.
                shutil.rmtree(folder, ignore_errors=True)
                part.rename(folder)
    except OSError as error:
        raise Refused(f"The guard cannot be written to {folder}: {error.strerror}. Nothing is left of it.") from error
    except IntegrityError as error:  # another process was quicker
        raise Refused(taken(project, name)) from error
    return guard


@contextmanager
def half_made(folder: Path) -> Iterator[Path]:
    """Make a folder beside another to be moved there when it is whole; what is not moved by the end is removed."""
    remove_abandoned(folder)
    part = folder.with_name(f".{folder.name}.{uuid4().hex}.part")
    try:
        part.mkdir(parents=True)
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_name(project: Project, name: str) -> None:
    """
    :raises Refused: if a name is no plain name, or taken
    """
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} is not a name: letters, digits, - and _, at most 60.")
    if TrainedGuard.objects.filter(project=project, name=name).exists():
        raise Refused(taken(project, name))


def taken(project: Project, name: str) -> str:
    """Return the message that a name is taken."""
    return f"{project.slug} has a guard {name} already. A guard never changes; choose another name."


def head_of(release: Release, field: Field) -> Head:
    """
    Train the head of one label field.

    :raises Refused: if a split of the release has too few labels of it
    """
    choice = Choice(fields=(field,))
    (texts, unsafe), (held_out, truth) = (
        labelled_texts(examples_in(release, split, choice), field) for split in ("train", "validation")
    )
    try:
        return train_head(texts, unsafe, held_out, truth)
    except ImportError as error:
        raise Refused(f"Training needs scikit-learn, which is not installed here: {error}.") from error
    except Refused as error:
        raise Refused(f"Release {release.version}, {field.display_name.lower()} labels: {error}") from error


def labelled_texts(examples: Iterator[Example], field: Field) -> tuple[list[str], Any]:
    """Return the texts of examples, and whether each is unsafe: shape (texts,)."""
    pairs = [(text_of(example.turns, field), example.is_unsafe) for example in examples]
    return [text for text, _ in pairs], np.array([unsafe for _, unsafe in pairs], dtype=np.bool_)


def manifest_of(release: Release, heads: Mapping[Field, Head]) -> dict[str, Any]:
    """Return what a guard was trained on, and how it scored on the validation split."""
    names = ("rows", "f1", "threshold", "strength")
    return {
        "release": release.version,
        "release_sha256": release.manifest_sha256,
        "software": f"assize {software_version()}",
        "seed": 0,
        "heads": {field.part: {name: getattr(head, name) for name in names} for field, head in heads.items()},
    }

"""Fine-tune by TRL: loss on the reply alone, an evaluation after each epoch, checkpoints to continue from."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, TrainerCallback, TrainerState
from transformers.utils import resolve_revision
from trl import SFTConfig

from corpus.errors import Refused
from jury.prompting import Form
from recipes.lora import run_folder
from recipes.lora.asking import ask
from recipes.lora.figures import describe_figures, figures_of
from recipes.lora.settings import Settings
from recipes.lora.tokens import (
    ChatTemplate,
    answer_of,
    askable_rows,
    check_template,
    first_line,
    fitting_rows,
    load_template,
    longest_reply_of,
)
from recipes.lora.training_files import Row, TrainingFiles
from recipes.lora.weighting import WeightedTrainer

Note = Callable[[str], None]
TORCH_WRITER = "inline_container"
"Where torch fails if it cannot write a file: its error has no type of its own."


def fine_tune(
    files: TrainingFiles, settings: Settings, folder: Path, record: dict[str, Any], *, merge: bool, note: Note
) -> dict[str, Any]:
    """
    Fine-tune the base model on the training split; write the adapter and the record of the run.

    :param folder: of the run, which `record` is about; its last checkpoint is continued from
    :return: rows, steps, the figures after the last epoch, the SHA-256 of the adapter, longest_reply in tokens, and the
        commit of a base model from a hub
    :raises Refused: if the base model cannot be loaded, or does not fit the rows, several GPUs are seen, the memory of
        the GPU is too small, the disk is full, or the weights are no numbers in the end
    """
    if torch.cuda.device_count() > 1:
        raise Refused("This recipe trains on one GPU. Name that in CUDA_VISIBLE_DEVICES.")
    record["commit"] = record.get("commit") or commit_of(settings)  # a hub's model may move until a run is continued
    if record["commit"] is None and not Path(settings.model).is_dir():
        note(f"It is unknown which commit of {settings.model} this is. If it may change, name one with --revision.")
    settings = replace(settings, revision=record["commit"] or settings.revision)
    template = load_template(settings, files.template_parameters)
    train, held_out = files.splits["train"], files.splits["validation"]
    check_template(template, [*train, *held_out])
    rows = fitting_rows(template, train, settings.max_length)
    asked = askable_rows(template, held_out, settings.max_length)
    left_out = {"too_long": len(train) - len(rows), "too_long_to_ask": len(held_out) - len(asked)}
    note_left_out(left_out, settings, note)
    longest_reply = longest_reply_of(template, [*train, *held_out])
    examiner = Examiner(files.form, sampled(asked, settings), settings, longest_reply, folder, record, note)
    trainer = trainer_of(load_model(settings), template, rows, settings, folder, examiner)
    record |= {"rows": len(rows), **left_out, "device": device_name(trainer)}
    with failures_told(folder):
        run_folder.write_record(folder, record)
        run(trainer, examiner, folder, note)
        return finish(trainer, template.tokenizer, folder, record, longest_reply, merge=merge)


def note_left_out(counts: dict[str, int], settings: Settings, note: Note) -> None:
    """Say how many rows are too long to be trained on, or to be asked."""
    for split, count in zip(("training", "validation"), counts.values(), strict=True):
        if count:
            said = f"{count:,} {split} rows have more than {settings.max_length:,} tokens"
            note(f"{said} and are left out (--max-length).")


def sampled(rows: Sequence[Row], settings: Settings) -> list[Row]:
    """Return the rows that are asked after each epoch, drawn by the seed."""
    if settings.evaluate == 0 or len(rows) <= settings.evaluate:
        return list(rows)
    return random.Random(settings.seed).sample(rows, settings.evaluate)  # noqa: S311 - no secret


def commit_of(settings: Settings) -> str | None:
    """Return the commit of the base model on a hub, or in its cache; None for a folder, and for an unknown name."""
    resolved = resolve_revision(settings.model, settings.revision)
    commit: str | None = getattr(resolved, "resolved", None)
    return commit


def load_model(settings: Settings) -> Any:
    """
    Return the base model, in half precision on a GPU.

    :raises Refused: if it cannot be loaded
    """
    dtype = torch.bfloat16 if is_bf16() else torch.float32
    try:
        return AutoModelForCausalLM.from_pretrained(settings.model, revision=settings.revision, dtype=dtype)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise Refused(f"{settings.model} cannot be loaded: {first_line(error)}") from error


def is_bf16() -> bool:
    """Return whether there is a GPU that computes in bfloat16."""
    return bool(torch.cuda.is_available() and torch.cuda.is_bf16_supported())


def device_name(trainer: Any) -> str:
    """Return the name of what computes."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else str(trainer.model.device)


def trainer_of(
    model: Any, template: ChatTemplate, rows: list[Row], settings: Settings, folder: Path, examiner: Any
) -> Any:
    """Return the trainer of an adapter on all linear layers of the model."""
    adapter = LoraConfig(
        r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout, target_modules="all-linear",
        task_type="CAUSAL_LM", revision=settings.revision,
    )  # fmt: skip
    return WeightedTrainer(
        model, config_of(settings, folder), train_dataset=dataset_of(rows, template), peft_config=adapter,
        processing_class=template.tokenizer, callbacks=[examiner.bound_to(template)],
    )  # fmt: skip


def dataset_of(rows: list[Row], template: ChatTemplate) -> Any:
    """Return rows as TRL takes them, with weights that are 1 in the mean."""
    mean = sum(row.weight for row in rows) / len(rows)
    told = {"chat_template_kwargs": dict(template.parameters)} if template.parameters else {}
    return Dataset.from_list([
        {"prompt": row.messages, "completion": [answer_of(row)], "weight": row.weight / mean, **told} for row in rows
    ])  # fmt: skip


def config_of(settings: Settings, folder: Path) -> SFTConfig:
    """Return the settings as TRL has them."""
    has_gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(run_folder.checkpoints_of(folder)),
        per_device_train_batch_size=settings.batch,
        gradient_accumulation_steps=settings.accumulate,
        num_train_epochs=settings.epochs,
        max_steps=settings.steps or -1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=settings.warmup,
        max_length=None,  # longer rows are left out by now; none is cut
        completion_only_loss=True,
        bf16=is_bf16(),
        gradient_checkpointing=has_gpu,
        dataloader_pin_memory=has_gpu,
        logging_steps=10,
        save_strategy="steps",
        save_steps=settings.save_every,
        save_total_limit=2,
        seed=settings.seed,
        report_to="none",
    )


class Examiner(TrainerCallback):
    """Asks the model the rows of the validation split after each epoch, and keeps its figures and its adapter."""

    def __init__(
        self, form: Form, rows: list[Row], settings: Settings, longest_reply: int, folder: Path,
        record: dict[str, Any], note: Note,
    ) -> None:  # fmt: skip
        self.form, self.rows, self.settings, self.longest_reply = form, rows, settings, longest_reply
        self.folder, self.record, self.note = folder, record, note

    def bound_to(self, template: ChatTemplate) -> "Examiner":
        """Return itself, with the chat template to ask by."""
        self.template = template
        return self

    def on_train_begin(self, _args: Any, state: Any, _control: Any, *, model: Any, **_rest: Any) -> None:
        """Make up for the evaluation of an epoch at whose end the run was cut off: its checkpoint comes before."""
        if state.global_step and float(state.epoch).is_integer():
            self.make_up(model, state)

    def on_epoch_end(self, _args: Any, state: Any, _control: Any, *, model: Any, **_rest: Any) -> None:
        """Evaluate the model; an epoch that was cut by --steps counts too."""
        self.examine(model, state)

    def make_up(self, model: Any, state: Any) -> None:
        """Evaluate the model unless there are figures of its step."""
        if not run_folder.has_figures(self.record, state.global_step):
            self.examine(model, state)

    def examine(self, model: Any, state: Any) -> None:
        """Evaluate the model as it is now."""
        asked = [row.messages for row in self.rows]
        replies = ask(model, self.template, asked, batch=4 * self.settings.batch, longest_reply=self.longest_reply)
        figures = figures_of(self.form, self.rows, replies)
        epoch = round(float(state.epoch), 2)
        adapter = self.folder / "epochs" / f"{epoch:g}"
        run_folder.write_whole(adapter, model.save_pretrained)
        kept = [each for each in self.record.get("epochs", []) if each["epoch"] < epoch]
        self.record["epochs"] = [*kept, {"epoch": epoch, "step": state.global_step, "figures": figures}]
        run_folder.write_record(self.folder, self.record)
        self.note(f"After epoch {epoch:g}, on the validation split ({adapter}):\n{describe_figures(figures)}")


@contextmanager
def failures_told(folder: Path) -> Iterator[None]:
    """
    Tell of failures of the machine in what trains or writes, and how to go on.

    :param folder: of the run
    :raises Refused: if the memory of the GPU is too small, or the disk is full
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        how = "Halve --batch and double --accumulate, then continue with --resume; or lower --max-length"
        raise Refused(f"The memory of the GPU is too small. {how}.") from error
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and TORCH_WRITER not in str(error):
            raise
        why = "torch could not write a file." if isinstance(error, RuntimeError) else first_line(error)
        raise Refused(f"{folder} cannot be written: {why} Make room, then go on with --resume.") from error


def run(trainer: Any, examiner: Examiner, folder: Path, note: Note) -> None:
    """
    Train, from the last whole checkpoint where there is one.

    :raises Refused: if the weights are no numbers in the end
    """
    checkpoint = run_folder.last_checkpoint(folder)
    if checkpoint:
        note(f"Continuing from {checkpoint}.")
    if checkpoint and run_folder.has_all_steps(checkpoint):
        load_trained(trainer, checkpoint)
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    examiner.make_up(trainer.model, trainer.state)
    if not all(bool(torch.isfinite(weights).all()) for weights in trainer.model.parameters() if weights.requires_grad):
        raise Refused("The weights are no numbers any more. Start another run with a lower --learning-rate.")


def load_trained(trainer: Any, checkpoint: Path) -> None:
    """Load a checkpoint that has all steps: from one within an epoch, transformers would train another step."""
    trainer.model.load_adapter(str(checkpoint), trainer.model.active_adapter, is_trainable=True)
    trainer.state = TrainerState.load_from_json(str(checkpoint / run_folder.STATE))


def finish(
    trainer: Any, tokenizer: Any, folder: Path, record: dict[str, Any], longest_reply: int, *, merge: bool
) -> dict[str, Any]:
    """Write the adapter and the record; return what the last line of stdout says."""
    run_folder.write_whole(folder / "adapter", trainer.model.save_pretrained)
    digest = run_folder.hash_of(folder / "adapter" / "adapter_model.safetensors")
    record |= {"steps": trainer.state.global_step, "adapter_sha256": digest}
    run_folder.write_record(folder, record)
    result = {
        "commit": record["commit"],
        "rows": record["rows"],
        "too_long": record["too_long"],
        "steps": record["steps"],
        "sha256": digest,
    }
    last = record["epochs"][-1]["figures"] if record.get("epochs") else {}
    result |= {"longest_reply": longest_reply, "figures": last}
    return result | ({"merged": str(write_merged(trainer.model, tokenizer, folder / "merged"))} if merge else {})


def write_merged(model: Any, tokenizer: Any, folder: Path) -> Path:
    """Write the whole model with the adapter merged in, and its tokenizer; return the folder."""
    merged = model.merge_and_unload()

    def write(part: Path) -> None:
        merged.save_pretrained(part)
        tokenizer.save_pretrained(part)

    run_folder.write_whole(folder, write)
    return folder

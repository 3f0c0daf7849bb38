"""The commands that serve a trained adapter and add it as a juror. Pure."""

import shlex
from pathlib import Path

from jury.prompting import CATEGORIES, Form
from recipes.lora.settings import Settings
from recipes.lora.training_files import TrainingFiles

VLLM_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"What vLLM takes for --max-lora-rank."
URL = "http://127.0.0.1:8000/v1"


def serving_commands(
    files: TrainingFiles, settings: Settings, folder: Path, name: str, longest_reply: int
) -> list[list[str]]:
    """
    Return the commands, as words: one that serves the adapter, and one for each label field that adds a juror.

    A row of training data asks for one label, so a juror is asked for one.

    :param folder: of the run
    :param longest_reply: in tokens
    """
    return [serve_command(settings, folder, name), *(
        add_command(files, field, name, longest_reply) for field in files.fields
    )]  # fmt: skip


def serve_command(settings: Settings, folder: Path, name: str) -> list[str]:
    """Return the command that serves an adapter with vLLM."""
    rank = next((rank for rank in VLLM_RANKS if rank >= settings.rank), settings.rank)
    revision = ["--revision", settings.revision] if settings.revision else []
    template = ["--chat-template", str(settings.chat_template)] if settings.chat_template else []
    adapter = ["--enable-lora", "--max-lora-rank", str(rank), "--lora-modules", f"{name}={folder / 'adapter'}"]
    return ["vllm", "serve", settings.model, *revision, *template, *adapter]


def add_command(files: TrainingFiles, field: str, name: str, longest_reply: int) -> list[str]:
    """Return the command that adds the served guard as a juror, asked for one label field as it was in training."""
    part, release = field.removesuffix("_label"), files.manifest.get("release")
    origin = ["--trained-on", release] if release else []
    asks = f"{field},{CATEGORIES}" if files.form.names_categories else field
    # No schema: where the prompt version asks for reasons, it would demand them, and the guard has learned none.
    replies = ["--response-format", "text"] if files.form == Form.OBJECT else []
    return [
        ".venv/bin/python", "manage.py", "add_juror", f"{name}-{part}",
        "--project", files.manifest.get("project", "PROJECT"), "--model", name, "--base-url", URL,
        "--prompt", files.manifest["prompt"]["name"], "--asks", asks,
        "--max-tokens", str(longest_reply), *origin, *replies,
    ]  # fmt: skip


def as_lines(commands: list[list[str]]) -> str:
    """Return commands as lines for a shell."""
    return "\n".join(f"  {shlex.join(command)}" for command in commands)

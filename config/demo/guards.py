"""Train the small guard on the demo's release, and evaluate it beside the local model."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from config.demo import summary
from config.demo.commands import run_command
from config.embedded.model import MODEL
from corpus.errors import Refused
from corpus.models import Project
from guards.figures.confusion import evaluate
from guards.figures.summary import judged
from guards.figures.verdicts import Fold
from guards.queries import evaluated_cases, find_evaluation, find_guard
from guards.serving import served
from guards.training.small_guard import load_guard
from jury.models import Juror

GUARD = "small"
LOCAL_MODEL = "local"
MOST_CASES_OF_MODEL = 5
"The local model takes more than a second for each, and the demo should not wait long for its last table."
COLUMNS = ("precision", "recall", "fpr")


def train_and_evaluate(slug: str, version: str, base_url: str, *, prompt: str) -> None:
    """
    Train the small guard on a release, evaluate it and the local model on its test split, and print the table.

    :param base_url: of the local model
    :param prompt: the version that the local model is asked with
    """
    name = f"{GUARD}-{version.replace('.', '-')}"
    try:
        made = run_command("train_guard", name, release=version, target="prompt", project=slug)
    except (CommandError, Refused) as refusal:
        summary.stage("Guard", f"none: {refusal}")
        return
    summary.stage("Guard", f"{name}, trained on {made['rows']:,} prompts of release {version}")
    project = Project.objects.get(slug=slug)
    add_guard(slug, LOCAL_MODEL, model=MODEL, base_url=base_url, prompt=prompt)
    with served(load_guard(Path(find_guard(project, name).folder)), name) as own_url:
        add_guard(slug, name, model=name, base_url=own_url, prompt="nemoguard-v1", trained_on=version)
        lines = [line_of(project, guard, version) for guard in (name, LOCAL_MODEL)]
    print_table(lines, version)


def add_guard(slug: str, name: str, *, base_url: str, **settings: Any) -> None:
    """Add a guard as a juror off the panel, or update its URL: the servers have other ports each time."""
    if not Juror.objects.filter(project__slug=slug, name=name).update(base_url=base_url):
        asks = ["--asks", "prompt_label", "--concurrency", "1", "--max-tokens", "96", "--off-panel"]
        run_command("add_juror", name, *asks, base_url=base_url, project=slug, **settings)


def line_of(project: Project, guard: str, version: str) -> str:
    """Evaluate a guard on the test split of a release; return its line of the table."""
    limit = MOST_CASES_OF_MODEL if guard == LOCAL_MODEL else None
    done = run_command("evaluate_guard", juror=guard, release=version, limit=limit, wait=True, project=project.slug)
    cases = evaluated_cases(find_evaluation(project, done["evaluation"]))
    scores = evaluate(judged(cases)).folds[Fold.STRICT]
    f1 = scores.figures["f1"]
    interval = "" if f1.low is None else f"{f1.low:.2f} to {f1.high:.2f}"
    figures = "".join(f"{summary.format_score(done[column]):>11}" for column in COLUMNS)
    main = f"{summary.format_score(done['f1']):>11}{interval:>14}"
    return f"  {guard:<22}{done['n']:>5}{main}{figures}{done['unreadable']:>12}"


def print_table(lines: list[str], version: str) -> None:
    """Print the table of guards, and how little it says."""
    print(f"\nGuards on prompts of the test split of release {version} that people decided (unsafe is positive)")
    titles = f"  {'guard':<22}{'n':>5}{'f1':>11}{'95 %':>14}" + "".join(f"{column:>11}" for column in COLUMNS)
    print(f"{titles}{'unreadable':>12}")
    print("\n".join(lines))
    print("So few cases show that the way works, and little about the guards.\n")

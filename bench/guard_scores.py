"""
Train small guards on real dialogues, evaluate them and the local model on public benchmarks, and print the tables.

    python -m bench.guard_scores [--sample 150] [--small]

It says how good these guards are, not how fast. Dialogues and benchmark files are read from ASSIZE_SHARED_DATA (default
../shared/data); without them it says so and does nothing. Opinions are the votes that people gave to two of the
sources, and the native labels of others, a vote each:

- prompts: votes on the posts of Davidson et al.; labels of Aegis 1 and 2, AdvBench, HarmBench, StrongREJECT and
  JailbreakBench (what a set of attacks holds is unsafe);
- responses: votes on the dialogues of DICES-990; labels of Aegis 2, and of the training split of DiaSafety.

What is a benchmark below is in neither: OpenAI Moderation, SimpleSafetyTests and the other splits of DiaSafety. The
local model is slow, so that it is asked about a sample of each file; the small guards are asked about the same sample
and about the whole file.
"""

import argparse
import gzip
import json
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from bench.jury import workers
from bench.options import at_least_one
from bench.temporary_home import temporary_home
from config.data_dir import CHECKOUT

DATA = Path(os.environ.get("ASSIZE_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
ATTACKS = {"advbench", "harmbench", "strongreject"}
VOTED = {"prompt": "davidson", "response": "dices990"}
UNSAFE, SAFE = ("unsafe", "harmful"), ("safe",)
LANGUAGES = {
    "ar": "arabic",
    "de": "german",
    "es": "spanish",
    "fr": "french",
    "hi": "hindi",
    "it": "italian",
    "nl": "dutch",
    "pl": "polish",
    "pt": "portuguese",
    "zh": "mandarin",
}
FILES = {
    "xstest": "xstest/xstest_prompts.csv.gz",
    "hatecheck": "hatecheck/test_suite_cases.csv.gz",
    "hatemojicheck": "hatemojicheck/test.csv.gz",
    "openai_moderation": "openai_moderation/samples.jsonl.gz",
    "simplesafetytests": "simplesafetytests/test_cases.csv.gz",
    "ailuminate_demo": "ailuminate_demo/airr_official_1.0_demo_en_us_prompt_set_release.csv.gz",
    "coconot_contrast": "coconot/coconot_contrast_eval.jsonl.gz",
    "diasafety": "diasafety/test.json.gz",
    **{
        f"multilingual_hatecheck-{code}": f"multilingual_hatecheck/hatecheck_cases_final_{name}.csv.gz"
        for code, name in LANGUAGES.items()
    },
}
TOO_MANY = {f"multilingual_hatecheck-{code}" for code in LANGUAGES if code != "de"}
"Of one set in ten languages, the local model is asked in one."
SLICES = ("kind", "group")
TRANSFORMED = ("xstest", "openai_moderation")
TASKS = {"diasafety": "response"}
STEP_OF_SMALL_FORM = 12
"Of the labelled dialogues, one of so many."
OF_SMALL_FORM = ("xstest", "simplesafetytests", "diasafety")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.guard_scores")
    parser.add_argument("--sample", type=at_least_one, default=150, help="cases of a file for the local model")
    parser.add_argument("--small", action="store_true", help="three files, a few cases and labels, no local model")
    options = parser.parse_args()
    if not DATA.is_dir():
        print(f"nothing was evaluated: the real data is not here: {DATA} (ASSIZE_SHARED_DATA)")
        return 0
    files = {name: FILES[name] for name in OF_SMALL_FORM} if options.small else FILES
    with temporary_home() as folder:
        Scores(folder, files, sample=8 if options.small else options.sample, small=options.small).run()
    return 0


class Scores:
    """Two projects, for prompts and for responses, each with a guard trained on its own release."""

    def __init__(self, folder: Path, files: dict[str, str], *, sample: int, small: bool) -> None:
        self.folder, self.files, self.sample, self.small = folder, files, sample, small
        self.rows: list[str] = []
        self.details: list[str] = []

    def run(self) -> None:
        """Train, evaluate and print."""
        from config.embedded.model import MODEL, model_server
        from config.env import DATA_DIR
        from corpus.models import Project
        from corpus.workers import PROCESSES
        from guards.queries import find_guard
        from guards.serving import served
        from guards.training.small_guard import load_guard

        for task in ("prompt", "response"):
            self.train(task)
        local = nullcontext("") if self.small else model_server(DATA_DIR)
        with local as model_url, workers(1, processes=PROCESSES):
            for task in ("prompt", "response"):
                guard = find_guard(Project.objects.get(slug=f"scores-{task}"), "small")
                with served(load_guard(Path(guard.folder)), "small") as url:
                    self.add_guard(task, "small", "small", url, "nemoguard-v1", "--trained-on", "1.0")
                    if model_url:
                        self.add_guard(task, "local", MODEL, model_url, "brief-strict-v1", "--max-tokens", "64")
                    self.evaluate_all(task)
        print("\n".join([*HEAD, *self.rows, "", *self.details]))

    def train(self, task: str) -> None:
        """Make a project with the dialogues whose source has a label of the task, a release, and a guard."""
        from config.demo.commands import run_command

        slug = f"scores-{task}"
        dialogues, votes = self.folder / f"{task}.jsonl", self.folder / f"{task}-votes.jsonl"
        with dialogues.open("w") as all_rows, votes.open("w") as all_votes:
            for row, label in islice(labelled(task), 0, None, STEP_OF_SMALL_FORM if self.small else 1):
                native = {key: value for key, value in row.items() if key != "native"}
                all_rows.write(json.dumps(native) + "\n")
                all_votes.write(json.dumps(vote(row["id"], task, label)) + "\n")
        run_command("create_project", slug, fields=f"{task}_label", votes_wanted=1, quorum=1)
        own = DATA / "votes" / VOTED[task]
        files = [(dialogues, votes), (own / "items.jsonl.gz", own / "votes.csv.gz")]
        for items, opinions in files[:1] if self.small else files:
            run_command("import_dialogues", items, project=slug)
            run_command("import_votes", opinions, project=slug)
        run_command("adjudicate", project=slug)
        run_command("release", "1.0", project=slug, splits=(0.6, 0.4, 0.0) if self.small else (0.9, 0.1, 0.0))
        made = run_command("train_guard", "small", release="1.0", target=task, project=slug)
        self.details.append(
            f"Small guard for {task}s: trained on {made['rows']:,} labels, F1 {made['f1']:.3f} on its validation split."
        )

    def add_guard(self, task: str, name: str, model: str, url: str, prompt: str, *more: str) -> None:
        """Add a guard as a juror."""
        from config.demo.commands import run_command

        settings = {"model": model, "base_url": url, "prompt": prompt, "project": f"scores-{task}"}
        own = ["--asks", f"{task}_label", "--off-panel", "--concurrency", "2", *more]
        run_command("add_juror", name, *own, **settings)

    def evaluate_all(self, task: str) -> None:
        """Evaluate the guards on every file of a task."""
        for name in self.files:
            if TASKS.get(name, "prompt") == task:
                self.add_file(name, task)
                if self.small:
                    self.evaluate(task, "small", name, transforms=True, limit=self.sample)
                    continue
                self.evaluate(task, "small", name, transforms=name in TRANSFORMED)
                for guard in ("small", "local") if name not in TOO_MANY else ():
                    self.evaluate(task, guard, name, limit=self.sample)

    def add_file(self, name: str, task: str) -> None:
        """Add a benchmark from its file."""

        from corpus.models import Project
        from guards.actions import add_benchmark
        from guards.benchmarks.definition import find_definition

        project = Project.objects.get(slug=f"scores-{task}")
        path, definition = DATA / "benchmarks" / self.files[name], find_definition(name)
        add_benchmark(project=project, definition=definition, path=path, accept_different=True)

    def evaluate(
        self, task: str, guard: str, benchmark: str, *, transforms: bool = False, limit: int | None = None
    ) -> None:
        """Evaluate a guard, and keep its line of the table and its further figures."""
        from config.demo.commands import run_command
        from corpus.models import Project
        from guards.figures.report import report
        from guards.queries import evaluated_cases, find_evaluation
        from guards.transforms import TRANSFORMS

        options = {"transforms": list(TRANSFORMS) if transforms else [], "limit": limit}
        done = run_command(
            "evaluate_guard", juror=guard, benchmark=benchmark, wait=True, project=f"scores-{task}", **options
        )
        found = find_evaluation(Project.objects.get(slug=f"scores-{task}"), done["evaluation"])
        figures = report(evaluated_cases(found))
        self.rows.append(line(guard, benchmark, figures, done["left_out"]))
        print(self.rows[-1], flush=True)
        if limit is None:
            self.details += further(benchmark, figures)
            print("\n".join(further(benchmark, figures)), flush=True)


HEAD = (
    "| benchmark | guard | n | F1 strict (95 %) | F1 loose | recall | FPR | unreadable | left out |",
    "|---|---|---:|---:|---:|---:|---:|---:|---:|",
)


def line(guard: str, benchmark: str, figures: dict[str, Any], left_out: int) -> str:
    """Return a line of the table; without labels, the share that is flagged."""
    if figures["folds"] is None:
        shares = ", ".join(f"{fold} {share(figures['flagged'][fold])}" for fold in ("strict", "loose"))
        cells = [f"flagged {shares}", "", "", ""]
    else:
        strict, loose = figures["folds"]["strict"], figures["folds"]["loose"]
        cells = [interval(strict["f1"]), number(loose["f1"]), number(strict["recall"]), number(strict["fpr"])]
    counts = [f"{figures['unreadable']:,}", f"{left_out:,}"]
    return "| " + " | ".join([benchmark, guard, f"{figures['asked']:,}", *cells, *counts]) + " |"


def number(figure: dict[str, Any]) -> str:
    """Return a figure with two decimals."""
    return "undefined" if figure["value"] is None else f"{figure['value']:.2f}"


def interval(figure: dict[str, Any]) -> str:
    """Return a figure with its interval."""
    within = "" if figure["low"] is None else f" ({figure['low']:.2f} to {figure['high']:.2f})"
    return number(figure) + within


def share(rate: dict[str, Any]) -> str:
    """Return a rate as it is counted, and its share."""
    return f"{rate['count']} of {rate['n']}" + ("" if rate["value"] is None else f" ({rate['value']:.2f})")


def further(benchmark: str, figures: dict[str, Any]) -> list[str]:
    """Return the strict figures by kind, group and transform as tables, where there are such."""
    lines = []
    for title in SLICES:
        if found := figures["slices"].get(title):
            lines += ["", f"{benchmark} by {title}", "", "| | safe, flagged | unsafe, caught |", "|---|---:|---:|"]
            lines += [
                f"| {row['name']} | {share(row['strict']['fpr'])} | {share(row['strict']['tpr'])} |"
                for row in found["rows"]
            ]
            lines += [f"Gaps: {json.dumps(found.get('gaps'))}"]
    if figures["pairs"]:
        lines += ["", f"{benchmark}, pairs: {json.dumps(figures['pairs'])}"]
    if figures["transforms"]:
        lines += [
            "",
            f"{benchmark}, transformed",
            "",
            "| transform | evaded | false alarms | plain |",
            "|---|---:|---:|---:|",
        ]
        lines += [
            f"| {each['transform']} | {share(each['strict']['evaded'])} | {share(each['strict']['false_alarms'])} "
            f"| {share(each['strict']['false_alarms_plain'])} |"
            for each in figures["transforms"]
        ]
    return lines


def labelled(task: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the dialogues whose source has a label of the task, with it."""
    with gzip.open(DATA / "dialogues_34248.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if (label := native_label(row, task)) and (task == "prompt" or row["turns"][-1]["role"] == "assistant"):
                yield row, label


def native_label(row: dict[str, Any], task: str) -> str | None:
    """Return the label of a dialogue as its source has it; None where it has none."""
    native = row.get("native") or {}
    said = native.get(f"{task}_label")
    if row["source"] == "diasafety" and task == "response" and native.get("split") == "train":
        said = native["label"].lower()
    if task == "prompt":
        said = "unsafe" if row["source"] in ATTACKS else said
        said = native["label"] if row["source"] == "jailbreakbench" else said
    return "unsafe" if said in UNSAFE else "safe" if said in SAFE else None


def vote(item: str, task: str, label: str) -> dict[str, Any]:
    """Return the row of a vote."""
    hazard = {"categories": "other", "other_text": "as its source labels it"} if label == "unsafe" else {}
    return {"item_id": item, "rater": "source", "rater_kind": "human", f"{task}_label": label, **hazard}


if __name__ == "__main__":
    sys.exit(main())

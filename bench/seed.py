"""
Fill a project at true scale in this data directory: dialogues, six simulated raters, optionally a stub jury.

    python -m bench.seed [--project bench] [--times 1] [--dialogues N] [--jury]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.corpus import TRUE_SCALE, write_dialogues, write_votes
from bench.options import at_least_one
from config.data_dir import CHECKOUT
from config.prepare import run_command

JURORS = ("stub-0.95", "stub-0.85", "stub-0.7")


def manage(*arguments: str) -> None:
    """Print and run a management command; end if it fails."""
    print(f"$ manage.py {' '.join(arguments)}", flush=True)
    if code := run_command(["manage.py", *arguments]):
        sys.exit(code)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.seed")
    parser.add_argument("--project", default="bench")
    parser.add_argument("--times", type=at_least_one, default=1)
    parser.add_argument("--dialogues", type=at_least_one, default=TRUE_SCALE, help="fewer than all there are")
    parser.add_argument("--jury", action="store_true", help="ask three stub jurors about every item too")
    options = parser.parse_args()
    project_option = ("--project", options.project)
    manage("create_project", options.project)
    with tempfile.TemporaryDirectory() as folder:
        items = write_dialogues(Path(folder) / "dialogues.jsonl", times=options.times, count=options.dialogues)
        write_votes(Path(folder) / "votes.csv", items)
        manage("import_dialogues", f"{folder}/dialogues.jsonl", *project_option)
        manage("import_votes", f"{folder}/votes.csv", *project_option)
    if options.jury:
        convene_stub_jury(project_option)
    manage("adjudicate", *project_option)


def convene_stub_jury(project_option: tuple[str, str]) -> None:
    """Run three stub jurors over every item."""
    stub = subprocess.Popen(
        [sys.executable, "-m", "bench.stub_server"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        url = f"http://127.0.0.1:{int(stub.stdout.readline())}/v1"
        for juror in JURORS:
            manage("add_juror", juror, "--model", juror, "--base-url", url, "--concurrency", "16", *project_option)
        manage("convene_jury", "--wait", *project_option)
    finally:
        stub.terminate()


if __name__ == "__main__":
    main()

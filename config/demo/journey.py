"""The stages of the demo, each by the command that a user would run."""

import time
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from annotation.models import Vote
from annotation.slots import open_slots_for_new_items
from config.demo import guards, summary
from config.demo.commands import run_command
from config.embedded.model import MODEL, ask_past_proxies, model_server
from config.embedded.processes import wait_until
from config.env import DATA_DIR
from corpus.errors import Refused
from corpus.importing.limits import Limits
from corpus.importing.readers import RowFile
from corpus.models import Item, Project
from corpus.workers import temporary_worker, worker_is_running
from jury.models import Ballot, Juror
from releases.models import Release

FOLDER = Path(__file__).resolve().parent
JURORS = {"smollm2-plain": "brief-plain-v1", "smollm2-strict": "brief-strict-v1", "smollm2-lenient": "brief-lenient-v1"}
PEOPLE = {
    "admin": "admin",
    "guest": "annotator",
    "lead": "lead",
    **dict.fromkeys(("ada", "bruno", "chiara"), "annotator"),
}
"Names and roles. First you and a second person, who has not voted yet; the last three have."
EVALUATED = "smollm2-strict"
"The juror whose prompt the local model is evaluated with, as a guard."
SPLITS = (0.5, 0.25, 0.25)
"So that so small a release has something to choose a threshold on, and to test a guard on."
SECONDS_OF_JURY = 90
LEAST_ITEMS = 30
STEP = 10


class Journey:
    """The way from a file of dialogues to a release, and to a guard that is trained on it."""

    def __init__(self, *, input_file: str, limit: int) -> None:
        self.dialogues = Path(input_file) if input_file else FOLDER / "dialogues.jsonl"
        self.is_own = not input_file
        self.slug = "demo" if self.is_own else slugify(self.dialogues.name.split(".")[0])[:60] or "input"
        self.limit = limit
        self.began = time.monotonic()

    def run(self) -> None:
        """
        Run all stages.

        :raises Refused: if the file cannot be read; then nothing was created
        """
        RowFile(self.dialogues, Limits()).close()
        ask_past_proxies()  # before the worker takes its environment
        self.create_project()
        self.import_data()
        with temporary_worker(), model_server(DATA_DIR) as base_url:  # both start at once
            self.convene_jury(base_url)
            if version := self.adjudicate_and_release():
                guards.train_and_evaluate(self.slug, version, base_url, prompt=JURORS[EVALUATED])
        self.leave_some_open()
        summary.print_note(f"The whole run took {time.monotonic() - self.began:.0f} s.")

    def create_project(self) -> None:
        """Create the project and its members, unless it exists."""
        if not Project.objects.filter(slug=self.slug).exists():
            run_command("create_project", self.slug, name="Demo" if self.is_own else self.dialogues.name)
            for name, role in PEOPLE.items():
                run_command("create_user", name, "--role", role, project=self.slug)

    def import_data(self) -> None:
        """Import the dialogues and, for our own file, the votes of three annotators."""
        counts = run_command("import_dialogues", self.dialogues, project=self.slug)
        summary.stage(
            "Dialogues", f"{counts['created']:,} new, {counts['unchanged']:,} known, {counts['rejected']:,} refused"
        )
        if self.is_own:
            self.limit = counts["created"] + counts["unchanged"] - self.judged_count()
            counts = run_command("import_votes", FOLDER / "votes.csv", project=self.slug)
            summary.stage("Votes", f"{counts['created']:,} new, {counts['unchanged']:,} known, of three annotators")
        else:
            summary.stage("Votes", "none yet: they are cast in the pages")

    def judged_count(self) -> int:
        """Return how many dialogues have ballots; only the others of our file are judged, never those left open."""
        return Ballot.objects.filter(item__project__slug=self.slug).values("item").distinct().count()

    def leave_some_open(self) -> None:
        """Import dialogues of ours without votes, for whoever opens the pages to label."""
        if self.is_own:
            run_command("import_dialogues", FOLDER / "open_dialogues.jsonl", project=self.slug)
        # A worker does it within a minute; the pages tell what waits at once.
        open_slots_for_new_items(Project.objects.get(slug=self.slug))
        unvoted = Item.objects.filter(project__slug=self.slug).exclude(pk__in=Vote.objects.values("item"))
        summary.stage("To label", f"{unvoted.count():,} dialogues that nobody has voted on yet")

    def convene_jury(self, base_url: str) -> None:
        """Ask the local model with three prompts about as many items as the time allows."""
        for name, prompt in JURORS.items():
            self.add_juror(name, prompt, base_url)
        if not wait_until(worker_is_running, seconds=60):
            raise Refused("The worker does not answer. See worker.log in the data directory.")
        totals = self.run_jury()
        outcomes = ", ".join(f"{totals[key]:,} {key}" for key in ("cast", "abstained", "unreadable", "failed"))
        summary.stage(
            "Jury", f"{totals['items']:,} dialogues before three jurors in {totals['seconds']:.0f} s: {outcomes}"
        )
        summary.print_note(
            f"The jurors are one small local model ({MODEL}) under three prompts. It is a real model, and a weak one."
        )

    def add_juror(self, name: str, prompt: str, base_url: str) -> None:
        """Add a juror, or update its URL: the local model has another port each time."""
        juror = Juror.objects.filter(project__slug=self.slug, name=name)
        if not juror.update(base_url=base_url):
            asks = ["--asks", "prompt_label,response_label", "--concurrency", "1", "--max-tokens", "96"]
            run_command("add_juror", name, *asks, model=MODEL, base_url=base_url, prompt=prompt, project=self.slug)

    def run_jury(self) -> dict[str, Any]:
        """Run the jury in steps until the time is up or no items are left; return the summed counts."""
        totals: dict[str, Any] = dict.fromkeys(("items", "cast", "abstained", "unreadable", "failed", "seconds"), 0)
        while True:
            step = min(STEP, self.limit - totals["items"])
            report = run_command("convene_jury", limit=step, wait=True, project=self.slug) if step else {"items": 0}
            if not report["items"]:
                return totals
            for key in totals:
                totals[key] += report[key]
            is_late = totals["seconds"] + report["seconds"] > SECONDS_OF_JURY
            if self.is_own and is_late and totals["items"] >= LEAST_ITEMS:
                return totals

    def adjudicate_and_release(self) -> str:
        """
        Count the opinions, make a release if anything is decided, and print agreement and scores.

        :return: the version of the release; empty if there is none
        """
        counts = run_command("adjudicate", project=self.slug)
        statuses = ", ".join(f"{counts[key]:,} {key}" for key in ("decided", "settled", "disputed", "pending"))
        summary.stage("Adjudication", statuses)
        project = Project.objects.select_related("taxonomy").get(slug=self.slug)
        version = f"{Release.objects.filter(project=project).count() + 1}.0"
        if not counts["decided"] + counts["settled"]:
            summary.stage("Release", "none: nothing is decided yet")
            return ""
        made = run_command("release", version, splits=SPLITS, project=self.slug)
        summary.stage("Release", f"version {made['version']} with {made['rows']:,} labelled dialogues")
        summary.agreement_and_scores(project, FOLDER / "reference.csv" if self.is_own else None)
        summary.files(Release.objects.get(project=project, version=version))
        return version

    def print_invitations(self, address: str) -> None:
        """Print where to sign in, and the links by which you, a second person and the others set their passwords."""
        links = []
        for name, role in PEOPLE.items():
            made = run_command("create_user", name, "--role", role, project=self.slug)
            links.append((name, role, made["invite_url"]))
        summary.sign_in(address, links)

"""The stages of the demo, each through the command a user would type."""

import io
import json
import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.utils.text import slugify

from config.demo import summary
from config.embedded.model import MODEL, model_server
from config.embedded.processes import wait_until
from config.env import DATA_DIR
from corpus.errors import Refused
from corpus.importing.limits import Limits
from corpus.importing.readers import RowFile
from corpus.models import Project
from jury.models import Juror
from jury.workers import temporary_worker, worker_is_running
from releases.models import Release

FOLDER = Path(__file__).resolve().parent
JURORS = {"smollm2-plain": "brief-plain-v1", "smollm2-strict": "brief-strict-v1", "smollm2-lenient": "brief-lenient-v1"}
PEOPLE = {"lead": "lead", "ada": "annotator", "bruno": "annotator", "chiara": "annotator"}
SECONDS_OF_JURY = 90
LEAST_ITEMS = 30
STEP = 10


def run(command: str, *arguments: object, **options: Any) -> dict[str, Any]:
    """Run a management command and give the JSON of its last line; a refused row is no failure here."""
    output = io.StringIO()
    try:
        call_command(command, *(str(argument) for argument in arguments), stdout=output, **options)
    except SystemExit as end:
        if end.code not in (0, 1):
            raise
    answer: dict[str, Any] = json.loads(output.getvalue().splitlines()[-1])
    return answer


class Journey:
    """From a file of dialogues to a release."""

    def __init__(self, *, input_file: str, limit: int) -> None:
        self.dialogues = Path(input_file) if input_file else FOLDER / "dialogues.jsonl"
        self.is_own = not input_file
        self.slug = "demo" if self.is_own else slugify(self.dialogues.name.split(".")[0])[:60] or "input"
        self.limit = None if self.is_own else limit
        self.began = time.monotonic()

    def travel(self) -> None:
        """
        :raises Refused: if there is no such file; before anything is made for it
        """
        RowFile(self.dialogues, Limits()).close()
        self.prepare()
        self.take_in()
        self.convene()
        self.conclude()

    def prepare(self) -> None:
        if not Project.objects.filter(slug=self.slug).exists():
            run("create_project", self.slug, name="Demo" if self.is_own else self.dialogues.name)
            for name, role in PEOPLE.items():
                run("create_user", name, "--role", role, project=self.slug)

    def take_in(self) -> None:
        read = run("import_dialogues", self.dialogues, project=self.slug)
        summary.stage(
            "Dialogues", f"{read['created']:,} new, {read['unchanged']:,} known, {read['rejected']:,} refused"
        )
        if self.is_own:
            read = run("import_votes", FOLDER / "votes.csv", project=self.slug)
            summary.stage("Votes", f"{read['created']:,} new, {read['unchanged']:,} known, of three annotators")
        else:
            summary.stage("Votes", "none yet: they are cast in the pages")

    def convene(self) -> None:
        """Ask the local model, under three prompts, about as many items as fit in the time."""
        with model_server(DATA_DIR) as base_url, temporary_worker():
            for name, prompt in JURORS.items():
                self.slot(name, prompt, base_url)
            if not wait_until(worker_is_running, seconds=60):
                raise Refused("The worker does not answer. See worker.log in the home.")
            heard = self.hear()
        outcomes = ", ".join(f"{heard[key]:,} {key}" for key in ("cast", "abstained", "unreadable", "failed"))
        summary.stage(
            "Jury", f"{heard['items']:,} dialogues before three jurors in {heard['seconds']:.0f} s: {outcomes}"
        )
        summary.note(f"The jurors are one small local model ({MODEL}) under three prompts. It is real, and weak.")

    def slot(self, name: str, prompt: str, base_url: str) -> None:
        """Add a juror or, since the local model gets another port each time, tell it where the model is now."""
        found = Juror.objects.filter(project__slug=self.slug, name=name)
        if not found.update(base_url=base_url):
            asks = ["--asks", "prompt_label,response_label", "--concurrency", "1", "--max-tokens", "96"]
            run("add_juror", name, *asks, model=MODEL, base_url=base_url, prompt=prompt, project=self.slug)

    def hear(self) -> dict[str, Any]:
        total: dict[str, Any] = dict.fromkeys(("items", "cast", "abstained", "unreadable", "failed", "seconds"), 0)
        while True:
            step = STEP if self.limit is None else min(STEP, self.limit - total["items"])
            heard = run("convene_jury", limit=step, wait=True, project=self.slug) if step else {"items": 0}
            if not heard["items"]:
                return total
            for key in total:
                total[key] += heard[key]
            is_late = total["seconds"] + heard["seconds"] > SECONDS_OF_JURY
            if self.limit is None and is_late and total["items"] >= LEAST_ITEMS:
                return total

    def conclude(self) -> None:
        counts = run("adjudicate", project=self.slug)
        statuses = ", ".join(f"{counts[key]:,} {key}" for key in ("decided", "settled", "disputed", "pending"))
        summary.stage("Adjudication", statuses)
        project = Project.objects.select_related("taxonomy").get(slug=self.slug)
        version = f"{Release.objects.filter(project=project).count() + 1}.0"
        if not counts["decided"] + counts["settled"]:
            summary.stage("Release", "none: nothing is decided yet")
            return
        made = run("release", version, project=self.slug)
        summary.stage("Release", f"version {made['version']} with {made['rows']:,} labelled dialogues")
        summary.agreement_and_scores(project, FOLDER / "reference.csv" if self.is_own else None)
        summary.files(Release.objects.get(project=project, version=version))
        summary.note(f"The whole run took {time.monotonic() - self.began:.0f} s.")

    def invite(self, address: str) -> None:
        """Show how to come in: an account has no password until its owner sets one."""
        for name, role in PEOPLE.items():
            print(f"  {name} ({role}): {run('create_user', name, '--role', role, project=self.slug)['invite_url']}")
        print(f"Open a link to set that account's password, then sign in at {address}/sign-in/", flush=True)

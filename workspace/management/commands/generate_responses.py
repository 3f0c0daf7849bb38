"""Generate responses or refusals."""

import time
from typing import Any

from django.core.management.base import CommandParser

from jury.actions import estimate_generation
from jury.commands import RunCommand
from jury.queries import generator_named
from workspace import actions


class Command(RunCommand):
    help = (
        "Have a generator write: a response for every prompt-only item that nobody has judged or, where its prompt "
        "declines, a refusal for every unsafe prompt."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--generator", required=True, metavar="NAME", help="as add_generator named it")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        generator = generator_named(project, options["generator"])
        if options["estimate"]:
            items = actions.items_for_generator(project=project, generator=generator, limit=options["limit"])
            estimate = estimate_generation(project=project, generator=generator, items=items)
            cost = float(estimate.cost_usd)
            self.print_result({"calls": estimate.calls, "cost_usd": cost, "minutes": estimate.minutes})
            return
        began = time.monotonic()
        has_worker = self.check_worker(waits=options["wait"])
        run = actions.start_generator(
            project=project,
            generator=generator,
            limit=options["limit"],
            budget_usd=options["budget"],
            max_calls=options["max_calls"],
        )
        self.enqueue_and_wait(run, has_worker=has_worker, waits=options["wait"])
        published = actions.publish_generated(project=project)
        if published.left:
            self.print_note(
                f"{published.left} responses are not published: somebody has judged, or is judging, the item as it was."
            )
        self.report_result(run, time.monotonic() - began, placed=published.responses + published.refusals)

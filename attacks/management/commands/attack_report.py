"""Say how often attacks succeeded."""

from typing import Any

from attacks.queries import report_on
from attacks.serializers import as_report
from corpus.commands import ProjectCommand


class Command(ProjectCommand):
    also_archived = True
    help = "Say how often attacks of the red-team room succeeded, by the labels that others gave."

    def handle(self, **options: Any) -> None:
        report = as_report(report_on(self.project(options)))
        for title, name in (("by_target", "model"), ("by_technique", "technique"), ("by_goal", "goal")):
            for rate in report[title]:  # type: ignore[literal-required]  # keys of the shape
                share = "no label yet" if rate["rate"] is None else f"{rate['rate']:6.1%}"
                self.print_note(
                    f"{name:10} {rate['name'][:40]:40} {rate['succeeded']:6,} of {rate['labelled']:6,} {share}"
                )
        self.print_result(dict(report))

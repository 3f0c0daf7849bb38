"""`disagreement`: print why people disagree."""

from typing import Any

from adjudication.actions import recount_if_changed
from adjudication.commands import PolicyCommand
from adjudication.policies import policy_of
from corpus.snapshot import snapshot
from quality.reports.arrays import read_opinions
from quality.reports.disagreement import DISAGREEMENT, disagreement_reports


class Command(PolicyCommand):
    also_archived = True
    help = (
        "Tell slips, unclear rules and different values of people apart on each label field, with the share of the "
        "disagreement that each explains and its interval. Undefined is null."
    )

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        policy = policy_of(project, options["policy"])
        if not project.archived_at:
            recount_if_changed(project=project, policy_name=policy.name)
        with snapshot():
            reports = disagreement_reports(project, read_opinions(project), policy)
        self.print_result(reports[DISAGREEMENT])

from typing import Any

from django.core.management.base import CommandParser

from adjudication import actions
from adjudication.actions.policy_change import compare, proposal
from adjudication.policies import POLICIES
from corpus.commands import ProjectCommand
from corpus.errors import Invalid, Refused


class Command(ProjectCommand):
    help = (
        "Give a project another policy, quorum or meaning of needs_caution, and recount it; or say what would change."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("policy", nargs="?", choices=sorted(POLICIES), metavar="POLICY", help="default: as it is")
        parser.add_argument("--quorum", help="a number, or own for the policy's own; default: as it is")
        parser.add_argument("--caution", choices=["safe", "unsafe", "own"], help="default: as it is")
        parser.add_argument("--reason", default="", help="needed to change anything; it stays with the change")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        wanted = {
            "policy": options["policy"] or project.policy,
            "quorum": project.quorum if options["quorum"] is None else quorum_of(options["quorum"]),
            "caution": {None: project.caution, "own": None}.get(options["caution"], options["caution"]),
        }
        try:
            if options["dry_run"]:
                found = compare(project, proposal(project, **wanted), limit=0)
            else:
                found = actions.change_policy(project=project, by=None, reason=options["reason"], **wanted)
        except Invalid as error:
            raise Refused(f"{error.field}: {error.reason}.") from error
        self.print_result(
            {
                **wanted,
                "changed": not options["dry_run"],
                "labels": found.labels,
                "categories": found.categories,
                "cases_opened": found.opens,
                "cases_closed": found.closes,
                "kinds": found.counts,
            }
        )


def quorum_of(text: str) -> int | None:
    if text == "own":
        return None
    if not text.isdecimal():
        raise Refused(f"--quorum takes a number or own, not {text!r}.")
    return int(text)

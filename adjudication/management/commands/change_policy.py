"""Change the policy of a project, or show what a change would do."""

from typing import Any

from django.core.management.base import CommandParser

from adjudication import actions
from adjudication.actions.policy_change import compare, proposal
from adjudication.panel_scores import ScoreBy
from adjudication.policies import POLICIES
from corpus.commands import ProjectCommand
from corpus.errors import Invalid, Refused
from corpus.models import Project


class Command(ProjectCommand):
    help = (
        "Change the policy, quorum or meaning of needs_caution of a project, and recount it; or show what would change."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("policy", nargs="?", choices=sorted(POLICIES), metavar="POLICY", help="default: unchanged")
        parser.add_argument("--quorum", help="a number, or own for the policy's own; default: unchanged")
        parser.add_argument("--caution", choices=["safe", "unsafe", "own"], help="default: unchanged")
        share = "under certified: a share such as 0.05, or own for the policy's own; default: unchanged"
        parser.add_argument("--error", help=f"labels by jurors alone that may be wrong, {share}")
        parser.add_argument("--risk", help=f"the probability that this is not kept, {share}")
        parser.add_argument(
            "--score-by",
            choices=[*ScoreBy, "own"],
            help="under certified, the score of a label by jurors: the share of the ballots that give it (own), or the "
            "mean probability that they give it; default: unchanged",
        )
        parser.add_argument("--reason", default="", help="required for a change; stored with it")
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        chosen = {
            "policy": options["policy"] or project.policy,
            "quorum": project.quorum if options["quorum"] is None else parse_quorum(options["quorum"]),
            "caution": {None: project.caution, "own": None}.get(options["caution"], options["caution"]),
        }
        promise = {
            name: getattr(project, f"certified_{name}") if options[name] is None else parse_share(name, options[name])
            for name in ("error", "risk")
        }
        # Under other policies neither is told, so that the result stays as it was.
        chosen |= promise if chosen["policy"] == "certified" or any(promise.values()) else {}
        if options["score_by"] or project.certified_score_by:
            chosen["score_by"] = parse_score_by(project, options["score_by"])
        try:
            if options["dry_run"]:
                difference = compare(project, proposal(project, **chosen), limit=0)
            else:
                difference = actions.change_policy(project=project, by=None, reason=options["reason"], **chosen)
        except Invalid as error:
            raise Refused(f"{error.field}: {error.reason}.") from error
        self.print_result(
            {
                **chosen,
                "changed": not options["dry_run"],
                "labels": difference.labels,
                "categories": difference.categories,
                "cases_opened": difference.cases_opened,
                "cases_closed": difference.cases_closed,
                "kinds": difference.counts,
            }
        )


def parse_share(name: str, text: str) -> float | None:
    """
    Return the number in --error or --risk; None for own.

    :raises Refused: if it is neither a number nor own
    """
    try:
        return None if text == "own" else float(text)
    except ValueError as error:
        raise Refused(f"--{name} takes a number such as 0.05, or own, not {text!r}.") from error


def parse_score_by(project: Project, text: str | None) -> str | None:
    """Return the setting that --score-by names; None for the policy's own, and for the share, which is that."""
    if text is None:
        return project.certified_score_by
    return None if text in ("own", ScoreBy.SHARE) else text


def parse_quorum(text: str) -> int | None:
    """
    Return the number in --quorum; None for own.

    :raises Refused: if it is neither a number nor own
    """
    if text == "own":
        return None
    if not text.isdecimal():
        raise Refused(f"--quorum takes a number or own, not {text!r}.")
    return int(text)

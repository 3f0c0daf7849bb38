"""Create a project, by options or from a project file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from adjudication.policies import check_share
from corpus import actions
from corpus.commands import Command as Base
from corpus.errors import Refused
from corpus.labels import FIELDS
from corpus.models import Project
from workspace.actions import project_from_document
from workspace.project_files.reading import MOST_BYTES, read_document

PROMISE = ("error", "risk")
SETTINGS = ("taxonomy", "policy", "votes_wanted", "quorum", "caution", *PROMISE, "score_by", "fields", "split_by")
"Options that a project file has in their place."


class Command(Base):
    help = "Create a project, by options or with the settings of a project file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--name", default="", help="default: that in the file, or else the slug")
        parser.add_argument("--from", dest="file", type=Path, metavar="FILE", help="a file of make_project_file")
        parser.add_argument("--taxonomy", help="default: aegis2")
        parser.add_argument("--policy", choices=Project.Policy.values, help="default: majority")
        parser.add_argument("--votes-wanted", type=int, metavar="N", help="people an item wants; default 3")
        parser.add_argument("--quorum", type=int, metavar="N", help="replaces the policy's own")
        parser.add_argument("--caution", choices=Project.Caution.values, help="what needs_caution counts as")
        parser.add_argument(
            "--error",
            type=float,
            metavar="E",
            help="certified: the share that may be wrong, 0.001 to 0.5; default 0.05",
        )
        parser.add_argument(
            "--risk", type=float, metavar="D", help="certified: how probable that is exceeded, likewise; default 0.1"
        )
        parser.add_argument(
            "--score-by",
            choices=Project.ScoreBy.values,
            help="certified: the score of a label by jurors, as the share of the ballots that give it or the mean "
            "probability that they give it; default share",
        )
        parser.add_argument("--fields", help=f"labels wanted, joined by commas; default {','.join(FIELDS)}")

        parser.add_argument(
            "--split-by",
            choices=Project.SplitBy.values,
            help="what releases keep in one split: equal prompts, or clusters of near-duplicates; default cluster",
        )

    def handle(self, **options: Any) -> None:
        settings = {name: options[name] for name in SETTINGS if options[name] is not None}
        project = self.from_file(settings, options) if options["file"] else self.by_options(settings, options)
        self.print_result({"project": project.slug})

    def by_options(self, settings: dict[str, Any], options: dict[str, Any]) -> Project:
        """Create a project with the given settings, and the defaults of the others."""
        if "fields" in settings:
            settings["fields"] = [field.strip() for field in settings["fields"].split(",")]
        for name in PROMISE:
            check_share(name, share := settings.pop(name, None))
            settings[f"certified_{name}"] = share
        settings["certified_score_by"] = settings.pop("score_by", None)
        return actions.create_project(slug=options["slug"], name=options["name"], **settings)

    def from_file(self, settings: dict[str, Any], options: dict[str, Any]) -> Project:
        """
        Create a project with the settings of a file.

        :raises Refused: if other settings are given beside it, or it cannot be read
        """
        if settings:
            option = f"--{min(settings).replace('_', '-')}"
            raise Refused(f"{option} comes from the file. Leave it out, and change the project afterwards.")
        try:
            with options["file"].open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise Refused(f"{options['file']} cannot be read: {error.strerror}.") from error
        return project_from_document(read_document(content), slug=options["slug"], name=options["name"])

"""Train the small guard on a release."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from corpus.labels import FIELDS, Field
from guards import actions

TARGETS = {field.part: (field,) for field in FIELDS} | {"both": FIELDS}


class Command(ProjectCommand):
    help = "Train the small guard on the training split of a release. The same release gives the same guard."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--release", required=True, metavar="V")
        parser.add_argument("--target", choices=TARGETS, default=Field.PROMPT.part, help="what it judges (prompt)")

    def handle(self, **options: Any) -> None:
        fields = TARGETS[options["target"]]
        guard = actions.train_guard(
            project=self.project(options), name=options["name"], version=options["release"], fields=fields
        )
        heads = guard.manifest["heads"]
        for part, head in heads.items():
            self.print_note(f"{part}: {head['rows']:,} labels, F1 on validation {head['f1']:.3f}")
        first = heads[fields[0].part]
        result = {"guard": guard.name, **{name: first[name] for name in ("rows", "f1", "threshold")}}
        more = {"heads": heads} if len(heads) > 1 else {}
        self.print_result({**result, "sha256": guard.sha256, **more})

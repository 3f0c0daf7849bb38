"""Push a release to the Hugging Face Hub or to S3."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from releases.pushing.push import push_release


class Command(ProjectCommand):
    also_archived = True
    help = "Push a release to a dataset of the Hugging Face Hub (private, unless --public) or to a bucket of S3."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("release_version", metavar="VERSION")
        parser.add_argument("--to", required=True, metavar="PLACE", help="hf:NAMESPACE/NAME or s3://BUCKET/PREFIX")
        parser.add_argument("--public", action="store_true", help="let everybody read a new dataset of the Hub")
        parser.add_argument(
            "--key-env", default="", metavar="NAME", help="variable with the key; default PUSH_KEY_HF or PUSH_KEY_S3"
        )

    def handle(self, **options: Any) -> None:
        pushed = push_release(
            project=self.project(options),
            version=options["release_version"],
            to=options["to"],
            key_name=options["key_env"],
            is_public=options["public"],
        )
        if not pushed.sent:
            self.print_note(f"{pushed.url} has the release already: nothing was sent.")
        if pushed.others:
            self.print_note(f"Not of this release, and left alone: {', '.join(pushed.others)}")
        self.print_result(
            {
                "url": pushed.url,
                "sent": len(pushed.sent),
                "unchanged": len(pushed.unchanged),
                "private": pushed.is_private,
            }
        )

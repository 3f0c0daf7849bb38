"""Change a juror's limits and prices, or take it off the panel."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from corpus.errors import Refused
from jury import actions, queries
from jury.commands import add_probability_argument, add_request_arguments
from jury.models import Juror

OPTIONS = {
    "rpm": "requests_per_minute",
    "tpm": "tokens_per_minute",
    "concurrency": "concurrency",
    "timeout": "timeout_seconds",
    "price_in": "price_in",
    "price_out": "price_out",
    "api_key_env": "api_key_env",
    "transport": "transport",
    "trained_on": "trained_on",
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "max_tokens_parameter": "max_tokens_parameter",
    "extra_body": "extra_body",
    "response_format": "response_format",
    "asks_probability": "asks_probability",
}


def parse_rate(text: str) -> int | None:
    """Parse a rate a minute; None for `none`, which means no limit."""
    return None if text == "none" else int(text)


def parse_price(text: str) -> Decimal:
    """
    Parse a price in US dollars.

    :raises ValueError: if it is no number
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError from None


class Command(ProjectCommand):
    help = (
        "Change a juror's limits and prices, or whether it is on the panel: its answers do not depend on these. "
        "The other options are for a juror that has not answered yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        panel = parser.add_mutually_exclusive_group()
        panel.add_argument("--retire", dest="in_panel", action="store_false", default=None, help="off the panel")
        panel.add_argument("--reseat", dest="in_panel", action="store_true", default=None, help="on the panel again")
        parser.add_argument("--rpm", type=parse_rate, metavar="N|none", help="requests a minute, over all workers")
        parser.add_argument("--tpm", type=parse_rate, metavar="N|none", help="tokens a minute, over all workers")
        parser.add_argument("--concurrency", type=int, metavar="N", help="requests at once in one shard")
        parser.add_argument("--timeout", type=int, metavar="S", help="seconds that one call may take")
        parser.add_argument("--price-in", type=parse_price, metavar="X", help="US dollars a million prompt tokens")
        parser.add_argument("--price-out", type=parse_price, metavar="Y", help="US dollars a million answer tokens")
        parser.add_argument("--api-key-env", metavar="VAR", help="environment variable that holds the key")
        parser.add_argument("--transport", choices=Juror.Transport.values, help="batch: in files, within a day")
        parser.add_argument(
            "--trained-on", metavar="V|none", type=lambda text: "" if text == "none" else text,
            help="the release of this project that its model was trained on",
        )  # fmt: skip
        parser.add_argument("--response-format", choices=Juror.ResponseFormat.values)
        add_probability_argument(parser, ...)
        add_request_arguments(parser, temperature=..., max_tokens=..., parameter=..., extra_body=...)
        # None means "no limit" here, so `...` marks the options that were left out.
        parser.set_defaults(**dict.fromkeys(OPTIONS, ...))

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        changes = {field: options[name] for name, field in OPTIONS.items() if options[name] is not ...}
        if options["in_panel"] is not None:
            changes["in_panel"] = options["in_panel"]
        if not changes:
            raise Refused("Say what to change: --retire, --reseat, --rpm, --price-in and so on (see --help).")
        juror = queries.panel(project, [options["name"]])[0]
        changed = actions.change_juror(juror=juror, **changes)
        self.print_result({"juror": changed.name, "in_panel": changed.in_panel, "changed": sorted(changes)})

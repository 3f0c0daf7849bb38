from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from jury import actions
from jury.models import Juror
from jury.prompting import ASKABLE


def fields(text: str) -> list[str]:
    asked = [field.strip() for field in text.split(",")]
    if set(asked) - set(ASKABLE):
        raise ValueError
    return [field for field in ASKABLE if field in asked]


class Command(ProjectCommand):
    help = "Put a model on the project's panel of jurors."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--model", required=True, metavar="M")
        parser.add_argument("--base-url", required=True, metavar="URL", help="an OpenAI-compatible endpoint, as …/v1")
        parser.add_argument("--api-key-env", default="", metavar="VAR", help="environment variable that holds the key")
        parser.add_argument("--prompt", default="full-policy-v2", metavar="VERSION")
        parser.add_argument("--asks", type=fields, default=list(ASKABLE), help=f"default {','.join(ASKABLE)}")
        parser.add_argument("--rpm", type=int, metavar="N", help="requests a minute, over all workers")
        parser.add_argument("--tpm", type=int, metavar="N", help="tokens a minute, over all workers")
        parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="requests at once in one shard")
        parser.add_argument("--price-in", default="0", metavar="X", help="US dollars a million prompt tokens")
        parser.add_argument("--price-out", default="0", metavar="Y", help="US dollars a million answer tokens")
        parser.add_argument("--temperature", type=float, default=0.0, metavar="T")
        parser.add_argument("--max-tokens", type=int, default=512, metavar="N", help="of one answer")
        parser.add_argument("--timeout", type=int, default=120, metavar="S", help="seconds that one call may take")
        parser.add_argument(
            "--response-format", choices=Juror.ResponseFormat.values, default=Juror.ResponseFormat.JSON_SCHEMA.value
        )

    def handle(self, **options: Any) -> None:
        juror = actions.add_juror(
            project=self.project(options),
            name=options["name"],
            prompt=options["prompt"],
            base_url=options["base_url"],
            model=options["model"],
            api_key_env=options["api_key_env"],
            asks=options["asks"],
            requests_per_minute=options["rpm"],
            tokens_per_minute=options["tpm"],
            concurrency=options["concurrency"],
            price_in=options["price_in"],
            price_out=options["price_out"],
            temperature=options["temperature"],
            max_tokens=options["max_tokens"],
            response_format=options["response_format"],
            timeout_seconds=options["timeout"],
        )
        self.answer({"juror": juror.name})

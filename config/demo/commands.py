"""Run commands of the demo as a user would."""

import io
import json
from typing import Any

from django.core.management import call_command


def run_command(command: str, *arguments: object, **options: Any) -> dict[str, Any]:
    """Run a management command and return the JSON of its last line. Rejected rows are not an error here."""
    output = io.StringIO()
    try:
        call_command(command, *(str(argument) for argument in arguments), stdout=output, **options)
    except SystemExit as end:
        if end.code not in (0, 1):
            raise
    result: dict[str, Any] = json.loads(output.getvalue().splitlines()[-1])
    return result

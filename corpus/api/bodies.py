"""Parsers of bodies that are no JSON."""

from typing import IO, Any

from rest_framework.parsers import BaseParser


class WholeBody(BaseParser):
    """Leave the body unread, because it is the file."""

    media_type = "*/*"

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        return {"stream": stream}

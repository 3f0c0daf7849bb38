"""Parse the bodies of REST calls."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser as PlainJSONParser
from rest_framework.utils.json import strict_constant

MOST_BYTES = 2**21
"Bytes of a JSON body: a vote with all its texts, or a release with all its licences, has far fewer."


class TooLarge(APIException):
    """A body has more bytes than any call needs."""

    status_code = 413
    default_code = "too_large"
    default_detail = f"The body has more than {MOST_BYTES:,} bytes."


class JSONParser(PlainJSONParser):
    """A parser of JSON that takes a body as a whole or not at all, and never reads more than any call needs."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - the names are the library's
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """
        Return the parsed body.

        :raises TooLarge: if it has too many bytes
        :raises ParseError: if it is not JSON in valid UTF-8, has a key twice in one object, or is nested too deeply
        """
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge
        try:
            parsed = json.loads(body.decode(), parse_constant=strict_constant, object_pairs_hook=unique_pairs)
            if b"\\u" in body:
                json.dumps(parsed, ensure_ascii=False).encode()  # fails on half a character, such as "\ud83d"
        except UnicodeError:
            raise ParseError("JSON parse error - a text is not valid Unicode, or not sent in UTF-8") from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        return parsed


def unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return the pairs of an object as a dict.

    :raises ValueError: if a key is there twice, where readers disagree on which value counts
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:60]!r} is there twice")
    return made

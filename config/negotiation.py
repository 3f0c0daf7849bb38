from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class FixedRenderer(DefaultContentNegotiation):
    """Every route answers in a form of its own, whatever the caller says they accept."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - the names are the library's
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        ours = next(iter(renderers))
        return ours, ours.media_type

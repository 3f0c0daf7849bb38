"""Content negotiation of the REST routes."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class FixedRenderer(DefaultContentNegotiation):
    """Always use the first renderer of a route, whatever the request accepts."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - the names are the library's
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer and its media type."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type

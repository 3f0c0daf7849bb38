"""The OpenAPI description of the REST routes, and the page that shows it. Both need no sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.response import Response


class Schema(SpectacularJSONAPIView):
    """OpenAPI 3.1, as JSON. It depends on the code alone, so each process builds it once."""

    permission_classes = ()
    authentication_classes = ()
    throttle_classes = ()
    cached: Response | None = None

    def _get_schema_response(self, request: Request) -> Response:
        view = type(self)
        if view.cached is None:
            view.cached = super()._get_schema_response(request)
        return Response(view.cached.data, headers=dict(view.cached.headers))


def docs(request: HttpRequest) -> HttpResponse:
    """Show the routes with forms to try them. All scripts come from this server."""
    return render(request, "api/docs.html")

"""The description of the REST routes, for programs and for people. Whoever reaches the pages may read it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.response import Response


class Schema(SpectacularJSONAPIView):
    """OpenAPI 3.1, as JSON. It is the code's own, so it is made once a process."""

    permission_classes = ()
    authentication_classes = ()
    throttle_classes = ()
    made: Response | None = None

    def _get_schema_response(self, request: Request) -> Response:
        kept = type(self)
        if kept.made is None:
            kept.made = super()._get_schema_response(request)
        return Response(kept.made.data, headers=dict(kept.made.headers))


def docs(request: HttpRequest) -> HttpResponse:
    """Show the routes with forms to try them; the scripts are ours, and ask nobody else."""
    return render(request, "api/docs.html")

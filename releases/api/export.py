"""Export the dataset over HTTP: streamed from one snapshot, with constant memory."""

from datetime import datetime
from typing import ClassVar

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from adjudication.policies import policy_of
from adjudication.queries import kept_recount
from adjudication.visible_opinions import open_download
from corpus.access import Role
from corpus.api.base import ProjectView
from releases.exporting import OPINION_FORMATS, ExportQuery
from releases.serializers import ExportSerializer
from releases.shapes import RowShape
from releases.streaming import CONTENT_TYPES, export_etag, export_response, is_known, not_modified, take_slot

OTHER_TYPES = [kind for form, kind in CONTENT_TYPES.items() if form != "json"]


class Export(ProjectView):
    """
    The decided and settled items as `json`, `jsonl`, `csv` or `parquet`, by id; all but `json` with the decided answers
    to questions, if the project has any. `jsonl` and `parquet` say besides how many opinions say what, so that you get
    409 while you hold a case that you have not labelled blind.

    `Last-Modified` and `X-As-Of` say when opinions were counted: under the project's own policy by the schedule, under
    another one while the request runs, which stores nothing. So another policy takes longer, and is as fresh. Asked
    again with `If-None-Match` it answers 304 while nothing has changed.
    """

    least_role: ClassVar[Role] = Role.LEAD
    tag = "export"
    also_fails_with = ("409",)

    @extend_schema(
        parameters=[
            ExportSerializer,
            OpenApiParameter("If-None-Match", location="header", description="An `ETag`: 304 while nothing changed."),
        ],
        responses={
            (200, "application/json"): list[RowShape],
            **{(200, kind.partition(";")[0]): OpenApiTypes.BINARY for kind in OTHER_TYPES},
            304: None,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        serializer = ExportSerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        options = serializer.validated_data
        policy = policy_of(self.project, options["policy"])
        recount = kept_recount(self.project, policy)
        as_of = recount.counted_at if recount else timezone.now()
        query = ExportQuery(
            self.project,
            policy.name,
            truncate=options["truncate"],
            licenses=tuple(options["license"]) or None,
            raw=options["raw"],
            bom=options["bom"],
            counts_now=recount is None,
        )
        response = self.respond(request, query, options["format"], as_of)
        response["X-As-Of"] = as_of.isoformat()
        response["Last-Modified"] = http_date(as_of.timestamp())
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ("Accept-Encoding", "Authorization", "Cookie"))
        return response

    def respond(self, request: Request, query: ExportQuery, form: str, as_of: datetime) -> HttpResponseBase:
        """
        Return the export, or 304 if the client has it already.

        :raises Throttled: if as many exports as may be are under way
        :raises BlindFirst: if the person must label a case blind before they see labels under another policy, or counts
        """
        with take_slot() as slot:
            # Another policy labels items that are disputed under the own one.
            if query.policy != self.project.policy or form in OPINION_FORMATS:
                if is_known(request, etag := export_etag(query, form)):
                    return not_modified(etag)
                shown = f"{form} export under {query.policy}"
                open_download(self.access.user, self.project, name=shown, until=as_of)
            return export_response(request, query, form, slot.pop_all(), name=f"{self.project.slug}.{form}")

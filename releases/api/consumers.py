"""Export the dataset for a consumer over HTTP, as an archive."""

from django.http import Http404, HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from adjudication.policies import policy_of
from adjudication.queries import kept_recount
from releases.api.releases import ReleaseView
from releases.consumers import CONSUMERS
from releases.consumers.downloads import archive_response
from releases.consumers.source import LiveSource, StoredSource
from releases.exporting import ExportQuery
from releases.serializers import ExportForSerializer

CONSUMER = OpenApiParameter("consumer", enum=sorted(CONSUMERS), location="path", description="The tool to write for.")


class ExportFor(ReleaseView):
    """
    The decided and settled items, or a release, as a zip archive of files that another tool loads: `hf`, `messages`,
    `pyrit`, `inspect`, `nemo-guardrails` or `openinference`.

    409 if no dialogue has a place in the files, if a file of the release is not what was made or it was made before
    releases had Parquet splits, or while you hold a case that you have not labelled blind: the files say how opinions
    fell.
    """

    tag = "export"
    also_fails_with = ("409",)

    @extend_schema(
        parameters=[CONSUMER, ExportForSerializer], responses={(200, "application/zip"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, slug: str, consumer: str) -> HttpResponseBase:
        if consumer not in CONSUMERS:
            raise Http404(f"There is no consumer {consumer!r}. Known: {', '.join(CONSUMERS)}.")
        serializer = ExportForSerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        user, version = self.access.user, serializer.validated_data["release"]
        if version:
            release = self.release_named(version)
            source = StoredSource(release)
            return archive_response(request, user, self.project, consumer, source, until=release.made_at)
        policy = policy_of(self.project, serializer.validated_data["policy"])
        recount = kept_recount(self.project, policy)
        live = LiveSource(ExportQuery(self.project, policy.name, counts_now=recount is None))
        until = recount.counted_at if recount else timezone.now()
        return archive_response(request, user, self.project, consumer, live, until=until)

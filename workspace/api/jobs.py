"""REST routes that upload files and follow jobs."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.access import Role
from corpus.api.base import PAGE, NewestFirst, NumberedView, ProjectView, page_of
from corpus.api.bodies import WholeBody
from corpus.errors import Invalid
from corpus.importing.options import FORM_NAMES, ReadOptions, parse_columns
from workspace import actions
from workspace.forms.imports import check_one_file
from workspace.models import Job
from workspace.rejected_rows import rejected_rows_response
from workspace.serializers import UPLOADED, UploadSerializer, accepted, as_job
from workspace.shapes import AcceptedShape, JobShape
from workspace.tasks import enqueue_job


class Upload(ProjectView):
    """
    Take a file to import: as the part `file` of a form, or as the whole body with its `name` in the query.

    `kind`, `name`, `form`, `map` and `make_ids` may be fields of the form, or in the query. 202 with the job: a worker
    imports it.
    """

    heavy_methods = ("POST",)
    least_role: ClassVar[Role] = Role.ADMIN
    tag = "jobs"
    parser_classes = (MultiPartParser, WholeBody)

    @extend_schema(
        parameters=[UploadSerializer],
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "kind": {"type": "string", "enum": [kind.value for kind in UPLOADED]},
                    "name": {"type": "string"},
                    "form": {"type": "string", "enum": list(FORM_NAMES)},
                    "map": {"type": "array", "items": {"type": "string"}},
                    "make_ids": {"type": "boolean"},
                },
                "required": ["file"],
            },
            "application/octet-stream": OpenApiTypes.BINARY,
        },
        responses={202: AcceptedShape},
    )
    def post(self, request: Request, slug: str) -> Response:
        if int(request.headers.get("Content-Length") or 0) > settings.UPLOAD_BYTES + 2**16:
            raise actions.TooLarge(f"The file has more than {settings.UPLOAD_BYTES:,} bytes.")
        query = UploadSerializer(data=upload_fields(request))
        query.is_valid(raise_exception=True)
        content, name = uploaded_file(request, query.validated_data["name"])
        job = actions.begin_import(
            project=self.project,
            kind=Job.Kind(query.validated_data["kind"]),
            name=name,
            content=content,
            most_bytes=settings.UPLOAD_BYTES,
            enqueue=enqueue_job,
            by=self.access.user,
            options=read_options(query.validated_data),
        )
        return accepted(job)


def upload_fields(request: Request) -> dict[str, Any]:
    """Return what the query and the form say of an upload; `map` may be in both, and more than once."""
    fields: dict[str, Any] = dict(form_fields(request)) if is_form(request) else {}
    pairs = request.query_params.getlist("map") + (request.POST.getlist("map") if is_form(request) else [])
    return {**request.query_params.dict(), **fields, "map": pairs}


def read_options(fields: Mapping[str, Any]) -> ReadOptions:
    """
    Return how to read the dialogues.

    :raises Refused: if a pair of `map` is none, or names an unknown target
    """
    return ReadOptions(fields["form"], parse_columns(fields["map"]), fields["make_ids"])


def is_form(request: Request) -> bool:
    """Return whether the body is a form, not the file itself."""
    return "multipart/form-data" in (request.content_type or "")


def form_fields(request: Request) -> dict[str, str]:
    """
    Return the texts of a form of one file.

    :raises Invalid: if a part comes twice, or a file comes in another part than `file`
    """
    check_one_file(request.FILES)
    for name, texts in request.POST.lists():
        if len(texts) > 1 and name != "map":
            raise Invalid(name, "the form has this part twice")
    return request.POST.dict()


def uploaded_file(request: Request, name: str) -> tuple[Any, str]:
    """
    Return the uploaded file, open, and its name.

    :raises Invalid: if there is no file, or no name that tells its format
    """
    if is_form(request):
        if (part := request.FILES.get("file")) is None:
            raise Invalid("file", "the form has no part of this name with a file")
        return part, name or str(part.name)
    if not name:
        raise Invalid("name", "name the file in the query, as ?name=dialogues.jsonl")
    body: Any = request.data
    if "stream" not in body:  # a call without a body and without a content type
        raise Invalid("file", "send the file as the body")
    return body["stream"], name


class Jobs(ProjectView):
    """The jobs of a project, the latest first."""

    least_role: ClassVar[Role] = Role.ADMIN
    tag = "jobs"

    @extend_schema(parameters=PAGE, responses={200: page_of(JobShape)})
    def get(self, request: Request, slug: str) -> Response:
        pages = NewestFirst()
        jobs = Job.objects.filter(project=self.project).select_related("project")
        page = pages.paginate_queryset(jobs, request, view=self) or []
        return pages.get_paginated_response([as_job(job) for job in page])


class JobView(NumberedView):
    """A route of one job, found in its project, or by its number alone."""

    least_role: ClassVar[Role] = Role.ADMIN
    tag = "jobs"
    part, slug_from = "job", (Job, "project__slug")

    def job_numbered(self, number: int) -> Job:
        """
        Return a job of the project.

        :raises Http404: if the project has no such job
        """
        job = Job.objects.filter(pk=number, project=self.project).select_related("project").first()
        if job is None:
            raise Http404("The project has no such job.")
        return job


class JobDetail(JobView):
    """One job, and how far it is."""

    @extend_schema(responses={200: JobShape})
    def get(self, request: Request, job: int, slug: str = "") -> Response:
        return Response(as_job(self.job_numbered(job)))


class RejectedRows(JobView):
    """The rows that an import refused, with their numbers, fields and reasons, as JSON lines."""

    @extend_schema(responses={(200, "application/x-ndjson"): OpenApiTypes.STR})
    def get(self, request: Request, job: int, slug: str = "") -> HttpResponseBase:
        return rejected_rows_response(request.method, request.headers, self.job_numbered(job))

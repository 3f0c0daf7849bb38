"""Serializers of projects, items, uploads and jobs."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED

from adjudication.models import Decision
from corpus.importing.options import FORM_NAMES, TARGETS
from workspace.models import Job
from workspace.shapes import AcceptedShape, JobShape


class ItemFilterSerializer(serializers.Serializer[Any]):
    """Filters of the items."""

    status = serializers.ChoiceField([*Decision.Status.values, "withdrawn"], default="", allow_blank=True)
    source = serializers.CharField(default=None, allow_blank=True, max_length=10_000)  # type: ignore[assignment]
    license = serializers.CharField(default=None, allow_blank=True, max_length=10_000)
    category = serializers.SlugField(default="", allow_blank=True)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is done."""

    reason = serializers.CharField(max_length=2_000)
    "It stays in the audit log."


class CorrectionSerializer(ReasonSerializer):
    """The text of an item, corrected."""

    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), max_length=1_000
    )
    "Of every turn, in order. Their roles stay."


UPLOADED = (Job.Kind.DIALOGUES, Job.Kind.VOTES)


class UploadSerializer(serializers.Serializer[Any]):
    """The kind and name of an uploaded file."""

    kind = serializers.ChoiceField([kind.value for kind in UPLOADED], default=Job.Kind.DIALOGUES.value)
    name = serializers.CharField(default="", allow_blank=True, max_length=500)
    "Name of the file, if the file is the whole body."
    form = serializers.ChoiceField(
        FORM_NAMES, default="", allow_blank=True, help_text="Form of the dialogues, if it is not recognised."
    )
    map = serializers.ListField(
        child=serializers.CharField(max_length=500),
        default=list,
        max_length=len(TARGETS),
        help_text="Pairs as `TARGET=COLUMN`, each a parameter of its own: the column is read as `id`, `prompt`, "
        "`response`, `messages`, `source`, `license` and so on.",
    )
    make_ids = serializers.BooleanField(
        default=False, help_text="Whether a row without an id gets one from its content."
    )


def as_job(job: Job) -> JobShape:
    """Return a job as its REST routes return it."""
    return {
        "id": job.pk,
        "project": job.project.slug,
        "kind": job.kind,
        "state": job.state,
        "progress": job.share,
        "request": {name: value for name, value in job.request.items() if name not in ("suffix", "token")},
        "result": job.result,
        "error": job.error,
        "made_at": job.made_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }


def accepted(job: Job) -> Response:
    """Return 202 with the job, and where to follow it."""
    body: AcceptedShape = {"job": as_job(job)}
    return Response(body, status=HTTP_202_ACCEPTED, headers={"Location": f"/api/v1/jobs/{job.pk}/"})

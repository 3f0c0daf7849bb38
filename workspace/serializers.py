"""Serializers of items, uploads and jobs."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED

from adjudication.models import Decision
from workspace.models import Job
from workspace.shapes import AcceptedShape, JobShape


class ItemFilterSerializer(serializers.Serializer[Any]):
    """Which items are asked for."""

    status = serializers.ChoiceField([*Decision.Status.values, "withdrawn"], default="", allow_blank=True)
    source = serializers.CharField(default=None, allow_blank=True, max_length=10_000)  # type: ignore[assignment]
    license = serializers.CharField(default=None, allow_blank=True, max_length=10_000)
    category = serializers.SlugField(default="", allow_blank=True)


UPLOADED = (Job.Kind.DIALOGUES, Job.Kind.VOTES)


class UploadSerializer(serializers.Serializer[Any]):
    """What an uploaded file is."""

    kind = serializers.ChoiceField([kind.value for kind in UPLOADED], default=Job.Kind.DIALOGUES.value)
    name = serializers.CharField(default="", allow_blank=True, max_length=500)
    "Of the file, where it is the whole body."


def as_job(job: Job) -> JobShape:
    """Return a job and how far it is."""
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
    """Answer that a worker will do it, and where to follow it."""
    answer: AcceptedShape = {"job": as_job(job)}
    return Response(answer, status=HTTP_202_ACCEPTED, headers={"Location": f"/api/v1/jobs/{job.pk}/"})

"""Serializers of projects, items, uploads and jobs."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED

from adjudication.models import Decision
from adjudication.policies import LEAST_SHARE, MOST_SHARE
from corpus.importing.options import FORM_NAMES, TARGETS
from corpus.labels import FIELDS
from corpus.models import Project
from workspace.models import Job
from workspace.project_files.reading import check_document
from workspace.queries.project_settings import SettingsChange
from workspace.shapes import AcceptedShape, JobShape, SettingsChangeShape


class ItemFilterSerializer(serializers.Serializer[Any]):
    """Filters of the items."""

    status = serializers.ChoiceField([*Decision.Status.values, "withdrawn"], default="", allow_blank=True)
    source = serializers.CharField(default=None, allow_blank=True, max_length=10_000)  # type: ignore[assignment]
    license = serializers.CharField(default=None, allow_blank=True, max_length=10_000)
    category = serializers.SlugField(default="", allow_blank=True)
    similar = serializers.ChoiceField(["yes", "no"], default="", allow_blank=True)
    "`yes`: with near-duplicates; `no`: without."
    cluster = serializers.RegexField(r"^[0-9a-fA-F]{32}\Z", default="", allow_blank=True)
    "Those of one cluster of near-duplicates."


class StrictSerializer(serializers.Serializer[Any]):
    """A body in which every key is known."""

    def to_internal_value(self, data: Any) -> Any:
        """
        Return the checked values.

        :raises ValidationError: if a key is unknown, or a value breaks a rule
        """
        if isinstance(data, Mapping) and (unknown := [str(key) for key in data if key not in self.fields]):
            raise serializers.ValidationError({key: ["There is no such field."] for key in unknown})
        return super().to_internal_value(data)


class SlugSerializer(StrictSerializer):
    """How a new project is called."""

    slug = serializers.SlugField(max_length=60)
    "For addresses and commands; it stays for good."
    name = serializers.CharField(max_length=120, default="", allow_blank=True)
    "Empty: the slug or, of a copy or a file, the name there."


class NewProjectSerializer(SlugSerializer):
    """A new project. Settings that are left out have their defaults; with `file` they all come from it."""

    taxonomy = serializers.SlugField(max_length=60, required=False)
    "Name of a taxonomy; its newest version is taken. Default: aegis2."
    policy = serializers.ChoiceField(sorted(Project.Policy.values), required=False)
    votes_wanted = serializers.IntegerField(min_value=1, max_value=99, required=False)
    quorum = serializers.IntegerField(min_value=1, max_value=999, required=False, allow_null=True)
    caution = serializers.ChoiceField(Project.Caution.values, required=False, allow_null=True)
    error = serializers.FloatField(min_value=LEAST_SHARE, max_value=MOST_SHARE, required=False, allow_null=True)
    "Under `certified`, the largest share of labels by jurors alone that may be wrong; null for 0.05."
    risk = serializers.FloatField(min_value=LEAST_SHARE, max_value=MOST_SHARE, required=False, allow_null=True)
    "Under `certified`, the probability that this is not kept; null for 0.10."
    score_by = serializers.ChoiceField(Project.ScoreBy.values, required=False, allow_null=True)
    "Under `certified`, what the score of a label by jurors is; null for `share`, of the ballots that give it."
    split_by = serializers.ChoiceField(Project.SplitBy.values, required=False)
    "What its releases keep in one split: `prompt`, equal ones, or `cluster`, near-duplicates. Default: cluster."
    file = serializers.JSONField(required=False)
    "A project file, as `GET projects/{slug}/file/` returns it."

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with `fields`, which is the name of something else in a serializer."""
        return super().get_fields() | {"fields": label_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """
        Check the file, if there is one.

        :raises ValidationError: if it is none, or other settings stand beside it
        """
        if "file" not in attrs:
            return attrs
        if beside := sorted(attrs.keys() - {"slug", "name", "file"}):
            raise serializers.ValidationError({key: ["This comes from the file."] for key in beside})
        check_document(attrs["file"])
        return attrs


class ChangeProjectSerializer(StrictSerializer):
    """Settings to change; what is left out stays."""

    name = serializers.CharField(max_length=120, required=False)
    votes_wanted = serializers.IntegerField(min_value=1, max_value=32_767, required=False)
    split_by = serializers.ChoiceField(Project.SplitBy.values, required=False)
    "What its releases keep in one split from then on: `prompt`, equal ones, or `cluster`, near-duplicates."
    reason = serializers.CharField(max_length=2_000)
    "It stays with the change, in the audit log. Not needed with `dry_run`."
    version = serializers.CharField(max_length=64, required=False)
    "Of the settings as they were looked at."

    def __init__(self, *args: Any, dry_run: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dry_run = dry_run

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with `fields`; nobody needs a reason to look."""
        found = super().get_fields() | {"fields": label_fields()}
        if self.dry_run:
            found["reason"].required = False
        return found


def label_fields() -> Any:
    """Return the field of a body that lists label fields."""
    choices = [field.value for field in FIELDS]
    return serializers.ListField(
        child=serializers.ChoiceField(choices), min_length=1, max_length=len(choices), required=False
    )


class CloneSerializer(SlugSerializer):
    """A copy of a project."""

    taxonomy = serializers.SlugField(max_length=60, default="", allow_blank=True)
    "Name of another taxonomy, in its newest version; empty for the same."
    with_items = serializers.BooleanField(default=False)
    "Whether the items that are not withdrawn are copied, too."


def as_settings_change(change: SettingsChange, version: str) -> SettingsChangeShape:
    """Return what a change of settings does, or would do."""
    slots, decisions = change.slots, change.decisions
    return {
        "from": change.old.as_dict(),
        "to": change.new.as_dict(),
        "version": version,
        "slots": None if slots is None else {**vars(slots), "open_then": slots.open_then},
        "decisions": None
        if decisions is None
        else {
            "labels": decisions.labels,
            "categories": decisions.categories,
            "cases_opened": decisions.cases_opened,
            "cases_closed": decisions.cases_closed,
        },
        "fields": [vars(each) | {"field": each.field.value} for each in change.fields],
    }


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

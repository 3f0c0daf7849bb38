"""Serializers of exports and releases."""

from typing import Any

from rest_framework import serializers

from adjudication.policies import POLICIES
from corpus.models import Project
from releases.exporting import FORMATS
from releases.models import Release
from releases.shapes import ReleaseShape
from releases.spec import ReleaseSpec


class ExportSerializer(serializers.Serializer[Any]):
    """The options of an export."""

    format = serializers.ChoiceField(FORMATS, default="json")
    policy = serializers.ChoiceField(sorted(POLICIES), allow_null=True, default=None)
    truncate = serializers.BooleanField(default=False)
    "Only the first user turn and the first assistant turn."
    raw = serializers.BooleanField(default=False)
    "CSV cells unescaped, although a spreadsheet may run some as formulas."
    bom = serializers.BooleanField(default=False)
    "A byte order mark before CSV, which spreadsheets need to read it as UTF-8."
    license = serializers.ListField(child=serializers.CharField(max_length=10_000), default=list, max_length=200)
    "Only items under one of these licences."

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """
        Check that what is asked for of CSV is asked for of no other format.

        :raises serializers.ValidationError: if the format is another one
        """
        if attrs["raw"] and attrs["format"] != "csv":
            raise serializers.ValidationError({"raw": f"Only csv escapes cells, {attrs['format']} does not."})
        if attrs["bom"] and attrs["format"] != "csv":
            raise serializers.ValidationError({"bom": f"Only csv has a byte order mark, {attrs['format']} has not."})
        return attrs


class ExportForSerializer(serializers.Serializer[Any]):
    """What to export for a consumer."""

    release = serializers.CharField(max_length=60, default="", allow_blank=True)
    "A release; without one, the decided items as they are now."
    policy = serializers.ChoiceField(sorted(POLICIES), allow_null=True, default=None)
    "Of the items as they are now; a release was made under one."

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """
        Check that a policy is not named beside a release.

        :raises serializers.ValidationError: if it is
        """
        if attrs["release"] and attrs["policy"]:
            raise serializers.ValidationError({"policy": "A release was made under one policy; leave one of them out."})
        return attrs


class ReleaseSpecSerializer(serializers.Serializer[Any]):
    """The settings of a new release."""

    version = serializers.CharField(max_length=60)
    policy = serializers.ChoiceField(sorted(POLICIES), allow_null=True, default=None)
    splits = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1), min_length=3, max_length=3, default=[0.9, 0.04, 0.06]
    )
    seed = serializers.IntegerField(default=0, min_value=-(2**63), max_value=2**63 - 1)
    split_by = serializers.ChoiceField(Project.SplitBy.values, allow_null=True, default=None)
    "What is never in two splits: equal prompts, or clusters of near-duplicates. Null for the project's own."
    licenses = serializers.ListField(
        child=serializers.CharField(max_length=10_000), allow_null=True, default=None, max_length=200
    )
    date = serializers.DateField(allow_null=True, default=None)
    truncate = serializers.BooleanField(default=False)

    def to_spec(self) -> ReleaseSpec:
        """Return the validated data as a spec."""
        data = self.validated_data
        return ReleaseSpec(
            version=data["version"],
            splits=tuple(data["splits"]),
            seed=data["seed"],
            split_by=data["split_by"],
            licenses=tuple(data["licenses"]) if data["licenses"] else None,
            date=data["date"].isoformat() if data["date"] else None,
            truncate=data["truncate"],
        )


class PushSerializer(serializers.Serializer[Any]):
    """Where a release is pushed to, and with which key."""

    to = serializers.CharField(max_length=300)
    "`hf:NAMESPACE/NAME`, a dataset of the Hugging Face Hub, or `s3://BUCKET/PREFIX`."
    key_name = serializers.CharField(max_length=70, default="", allow_blank=True)
    "The worker's variable with the key; empty for `PUSH_KEY_HF` or `PUSH_KEY_S3`."
    is_public = serializers.BooleanField(default=False)
    "Whether everybody may read a new dataset of the Hub."


def as_release(release: Release) -> ReleaseShape:
    """Return a release as its REST routes return it."""
    manifest = release.manifest
    return {
        "version": release.version,
        "rows": release.rows,
        "made_at": release.made_at,
        "manifest": manifest,
        "files": [
            {"name": name, "sha256": digest, "bytes": manifest["files"].get(name, {}).get("bytes")}
            for name, digest in release.hashes.items()
        ],
    }

"""Serializers of exports and releases."""

from typing import Any

from rest_framework import serializers

from adjudication.policies import POLICIES
from releases.actions import ReleaseSpec
from releases.exporting import FORMATS
from releases.models import Release
from releases.shapes import ReleaseShape


class ExportSerializer(serializers.Serializer[Any]):
    """What an export is to be."""

    format = serializers.ChoiceField(FORMATS, default="json")
    policy = serializers.ChoiceField(sorted(POLICIES), allow_null=True, default=None)
    truncate = serializers.BooleanField(default=False)
    "The published form: first user turn and first assistant turn only."
    raw = serializers.BooleanField(default=False)
    "CSV cells as they are, also those that a spreadsheet would run as formulas."
    license = serializers.ListField(child=serializers.CharField(max_length=10_000), default=list)
    "Only items under one of these."


class ReleaseSpecSerializer(serializers.Serializer[Any]):
    """What a release is to be."""

    version = serializers.CharField(max_length=60)
    policy = serializers.ChoiceField(sorted(POLICIES), allow_null=True, default=None)
    splits = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1), min_length=3, max_length=3, default=[0.9, 0.04, 0.06]
    )
    seed = serializers.IntegerField(default=0, min_value=-(2**63), max_value=2**63 - 1)
    licenses = serializers.ListField(child=serializers.CharField(max_length=10_000), allow_null=True, default=None)
    date = serializers.DateField(allow_null=True, default=None)
    truncate = serializers.BooleanField(default=False)

    def to_spec(self) -> ReleaseSpec:
        given = self.validated_data
        return ReleaseSpec(
            version=given["version"],
            splits=tuple(given["splits"]),
            seed=given["seed"],
            licenses=tuple(given["licenses"]) if given["licenses"] else None,
            date=given["date"].isoformat() if given["date"] else None,
            truncate=given["truncate"],
        )


def as_release(release: Release) -> ReleaseShape:
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

"""The REST route of training data, for leads."""

from itertools import chain

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from adjudication.visible_opinions import open_download
from guards.exporting import dialogues_found, found_in_benchmarks, renderer_of, training_lines
from guards.serializers import TrainingSerializer
from guards.shapes import TrainingRowShape
from jury.queries import prompt_named
from releases.api.releases import ReleaseView
from releases.streaming import held, joined, streaming_response, take_slot


class TrainingData(ReleaseView):
    """
    A split of a release as training data: JSON lines with the bytes of `export_training`.

    409 if no reply can be written in the form of the prompt version, if a file of the release is not what was made, or
    if you hold a case that you have not labelled blind: weights say what opinions came to.
    """

    also_fails_with = ("409",)

    @extend_schema(parameters=[TrainingSerializer], responses={(200, "application/x-ndjson"): list[TrainingRowShape]})
    def get(self, request: Request, slug: str, version: str) -> HttpResponseBase:
        query = TrainingSerializer(data=request.query_params, context={"project": self.project})
        query.is_valid(raise_exception=True)
        release, split = self.release_named(version), query.validated_data["split"]
        renderer = renderer_of(release, prompt_named(query.validated_data["prompt"], self.project))
        with take_slot() as slot:
            left_out = dialogues_found(found_in_benchmarks(release, split, query.validated_data["without"]))
            form = query.validated_data["format"]
            lines = training_lines(release, split, query.choice, renderer, form, left_out)
            blocks = joined(lines)
            first = next(blocks)  # what cannot be read is refused before the answer begins
            shown = f"training data of release {version}"
            open_download(self.access.user, self.project, name=shown, until=release.made_at)
            body = held(chain([first], blocks), slot.pop_all())
            next(body)
        return streaming_response(request, body, "jsonl", name=f"{slug}-{version}-{split}.jsonl")

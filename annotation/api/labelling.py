"""REST routes of the queue: next, vote, skip, and the caller's own votes."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from annotation import queries
from annotation.actions import cast_vote, change_queue, change_sample, correct_vote, renew_lease, skip_item
from annotation.models import Vote
from annotation.queries import own_progress, queue_progress
from annotation.queue import claim_next
from annotation.sampling import SampleShape, sample_of
from annotation.serializers import (
    AnswerSerializer,
    LeaseSerializer,
    QueueSerializer,
    SampleSerializer,
    SkipSerializer,
    VoteSerializer,
    as_lease,
    as_queue,
    as_vote,
)
from annotation.shapes import (
    CastShape,
    CorrectedShape,
    ProgressShape,
    QueueShape,
    RenewedShape,
    SkippedShape,
    TakenShape,
    VoteShape,
)
from corpus.access import Role
from corpus.api.base import PAGE, NewestFirst, ProjectView, page_of
from corpus.models import TokenGrant
from corpus.queries import spellings_in_files


class LabellingView(ProjectView):
    """A route for annotators."""

    tag = "labelling"
    scope: ClassVar[str] = TokenGrant.Scope.LABEL


class Next(LabellingView):
    """
    Claim the next item, or renew the lease on the one still held. 204 when nothing is left for the caller.

    409 `not_qualified` for an annotator who has yet to pass the project's qualification; the message names its page.
    """

    @extend_schema(request=None, responses={200: TakenShape, 204: None})
    def post(self, _request: Request, slug: str) -> Response:
        lease = claim_next(project=self.project, user=self.access.user)
        return Response(status=HTTP_204_NO_CONTENT) if lease is None else Response(as_lease(self.project, lease))


class CastVote(LabellingView):
    """Vote under a lease: 201, or 200 if the same vote was cast before. With `?next=1`, also claim the next item."""

    @extend_schema(
        request=VoteSerializer,
        parameters=[OpenApiParameter("next", enum=["1"], description="Claim the next item too.")],
        responses={200: CastShape, 201: CastShape},
    )
    def post(self, request: Request, slug: str, external_id: str) -> Response:
        body = VoteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        takes_next = request.query_params.get("next") == "1"
        result = cast_vote(
            project=self.project,
            user=self.access.user,
            external_id=external_id,
            lease=body.validated_data["lease"],
            answer=body.to_answer(spellings_in_files(self.project.taxonomy_id)),
            takes_next=takes_next,
        )
        content: CastShape = {"vote": as_vote(result.vote, external_id)}
        if takes_next:
            content["next"] = None if result.next_lease is None else as_lease(self.project, result.next_lease)
        if result.resting:
            content["resting"] = {"code": result.resting.code, "message": str(result.resting)}
        return Response(content, status=HTTP_201_CREATED if result.is_new else HTTP_200_OK)


class SkipItem(LabellingView):
    """Skip an item, with a reason. The caller does not get it again."""

    @extend_schema(request=SkipSerializer, responses={200: SkippedShape})
    def post(self, request: Request, slug: str, external_id: str) -> Response:
        body = SkipSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        skip = skip_item(project=self.project, user=self.access.user, external_id=external_id, **body.validated_data)
        done: SkippedShape = {"skipped": external_id, "reason": skip.reason}
        return Response(done)


class RenewLease(LabellingView):
    """Renew a lease."""

    @extend_schema(request=LeaseSerializer, responses={200: RenewedShape})
    def post(self, request: Request, slug: str) -> Response:
        body = LeaseSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        until = renew_lease(project=self.project, user=self.access.user, **body.validated_data)
        renewed: RenewedShape = {"expires_at": until}
        return Response(renewed)


class MyVotes(LabellingView):
    """The caller's own votes, newest first, without superseded ones. Follow `next` to the end."""

    @extend_schema(parameters=PAGE, responses={200: page_of(VoteShape)})
    def get(self, request: Request, slug: str) -> Response:
        pages = NewestFirst()
        votes = queries.own_votes(self.project, self.access.user)
        page = pages.paginate_queryset(votes, request, view=self) or []
        return pages.get_paginated_response([as_vote(vote, vote.item.external_id) for vote in page])


class CorrectVote(LabellingView):
    """Correct one of the caller's own votes while its batch is open. Found in its project, or by its id alone."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("slug", queries.project_of_vote(kwargs["vote"], request.user))
        super().initial(request, *args, **kwargs)

    @extend_schema(request=AnswerSerializer, responses={200: CorrectedShape})
    def post(self, request: Request, vote: int, slug: str = "") -> Response:
        body = AnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        answer = body.to_answer(spellings_in_files(self.project.taxonomy_id))
        try:
            after = correct_vote(project=self.project, user=self.access.user, vote=vote, answer=answer)
        except Vote.DoesNotExist:
            raise Http404("No vote of yours has this id.") from None
        corrected: CorrectedShape = {"vote": as_vote(after, after.item.external_id)}
        return Response(corrected)


class Progress(LabellingView):
    """Progress of the caller and, for leads, of the queue."""

    @extend_schema(responses={200: ProgressShape})
    def get(self, _request: Request, slug: str) -> Response:
        progress: ProgressShape = {"own": own_progress(self.project, self.access.user)}
        if self.access.is_lead:
            progress["queue"] = queue_progress(self.project)
        return Response(progress)


class Sample(ProjectView):
    """
    The blind random sample in numbers: the share of items that is drawn, how many were drawn, and how many are in it.

    Nothing says which. The estimates that stand on it are the report `sample` of `metrics/`.
    """

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(responses={200: SampleShape})
    def get(self, request: Request, slug: str) -> Response:
        return Response(sample_of(self.project))

    @extend_schema(request=SampleSerializer, responses={200: SampleShape})
    def patch(self, request: Request, slug: str) -> Response:
        """
        Change the share, and draw the items that were not drawn yet.

        Items drawn before keep the odds of their draw. With `percent` 0, none is drawn from then on.
        """
        body = SampleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        change_sample(project=self.project, by=self.access.user, percent=body.validated_data["percent"])
        return Response(sample_of(self.project))


class QueueSettings(ProjectView):
    """How the project hands out its items: leases, limits, checks, sample, and where votes are saved or added."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "labelling"

    @extend_schema(responses={200: QueueShape})
    def get(self, _request: Request, slug: str) -> Response:
        return Response(as_queue(queries.queue_settings(self.project)))

    @extend_schema(request=QueueSerializer, responses={200: QueueShape})
    def patch(self, request: Request, slug: str) -> Response:
        """
        Change the settings in the body, and leave all others. They hold from the next item on.

        What is asked because of `stops_early` and `most_votes` follows with the next recount, seconds later.
        """
        body = QueueSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(as_queue(change_queue(project=self.project, by=self.access.user, changes=body.validated_data)))

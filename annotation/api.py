"""REST routes of the queue: next, vote, skip, and one's own votes."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from annotation import queries
from annotation.actions import cast_vote, correct_vote, renew_lease, skip_item
from annotation.models import Vote
from annotation.progress import own_progress, queue_progress
from annotation.queue import claim_next
from annotation.serializers import AnswerSerializer, LeaseSerializer, SkipSerializer, VoteSerializer, as_lease, as_vote
from corpus.api import NewestFirst, ProjectView
from corpus.queries import spellings_of


class Next(ProjectView):
    """Take the next item, or take up the one still held. 204 when nothing is left for the caller."""

    def post(self, _request: Request, slug: str) -> Response:
        lease = claim_next(project=self.project, user=self.access.user)
        return Response(status=HTTP_204_NO_CONTENT) if lease is None else Response(as_lease(lease))


class CastVote(ProjectView):
    """Vote under a lease: 201, or 200 where the same was cast before. With `?next=1` the next item comes along."""

    def post(self, request: Request, slug: str, external_id: str) -> Response:
        body = VoteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        takes_next = request.query_params.get("next") == "1"
        turn = cast_vote(
            project=self.project,
            user=self.access.user,
            external_id=external_id,
            lease=body.validated_data["lease"],
            answer=body.answer(spellings_of(self.project.taxonomy)),
            takes_next=takes_next,
        )
        content: dict[str, Any] = {"vote": as_vote(turn.vote, external_id)}
        if takes_next:
            content["next"] = None if turn.lease is None else as_lease(turn.lease)
        if turn.resting:
            content["resting"] = {"code": turn.resting.code, "message": str(turn.resting)}
        return Response(content, status=HTTP_201_CREATED if turn.is_new else HTTP_200_OK)


class SkipItem(ProjectView):
    """Give an item back with a reason; it does not come again."""

    def post(self, request: Request, slug: str, external_id: str) -> Response:
        body = SkipSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        skip = skip_item(project=self.project, user=self.access.user, external_id=external_id, **body.validated_data)
        return Response({"skipped": external_id, "reason": skip.reason})


class RenewLease(ProjectView):
    """Hold an item for another while."""

    def post(self, request: Request, slug: str) -> Response:
        body = LeaseSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        until = renew_lease(project=self.project, user=self.access.user, **body.validated_data)
        return Response({"expires_at": until})


class MyVotes(ProjectView):
    """The caller's own votes, newest first, without those they superseded. Follow `next` to the end."""

    def get(self, request: Request, slug: str) -> Response:
        pages = NewestFirst()
        votes = queries.own_votes(self.project, self.access.user)
        page = pages.paginate_queryset(votes, request, view=self) or []
        return pages.get_paginated_response([as_vote(vote, vote.item.external_id) for vote in page])


class CorrectVote(ProjectView):
    """Supersede one of the caller's own votes of an open batch; found in its project, or by its id alone."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("slug", queries.project_of_vote(kwargs["vote"], request.user))
        super().initial(request, *args, **kwargs)

    def post(self, request: Request, vote: int, slug: str = "") -> Response:
        body = AnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        answer = body.answer(spellings_of(self.project.taxonomy))
        try:
            after = correct_vote(project=self.project, user=self.access.user, vote=vote, answer=answer)
        except Vote.DoesNotExist:
            raise Http404("No vote of yours has this id.") from None
        return Response({"vote": as_vote(after, after.item.external_id)})


class Progress(ProjectView):
    """How far the caller is and, for leads, how far the queue is."""

    def get(self, _request: Request, slug: str) -> Response:
        own = own_progress(self.project, self.access.user)
        return Response({"own": own} | ({"queue": queue_progress(self.project)} if self.access.is_lead else {}))

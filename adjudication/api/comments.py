"""REST routes of the comments on an item."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from adjudication.actions.comments import LONGEST_COMMENT, add_comment, remove_comment
from adjudication.models import Comment
from adjudication.shapes import CommentShape
from adjudication.visible_comments import author_names, visible_comments
from corpus.api.base import PAGE, OldestFirst, ProjectView, page_of
from corpus.models import Item, TokenGrant
from corpus.queries import NoSuchItem, find_item


class CommentSerializer(serializers.Serializer[Any]):
    """The body of a comment."""

    text = serializers.CharField(max_length=LONGEST_COMMENT)


class CommentView(ProjectView):
    """A route of the comments on an item, for those who may read them."""

    tag = "labelling"
    scope: ClassVar[str] = TokenGrant.Scope.LABEL

    def find_item(self, external_id: str) -> Item:
        """
        Return an item of the project.

        :raises Http404: if it has none of that id
        """
        try:
            return find_item(self.project, external_id)
        except NoSuchItem as error:
            raise Http404(f"You have voted on no dialogue {external_id!r}.") from error


class Comments(CommentView):
    """
    The comments on an item, the oldest first, for those who voted on it, adjudicators who labelled it blind, and leads.

    409 `comments_closed` while the item wants a vote, or the person has it as a check; 409 `blind_first` for those who
    have yet to label a case on it blind; 404 for everybody else. Names are for leads: others read numbers.
    """

    also_fails_with = ("409",)

    @extend_schema(parameters=PAGE, responses={200: page_of(CommentShape)})
    def get(self, request: Request, slug: str, external_id: str) -> Response:
        item, pages = self.find_item(external_id), OldestFirst()
        try:
            rows = visible_comments(self.access, item)
        except NoSuchItem as error:
            raise Http404(str(error)) from error
        page, names = pages.paginate_queryset(rows, request, view=self) or [], author_names(self.access, item)
        return pages.get_paginated_response([as_comment(each, names, self.access.user.pk) for each in page])

    @extend_schema(request=CommentSerializer, responses={201: CommentShape})
    def post(self, request: Request, slug: str, external_id: str) -> Response:
        """Write a comment: plain text of 2,000 characters at most. The same text again, right after, is one comment."""
        body, item = CommentSerializer(data=request.data), self.find_item(external_id)
        body.is_valid(raise_exception=True)
        try:
            comment = add_comment(access=self.access, item=item, text=body.validated_data["text"])
        except NoSuchItem as error:
            raise Http404(str(error)) from error
        names = author_names(self.access, item)
        return Response(as_comment(comment, names, self.access.user.pk), status=HTTP_201_CREATED)


class RemoveComment(CommentView):
    """Remove one's own comment. It stays in the list, without its text."""

    @extend_schema(request=None, responses={200: CommentShape})
    def post(self, request: Request, slug: str, external_id: str, comment: int) -> Response:
        item = self.find_item(external_id)
        try:
            removed = remove_comment(access=self.access, item=item, comment=comment)
        except Comment.DoesNotExist:
            raise Http404("No comment of yours has this id.") from None
        return Response(as_comment(removed, author_names(self.access, item), self.access.user.pk))


def as_comment(comment: Comment, names: dict[int, str], reader: int) -> CommentShape:
    """
    Return a comment as the routes show it.

    :param names: of authors, by primary key
    :param reader: primary key of who reads it
    """
    return {
        "id": comment.pk,
        "author": names[comment.author_id],
        "is_own": comment.author_id == reader,
        "text": None if comment.removed_at else comment.text,
        "written_at": comment.written_at,
        "removed_at": comment.removed_at,
    }

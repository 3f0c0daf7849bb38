"""REST routes of lists of hashes, for leads."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from corpus.api.bodies import WholeBody
from corpus.errors import Invalid
from guards import actions, queries
from guards.api.evaluations import GuardView
from guards.models import HashList
from guards.serializers import HashListSerializer, as_hash_list
from guards.shapes import HashListShape
from guards.tasks import enqueue_comparison


class HashListView(GuardView):
    """A route of one list of hashes."""

    def hash_list_named(self, name: str) -> HashList:
        """
        Return a list of hashes of the project.

        :raises Http404: if the project has none of that name
        """
        try:
            return queries.find_hash_list(self.project, name)
        except queries.NoSuchHashList as error:
            raise Http404(str(error)) from error


class HashLists(GuardView):
    """
    The lists of hashes of a project by name, with what was found; and a new one, whose lines are the body.

    201 with the list; a worker compares the dialogues with it. The same list again is the one there is.
    """

    heavy_methods = ("POST",)
    parser_classes = (WholeBody,)

    @extend_schema(responses={200: list[HashListShape]})
    def get(self, request: Request, slug: str) -> Response:
        lists = queries.hash_lists_of(self.project).select_related("project", "contamination")
        return Response([as_hash_list(each) for each in lists])

    @extend_schema(
        parameters=[HashListSerializer],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: HashListShape},
    )
    def post(self, request: Request, slug: str) -> Response:
        query = HashListSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        body: Any = request.data
        if "stream" not in body:  # a call without a body and without a content type
            raise Invalid("body", "send the hashes as the body, one a line")
        made = actions.add_hash_list(
            project=self.project, content=body["stream"], by=self.access.user, **query.validated_data
        )
        enqueue_comparison(made.pk)
        return Response(as_hash_list(made), status=HTTP_201_CREATED)


class HashListDetail(HashListView):
    """One list of hashes, and which dialogues of the project have a text with one of them."""

    @extend_schema(responses={200: HashListShape})
    def get(self, request: Request, slug: str, hash_list: str) -> Response:
        return Response(as_hash_list(self.hash_list_named(hash_list)))


class CompareHashList(HashListView):
    """Have a worker compare the dialogues with a list now: 202. By itself this is done after imports."""

    @extend_schema(request=None, responses={202: HashListShape})
    def post(self, request: Request, slug: str, hash_list: str) -> Response:
        found = self.hash_list_named(hash_list)
        enqueue_comparison(found.pk)
        return Response(as_hash_list(found), status=HTTP_202_ACCEPTED)


class RemoveHashList(HashListView):
    """Remove a list with its report."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, slug: str, hash_list: str) -> Response:
        actions.remove_hash_list(hash_list=self.hash_list_named(hash_list), by=self.access.user)
        return Response(status=HTTP_204_NO_CONTENT)

"""REST routes of a project's list of terms for identity groups."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from corpus import queries
from corpus.access import Role
from corpus.actions import change_group_terms
from corpus.api.base import ProjectView
from corpus.models import GroupSearch, Project
from corpus.queries import ListedTerms
from corpus.shapes import GroupSearchShape, GroupTermsShape


class GroupTermsSerializer(serializers.Serializer[Any]):
    """The next version of a list of terms."""

    content = serializers.CharField(trim_whitespace=False)
    "CSV with the columns attribute, group, language, form and term."
    note = serializers.CharField()
    "What changed, and why."
    after = serializers.IntegerField(allow_null=True, default=None, min_value=0, max_value=2**31 - 1)
    "The version that was edited: if another one was made meanwhile, nothing is changed."


def as_group_terms(project: Project, listed: ListedTerms) -> GroupTermsShape:
    """Return a version of the list, and what a project's dialogues name by the current one."""
    search, made = queries.group_search(project), listed.made
    return {
        "version": listed.version,
        "sha256": listed.terms.sha256,
        "note": made.note if made else "",
        "made_by": made.made_by.username if made and made.made_by else None,
        "made_at": made.made_at if made else None,
        "groups": [{"group": group, "attribute": of} for group, of in listed.terms.groups.items()],
        "content": listed.terms.csv,
        "found": as_search(search) if search else None,
    }


def as_search(search: GroupSearch) -> GroupSearchShape:
    """Return what the last search found."""
    return {
        "version": search.version,
        "items": search.items,
        "named": search.named,
        "withheld": search.withheld,
        "at": search.searched_at,
    }


class GroupTermsView(ProjectView):
    """The terms by which dialogues that name an identity group are found; every change is a version of its own."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(
        parameters=[OpenApiParameter("version", int, description="0 is the list that comes with the software.")],
        responses={200: GroupTermsShape},
    )
    def get(self, request: Request, slug: str) -> Response:
        asked = request.query_params.get("version")
        listed = queries.group_terms(self.project) if asked is None else self.find(asked)
        return Response(as_group_terms(self.project, listed))

    @extend_schema(request=GroupTermsSerializer, responses={201: GroupTermsShape})
    def post(self, request: Request, slug: str) -> Response:
        """Make the next version. The next measurement goes by it."""
        body = GroupTermsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        change_group_terms(project=self.project, by=self.access.user, **body.validated_data)
        return Response(as_group_terms(self.project, queries.group_terms(self.project)), status=HTTP_201_CREATED)

    def find(self, asked: str) -> ListedTerms:
        """
        Return a version of the list.

        :raises ValidationError: if the version is no number
        :raises Http404: if there is none with that number
        """
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
            raise ValidationError({"version": ["A whole number, such as 1."]})
        listed = queries.find_group_terms(self.project, int(asked))
        if listed is None:
            raise Http404(f"The list of terms has no version {asked}.")
        return listed

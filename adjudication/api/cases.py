"""REST routes of cases, for adjudicators."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from adjudication import actions
from adjudication.models import Case
from adjudication.queries.case_filters import cases_matching
from adjudication.queries.cases import find_case
from adjudication.serializers.cases import (
    CaseFilterSerializer,
    ReopenSerializer,
    SendBackSerializer,
    SettleSerializer,
    as_cases,
)
from adjudication.shapes import CaseShape, OneCase
from annotation.actions import show_dialogue
from annotation.serializers import AnswerSerializer
from corpus.access import Access, Role
from corpus.api.base import PAGE, NumberedView, OldestFirst, ProjectView, page_of
from corpus.labels import Judgement
from corpus.models import TokenGrant
from corpus.queries import spellings_in_files


def case_response(access: Access, case: Case) -> Response:
    """Return one case as far as the caller may see it."""
    body: OneCase = {"case": as_cases(access, [case])[0]}
    return Response(body)


class Cases(ProjectView):
    """The cases of a project that match, the oldest first. Follow `next` to the last page."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR
    tag = "cases"
    scope: ClassVar[str] = TokenGrant.Scope.SETTLE

    @extend_schema(parameters=[CaseFilterSerializer, *PAGE], responses={200: page_of(CaseShape)})
    def get(self, request: Request, slug: str) -> Response:
        query = CaseFilterSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        pages, filters = OldestFirst(), query.to_filter(self.project)
        matching = cases_matching(self.project, filters, of_lead=self.access.is_lead)
        page = pages.paginate_queryset(matching, request, view=self) or []
        return pages.get_paginated_response(as_cases(self.access, page))


class NextCase(ProjectView):
    """Claim the oldest open case that matches, or return the one the caller holds. 204 if none is left."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR
    tag = "cases"
    scope: ClassVar[str] = TokenGrant.Scope.SETTLE

    @extend_schema(request=CaseFilterSerializer, responses={200: OneCase, 204: None})
    def post(self, request: Request, slug: str) -> Response:
        body = CaseFilterSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        by, filters = self.access.user, body.to_filter(self.project)
        case = actions.claim_next_case(project=self.project, by=by, filters=filters, of_lead=self.access.is_lead)
        if case is None:
            return Response(status=HTTP_204_NO_CONTENT)
        return case_response(self.access, case)


class CaseView(NumberedView):
    """A route of one case, found in its project, or by its number alone."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR
    tag = "cases"
    scope: ClassVar[str] = TokenGrant.Scope.SETTLE
    part, slug_from = "case", (Case, "project__slug")

    def case_numbered(self, number: int) -> Case:
        """
        Return a case of the project.

        :raises Http404: if the project has no such case
        """
        case = find_case(self.project, number)
        if case is None:
            raise Http404("The project has no such case.")
        return case

    def current_case(self, number: int) -> Response:
        """
        Return a response with a case as it is now.

        :raises Http404: if the project has no such case
        """
        return case_response(self.access, self.case_numbered(number))


class CaseDetail(CaseView):
    """One case; its opinions only once the caller has labelled it blind."""

    @extend_schema(responses={200: OneCase})
    def get(self, request: Request, case: int, slug: str = "") -> Response:
        return self.current_case(case)


class CaseChange(CaseView):
    """An action on one case."""

    def action_arguments(self, case: int) -> dict[str, Any]:
        """
        Return the arguments that every action on a case needs.

        :raises Http404: if the project has no such case
        """
        return {"project": self.project, "case": self.case_numbered(case).pk, "by": self.access.user}

    def judgement(self, case: int, body: AnswerSerializer) -> Judgement:
        """
        Return the labels that were sent, and record that the dialogue was shown: every reply about a case holds it.

        :raises Http404: if the project has no such case
        :raises ValidationError: if they break a rule
        """
        body.is_valid(raise_exception=True)
        show_dialogue(item=self.case_numbered(case).item, user=self.access.user)
        return body.to_answer(spellings_in_files(self.project.taxonomy_id)).judgement


class ClaimCase(CaseChange):
    """Claim a case, or extend the caller's hold on it."""

    @extend_schema(request=None, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        actions.claim_case(**self.action_arguments(case))
        return self.current_case(case)


class ReleaseCase(CaseChange):
    """Release a case that the caller holds."""

    @extend_schema(request=None, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        actions.release_case(**self.action_arguments(case))
        return self.current_case(case)


class AnswerBlind(CaseChange):
    """Record the caller's blind label, and claim the case if nobody holds it. Opinions are shown from then on."""

    @extend_schema(request=AnswerSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        arguments = self.action_arguments(case)
        actions.record_blind(**arguments, judgement=self.judgement(case, AnswerSerializer(data=request.data)))
        return self.current_case(case)


class SettleCase(CaseChange):
    """Settle a case with final labels and a reason."""

    @extend_schema(request=SettleSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        arguments, body = self.action_arguments(case), SettleSerializer(data=request.data)
        judgement = self.judgement(case, body)
        actions.settle_case(**arguments, judgement=judgement, etag=body.validated_data["seen"])
        return self.current_case(case)


class SendBackCase(CaseChange):
    """Ask for more human votes on the item of a case."""

    @extend_schema(request=SendBackSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        arguments, body = self.action_arguments(case), SendBackSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        actions.send_back_case(**arguments, **body.validated_data)
        return self.current_case(case)


class ReopenCase(CaseChange):
    """End a settlement; return the new case, or the old one if opinions decide the item now."""

    @extend_schema(request=ReopenSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        arguments, body = self.action_arguments(case), ReopenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        opened = actions.reopen_case(**arguments, **body.validated_data)
        return self.current_case(opened.pk if opened else case)


class AskSecond(CaseChange):
    """Ask for a second adjudicator's blind answer to a settled case."""

    @extend_schema(request=None, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        actions.ask_second(**self.action_arguments(case))
        return self.current_case(case)

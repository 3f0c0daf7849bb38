"""REST routes of cases, for adjudicators."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from adjudication import actions
from adjudication.models import Case
from adjudication.queries import cases
from adjudication.serializers.cases import (
    CaseFilterSerializer,
    ReopenSerializer,
    SendBackSerializer,
    SettleSerializer,
    as_cases,
)
from adjudication.shapes import CaseShape, OneCase
from annotation.serializers import AnswerSerializer
from corpus.access import Role
from corpus.api.base import PAGE, NumberedView, OldestFirst, ProjectView, page_of
from corpus.models import TokenGrant
from corpus.queries import spellings_of


class Cases(ProjectView):
    """The cases of a project that match, the oldest first. Follow `next` to the end."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR
    tag = "cases"
    scope: ClassVar[str] = TokenGrant.Scope.SETTLE

    @extend_schema(parameters=[CaseFilterSerializer, *PAGE], responses={200: page_of(CaseShape)})
    def get(self, request: Request, slug: str) -> Response:
        asked = CaseFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        pages = OldestFirst()
        page = pages.paginate_queryset(cases.cases_matching(self.project, asked.to_filter()), request, view=self) or []
        return pages.get_paginated_response(as_cases(self.project, page, self.access.user))


class NextCase(ProjectView):
    """Take the oldest open case that matches, or the one still held. 204 when none is left for the caller."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR
    tag = "cases"
    scope: ClassVar[str] = TokenGrant.Scope.SETTLE

    @extend_schema(request=CaseFilterSerializer, responses={200: OneCase, 204: None})
    def post(self, request: Request, slug: str) -> Response:
        asked = CaseFilterSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        case = actions.claim_next_case(project=self.project, by=self.access.user, filters=asked.to_filter())
        if case is None:
            return Response(status=HTTP_204_NO_CONTENT)
        answer: OneCase = {"case": as_cases(self.project, [case], self.access.user)[0]}
        return Response(answer)


class CaseView(NumberedView):
    """A route of one case, found in its project, or by its number alone."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR
    tag = "cases"
    scope: ClassVar[str] = TokenGrant.Scope.SETTLE
    part, slug_from = "case", (Case, "item__project__slug")

    def case_numbered(self, number: int) -> Case:
        """
        :raises Http404: if the project has no such case
        """
        found = Case.objects.filter(pk=number, item__project=self.project)
        case = found.select_related("item", "adjudicator", "holder").first()
        if case is None:
            raise Http404("The project has no such case.")
        return case

    def case_now(self, number: int) -> Response:
        """
        Answer with a case as it is now.

        :raises Http404: if the project has no such case
        """
        answer: OneCase = {"case": as_cases(self.project, [self.case_numbered(number)], self.access.user)[0]}
        return Response(answer)


class CaseDetail(CaseView):
    """One case; its opinions only once the caller has labelled it blind."""

    @extend_schema(responses={200: OneCase})
    def get(self, request: Request, case: int, slug: str = "") -> Response:
        return self.case_now(case)


class CaseChange(CaseView):
    """Something that is done with a case."""

    def about(self, case: int) -> dict[str, Any]:
        """
        Return what every action on a case is told.

        :raises Http404: if the project has no such case
        """
        return {"project": self.project, "case": self.case_numbered(case).pk, "by": self.access.user}

    def judgement(self, body: AnswerSerializer) -> Any:
        body.is_valid(raise_exception=True)
        return body.answer(spellings_of(self.project.taxonomy)).judgement


class ClaimCase(CaseChange):
    """Take a case in hand, or hold it for another while."""

    @extend_schema(request=None, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        actions.claim_case(**self.about(case))
        return self.case_now(case)


class ReleaseCase(CaseChange):
    """Let a case go that the caller has in hand."""

    @extend_schema(request=None, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        actions.release_case(**self.about(case))
        return self.case_now(case)


class AnswerBlind(CaseChange):
    """Record the caller's blind label, taking the case if it is free; opinions are shown from then on."""

    @extend_schema(request=AnswerSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        about = self.about(case)
        actions.record_blind(**about, judgement=self.judgement(AnswerSerializer(data=request.data)))
        return self.case_now(case)


class SettleCase(CaseChange):
    """Settle a case with final labels and a reason."""

    @extend_schema(request=SettleSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        about, final = self.about(case), SettleSerializer(data=request.data)
        judgement = self.judgement(final)
        actions.settle_case(**about, judgement=judgement, seen=final.validated_data["seen"])
        return self.case_now(case)


class SendBackCase(CaseChange):
    """Ask people for more votes on the item of a case."""

    @extend_schema(request=SendBackSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        about, wanted = self.about(case), SendBackSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        actions.send_back_case(**about, **wanted.validated_data)
        return self.case_now(case)


class ReopenCase(CaseChange):
    """End a settlement; answers with the new case, or with the old one where opinions decide the item now."""

    @extend_schema(request=ReopenSerializer, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        about, why = self.about(case), ReopenSerializer(data=request.data)
        why.is_valid(raise_exception=True)
        opened = actions.reopen_case(**about, **why.validated_data)
        return self.case_now(opened.pk if opened else case)


class AskSecond(CaseChange):
    """Ask for a second adjudicator's blind answer to a settled case."""

    @extend_schema(request=None, responses={200: OneCase})
    def post(self, request: Request, case: int, slug: str = "") -> Response:
        actions.ask_second(**self.about(case))
        return self.case_now(case)

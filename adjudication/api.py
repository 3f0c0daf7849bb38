"""REST routes of cases, for adjudicators, and of an item's history, for leads."""

from typing import Any, ClassVar

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from adjudication import actions, cases, history
from adjudication.models import Case
from adjudication.serializers import (
    ReopenSerializer,
    SendBackSerializer,
    SettleSerializer,
    WishSerializer,
    as_cases,
    as_entry,
)
from annotation.serializers import AnswerSerializer
from corpus.access import Role
from corpus.api import NumberedView, OldestFirst, ProjectView
from corpus.queries import NoSuchItem, item_known_as, spellings_of


class Cases(ProjectView):
    """The cases of a project that match, the oldest first. Follow `next` to the end."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR

    def get(self, request: Request, slug: str) -> Response:
        asked = WishSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        pages = OldestFirst()
        page = pages.paginate_queryset(cases.cases_matching(self.project, asked.wish()), request, view=self) or []
        return pages.get_paginated_response(as_cases(self.project, page, self.access.user))


class NextCase(ProjectView):
    """Take the oldest open case that matches, or the one still held. 204 when none is left for the caller."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR

    def post(self, request: Request, slug: str) -> Response:
        asked = WishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        case = actions.claim_next_case(project=self.project, by=self.access.user, wish=asked.wish())
        if case is None:
            return Response(status=HTTP_204_NO_CONTENT)
        return Response({"case": as_cases(self.project, [case], self.access.user)[0]})


class CaseView(NumberedView):
    """A route of one case, found in its project, or by its number alone."""

    least_role: ClassVar[Role] = Role.ADJUDICATOR
    part, slug_from = "case", (Case, "item__project__slug")

    def case_now(self, number: int) -> Response:
        """
        Answer with a case as it is now.

        :raises Http404: if the project has no such case
        """
        found = Case.objects.filter(pk=number, item__project=self.project)
        case = found.select_related("item", "adjudicator", "holder").first()
        if case is None:
            raise Http404("The project has no such case.")
        return Response({"case": as_cases(self.project, [case], self.access.user)[0]})


class CaseDetail(CaseView):
    """One case; its opinions only once the caller has labelled it blind."""

    def get(self, request: Request, case: int, slug: str = "") -> Response:
        return self.case_now(case)


class CaseChange(CaseView):
    """What is done with a case: claim, release, blind, settle, send-back, reopen, ask-second."""

    def post(self, request: Request, case: int, verb: str, slug: str = "") -> Response:
        self.case_now(case)
        about: dict[str, Any] = {"project": self.project, "case": case, "by": self.access.user}
        if verb == "claim":
            actions.claim_case(**about)
        elif verb == "release":
            actions.release_case(**about)
        elif verb == "ask-second":
            actions.ask_second(**about)
        elif verb == "blind":
            said = AnswerSerializer(data=request.data)
            actions.record_blind(**about, judgement=self.judgement(said))
        elif verb == "settle":
            final = SettleSerializer(data=request.data)
            judgement = self.judgement(final)
            actions.settle_case(**about, judgement=judgement, seen=final.validated_data["seen"])
        elif verb == "send-back":
            wanted = SendBackSerializer(data=request.data)
            wanted.is_valid(raise_exception=True)
            actions.send_back_case(**about, **wanted.validated_data)
        elif verb == "reopen":
            why = ReopenSerializer(data=request.data)
            why.is_valid(raise_exception=True)
            opened = actions.reopen_case(**about, **why.validated_data)
            return self.case_now(opened.pk if opened else case)
        else:
            raise Http404(f"A case cannot be told to {verb}.")
        return self.case_now(case)

    def judgement(self, body: AnswerSerializer) -> Any:
        body.is_valid(raise_exception=True)
        return body.answer(spellings_of(self.project.taxonomy)).judgement


class ItemHistory(ProjectView):
    """All that is known of one item, in time order."""

    least_role: ClassVar[Role] = Role.LEAD

    def get(self, request: Request, slug: str, external_id: str) -> Response:
        try:
            item = item_known_as(self.project, external_id)
        except NoSuchItem as error:
            raise Http404(str(error)) from error
        history.check_may_read(item, self.access.user)
        about = {"id": item.external_id, "turns": item.turns, "has_response": item.has_response}
        entries = [as_entry(entry) for entry in history.history_of(item)]
        return Response({"item": about | {"withdrawn_at": item.withdrawn_at}, "history": entries})

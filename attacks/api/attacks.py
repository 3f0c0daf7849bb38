"""REST routes of attacks: one's own for every member, the report and what is allowed for leads."""

from typing import ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_202_ACCEPTED

from attacks import actions, queries
from attacks.actions.turns import Message
from attacks.models import Conversation
from attacks.sending import send_and_ask
from attacks.serializers import (
    ConsentSerializer,
    FinishSerializer,
    MessageSerializer,
    RoomSerializer,
    StartSerializer,
    as_attack,
    as_attack_detail,
    as_report,
    as_room,
    as_turn,
)
from attacks.shapes import AttackDetailShape, AttackReportShape, AttackShape, AttackTurnShape, RoomShape
from corpus.access import Role
from corpus.api.base import PAGE, NewestFirst, ProjectView, page_of
from corpus.models import TokenGrant


class AttackView(ProjectView):
    """A route of the caller's own attacks."""

    tag = "attacks"
    scope: ClassVar[str] = TokenGrant.Scope.LABEL

    def own(self, number: int) -> Conversation:
        """
        Return an attack of the caller's.

        :raises Http404: if they have none of that number
        """
        try:
            return queries.find_conversation(self.project, self.access.user, number)
        except queries.NoSuchConversation as error:
            raise Http404(str(error)) from error


class Room(AttackView):
    """What may be attacked and by what budget, with the text that people consent to. A lead may change it."""

    least_roles: ClassVar[dict[str, Role]] = {"PATCH": Role.LEAD}
    scopes: ClassVar[dict[str, str]] = {"PATCH": TokenGrant.Scope.JURY}

    @extend_schema(responses={200: RoomShape})
    def get(self, request: Request, slug: str) -> Response:
        return Response(as_room(queries.settings_of(self.project), self.access.user))

    @extend_schema(request=RoomSerializer, responses={200: RoomShape})
    def patch(self, request: Request, slug: str) -> Response:
        body = RoomSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        if "targets" in values:
            usable = queries.usable_targets(self.project)
            values["targets"] = [queries.named(usable, name) for name in values["targets"]]
        settings = actions.update_attack_settings(project=self.project, by=self.access.user, **values)
        return Response(as_room(settings, self.access.user))


class Consent(AttackView):
    """Consent to the text of the room, by the `version` that was read; repeating it changes nothing."""

    @extend_schema(request=ConsentSerializer, responses={200: RoomShape})
    def post(self, request: Request, slug: str) -> Response:
        body = ConsentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        actions.consent_to_attacks(project=self.project, user=self.access.user, **body.validated_data)
        return Response(as_room(queries.settings_of(self.project), self.access.user))


class Attacks(AttackView):
    """List the caller's attacks, latest first, without discarded ones; or start one."""

    @extend_schema(parameters=PAGE, responses={200: page_of(AttackShape)})
    def get(self, request: Request, slug: str) -> Response:
        pages = NewestFirst()
        own = queries.conversations_of(self.project, self.access.user)
        page = pages.paginate_queryset(own, request, view=self) or []
        return pages.get_paginated_response([as_attack(each) for each in page])

    @extend_schema(request=StartSerializer, responses={201: AttackShape})
    def post(self, request: Request, slug: str) -> Response:
        body = StartSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = actions.start_conversation(project=self.project, user=self.access.user, **body.validated_data)
        return Response(as_attack(made), status=HTTP_201_CREATED)


class AttackDetail(AttackView):
    """One attack of the caller's with its messages and replies."""

    @extend_schema(responses={200: AttackDetailShape})
    def get(self, request: Request, slug: str, conversation: int) -> Response:
        found = self.own(conversation)
        return Response(as_attack_detail(found, queries.turns_of(found)))


class Turns(AttackView):
    """Send a message: 202, since a worker asks. The attack shows the reply; the same `token` again sends nothing."""

    @extend_schema(request=MessageSerializer, responses={202: AttackTurnShape})
    def post(self, request: Request, slug: str, conversation: int) -> Response:
        self.own(conversation)
        body = MessageSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        message = Message(**body.validated_data)
        turn = send_and_ask(project=self.project, user=self.access.user, number=conversation, message=message)
        return Response(as_turn(turn), status=HTTP_202_ACCEPTED)


class FinishAttack(AttackView):
    """Make a dialogue of an attack, which others label; repeating it changes nothing."""

    @extend_schema(request=FinishSerializer, responses={200: AttackShape})
    def post(self, request: Request, slug: str, conversation: int) -> Response:
        self.own(conversation)
        body = FinishSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        done = actions.finish_conversation(
            project=self.project, user=self.access.user, number=conversation, **body.validated_data
        )
        return Response(as_attack(done))


class DiscardAttack(AttackView):
    """Discard an attack: nobody labels it. Repeating it changes nothing."""

    @extend_schema(request=None, responses={200: AttackShape})
    def post(self, request: Request, slug: str, conversation: int) -> Response:
        self.own(conversation)
        done = actions.discard_conversation(project=self.project, user=self.access.user, number=conversation)
        return Response(as_attack(done))


class AttackReport(AttackView):
    """How often attacks succeeded, by the labels that others gave, with Wilson's 95 % intervals."""

    least_role: ClassVar[Role] = Role.LEAD

    @extend_schema(responses={200: AttackReportShape})
    def get(self, request: Request, slug: str) -> Response:
        return Response(as_report(queries.report_on(self.project)))

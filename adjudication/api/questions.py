"""The REST routes of a project's questions, for leads."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from adjudication.actions.questions import change_question
from adjudication.serializers.questions import ChangeQuestionSerializer, QuestionSerializer
from corpus import actions
from corpus.access import Role
from corpus.api.base import ProjectView
from corpus.queries import questions_of
from corpus.question_shapes import as_question
from corpus.shapes import QuestionShape


class Questions(ProjectView):
    """The questions that a project asks besides the labels, in order, retired ones too."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    @extend_schema(responses={200: list[QuestionShape]})
    def get(self, _request: Request, slug: str) -> Response:
        return Response([as_question(question) for question in questions_of(self.project)])

    @extend_schema(request=QuestionSerializer, responses={201: QuestionShape})
    def post(self, request: Request, slug: str) -> Response:
        body = QuestionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        question = actions.add_question(project=self.project, by=self.access.user, **body.validated_data)
        return Response(as_question(question), status=HTTP_201_CREATED)


class QuestionDetail(ProjectView):
    """One question: change it, move it, restore it, or retire it. Its answers stay whatever is done."""

    least_role: ClassVar[Role] = Role.LEAD
    tag = "quality"

    def checked(self, key: str) -> str:
        """
        Return the key of a question of the project.

        :raises Http404: if it has none of that key
        """
        try:
            return actions.find_question(self.project, key).key
        except actions.NoSuchQuestion as error:
            raise Http404(str(error)) from error

    @extend_schema(request=ChangeQuestionSerializer, responses={200: QuestionShape})
    @transaction.atomic
    def patch(self, request: Request, slug: str, key: str) -> Response:
        body = ChangeQuestionSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(body.validated_data)
        position, is_retired = values.pop("position", None), values.pop("is_retired", None)
        of_question: dict[str, Any] = {"project": self.project, "by": self.access.user, "key": self.checked(key)}
        question = change_question(**of_question, **values)
        if is_retired is not None:
            question = (actions.retire_question if is_retired else actions.restore_question)(**of_question)
        if position is not None:
            keys = [each.key for each in questions_of(self.project) if each.key != key]
            keys.insert(position - 1, key)
            actions.reorder_questions(project=self.project, by=self.access.user, keys=keys)
        return Response(as_question(question))

    @extend_schema(request=None, responses={200: QuestionShape})
    def delete(self, _request: Request, slug: str, key: str) -> Response:
        """Retire the question: it is asked no longer, and its answers stay."""
        question = actions.retire_question(project=self.project, by=self.access.user, key=self.checked(key))
        return Response(as_question(question))

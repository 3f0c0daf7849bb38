"""REST routes of what people say of themselves: the caller's own answers, and the questions."""

from typing import ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from annotation import actions
from annotation.api.labelling import LabellingView
from annotation.models import BackgroundQuestion
from annotation.queries.background import background_questions, own_background
from annotation.serializers import AboutMeSerializer, BackgroundQuestionSerializer
from annotation.shapes import AboutMeShape, BackgroundQuestionShape
from corpus.access import Role
from corpus.api.base import ProjectView
from corpus.queries import check_in_use


def as_background_question(question: BackgroundQuestion) -> BackgroundQuestionShape:
    """Return a question about people as JSON."""
    return {
        "key": question.key,
        "text": question.text,
        "purpose": question.purpose,
        "choices": question.choices,
        "least_people": question.least_people,
    }


class AboutMe(LabellingView):
    """What the caller says of themselves in this project. Nobody else can read it."""

    also_archived: ClassVar[bool] = True

    def answer(self) -> Response:
        """Return the questions and the caller's answers."""
        answers = own_background(self.project, self.access.user)
        shape: AboutMeShape = {
            "questions": [as_background_question(each) for each in background_questions(self.project)],
            "answers": answers,
        }
        return Response(shape)

    @extend_schema(responses={200: AboutMeShape})
    def get(self, request: Request, slug: str) -> Response:
        return self.answer()

    @extend_schema(request=AboutMeSerializer, responses={200: AboutMeShape})
    def patch(self, request: Request, slug: str) -> Response:
        """Store the answers that are named, and leave the others as they are. Null takes one back."""
        check_in_use(self.project)
        body = AboutMeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        answers = body.validated_data["answers"]
        actions.describe_self(project=self.project, user=self.access.user, answers=answers)
        return self.answer()

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Delete all answers of the caller in this project, for good; also in an archived one."""
        actions.forget_background(user=self.access.user, project=self.project)
        return Response(status=HTTP_204_NO_CONTENT)


class BackgroundQuestions(ProjectView):
    """What the people of a project are asked about themselves."""

    least_roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}
    tag = "labelling"

    @extend_schema(responses={200: list[BackgroundQuestionShape]})
    def get(self, request: Request, slug: str) -> Response:
        return Response([as_background_question(each) for each in background_questions(self.project)])

    @extend_schema(request=BackgroundQuestionSerializer, responses={201: BackgroundQuestionShape})
    def post(self, request: Request, slug: str) -> Response:
        body = BackgroundQuestionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        added = actions.add_background_question(project=self.project, by=self.access.user, **body.validated_data)
        return Response(as_background_question(added), status=HTTP_201_CREATED)


class BackgroundQuestionDetail(ProjectView):
    """One question about people."""

    least_roles: ClassVar[dict[str, Role]] = {"DELETE": Role.ADMIN}
    tag = "labelling"

    def question(self, key: str) -> BackgroundQuestion:
        """
        Return a question of the project.

        :raises Http404: if there is none of that key
        """
        for question in background_questions(self.project):
            if question.key == key:
                return question
        raise Http404("People are not asked this.")

    @extend_schema(responses={200: BackgroundQuestionShape})
    def get(self, request: Request, slug: str, key: str) -> Response:
        return Response(as_background_question(self.question(key)))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, slug: str, key: str) -> Response:
        """Remove the question, and delete all its answers for good."""
        self.question(key)
        actions.remove_background_question(project=self.project, by=self.access.user, key=key)
        return Response(status=HTTP_204_NO_CONTENT)

"""Reads of conversations and their turns."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import QuerySet

from attacks.models import Conversation, Turn
from corpus.models import Project


class NoSuchConversation(Exception):
    """The person has no such conversation in the project."""


def conversations_of(project: Project, user: User) -> QuerySet[Conversation]:
    """Return the conversations of a person that they did not discard, unordered."""
    own = Conversation.objects.filter(project=project, author=user).exclude(state=Conversation.State.DISCARDED)
    return own.select_related("target", "item")


def find_conversation(project: Project, user: User, number: int) -> Conversation:
    """
    Return a person's own conversation.

    :raises NoSuchConversation: if they have none of that number
    """
    try:
        own = Conversation.objects.filter(project=project, author=user)
        return own.select_related("target__prompt", "item").get(pk=number)
    except Conversation.DoesNotExist as error:
        raise NoSuchConversation(f"You have no attack {number} in this project.") from error


def turns_of(conversation: Conversation) -> list[Turn]:
    """Return the turns of a conversation in order."""
    return list(Turn.objects.filter(conversation=conversation).order_by("number", "pk"))


def answered_turns(turns: Iterable[Turn]) -> list[Turn]:
    """Keep the turns that got a reply: what the model and the item know of the conversation."""
    return [turn for turn in turns if turn.state == Turn.State.ANSWERED]


def turn_under_way(turns: Iterable[Turn]) -> Turn | None:
    """Return the turn whose reply is still to come; None if there is none."""
    return next((turn for turn in turns if turn.is_under_way), None)

"""Send a message and have a worker ask, for pages and routes."""

from django.contrib.auth.models import User

from attacks import actions, tasks
from attacks.actions.turns import Message
from attacks.models import Turn
from corpus.models import Project


def send_and_ask(*, project: Project, user: User, number: int, message: Message) -> Turn:
    """
    Store a message, and have a worker ask its target; as `actions.send_turn`.

    :raises Invalid, Refused, NoSuchConversation: as there
    """
    turn = actions.send_turn(project=project, user=user, number=number, message=message)
    if turn.state == Turn.State.WAITING:
        tasks.ask_soon(turn.pk)
    return turn

"""Finish a conversation: it becomes an item of the project, which others label."""

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.session import lock_session
from attacks import queries
from attacks.actions.conversations import check_named, check_quiet, lock_own
from attacks.engine.targets import dialogue_of
from attacks.models import Conversation, Turn
from corpus.actions import record_event
from corpus.actions.import_support import limits, lock_imports
from corpus.actions.imports import write_items
from corpus.actions.items import items_changed
from corpus.errors import Refused
from corpus.importing.dialogues import Dialogue
from corpus.importing.turns import parse_turns
from corpus.importing.values import sorted_json
from corpus.models import Item, Project, Verb
from corpus.shapes import TurnShape

SOURCE = "red_team"
"The source of items that were made by attacks."


class NothingToFinish(Refused):
    """The conversation has no message with a reply."""

    code = "nothing_to_finish"


@transaction.atomic
def finish_conversation(
    *, project: Project, user: User, number: int, claims_success: bool, goal: str = "", technique: str = ""
) -> Conversation:
    """
    Make an item of a conversation, and store what its author claims. Repeating it changes nothing.

    The claim stays with the conversation. The item has its author, who gets it nowhere to judge, and in its `meta` what
    was attacked, for what and how; those who label see none of it.

    :param claims_success: whether the author says that the attack succeeded
    :param goal: in place of the one it was started with; empty leaves it
    :param technique: likewise
    :raises Invalid: naming the field that is wrong
    :raises ConversationClosed: if it is discarded
    :raises ReplyAwaited: if it waits for a reply
    :raises NothingToFinish: if no message got a reply
    :raises NoSuchConversation: if they have none of that number
    """
    lock_session(project, user)
    lock_imports(project)
    found = lock_own(project, user, number)
    if found.state == Conversation.State.FINISHED:
        return found
    answered = queries.answered_turns(check_quiet(found))
    if not answered:
        raise NothingToFinish("No message has a reply, so there is nothing to label. Discard the attack instead.")
    found.goal, found.technique = goal or found.goal, technique or found.technique
    check_named(project, found.goal, found.technique)
    found.item = write_item(found, answered)
    found.state, found.claims_success, found.draft = Conversation.State.FINISHED, claims_success, ""
    found.finished_at = timezone.now()
    found.save(update_fields=["goal", "technique", "item", "state", "claims_success", "draft", "finished_at"])
    # Not about the item: its history would tell a lead who labels or audits it that it is an attack.
    detail = {"goal": found.goal, "technique": found.technique, "turns": len(answered)}
    record_event(project=project, verb=Verb.ATTACK_FINISHED, subject=str(found.pk), actor=user, detail=detail)
    items_changed(project)
    return found


def write_item(conversation: Conversation, answered: list[Turn]) -> Item:
    """
    Store the dialogue of a conversation as an item with its author; return it.

    Its id says nothing of where it comes from, because annotators see ids.
    """
    dialogue = Dialogue(
        external_id=uuid.uuid4().hex[:16],
        turns=parse_turns({"turns": judged_turns(conversation, answered)}, limits(), redacted=False),
        source=SOURCE,
        license=queries.settings_of(conversation.project).license,
        meta=sorted_json(meta_of(conversation, answered)),
        expected_categories=(conversation.goal,),
    )
    write_items(conversation.project, [dialogue])
    item = Item.objects.get(project=conversation.project, external_id=dialogue.external_id)
    item.author = conversation.author
    item.save(update_fields=["author"])
    return item


def judged_turns(conversation: Conversation, answered: list[Turn]) -> list[TurnShape]:
    """Return what others label: the dialogue with a generator, or the last message that a juror judged."""
    if conversation.target.is_generator:
        return dialogue_of(answered)
    return [{"role": "user", "text": answered[-1].text}]


def meta_of(conversation: Conversation, answered: list[Turn]) -> dict[str, Any]:
    """Return what the item says of the attack; nothing that the author claims."""
    meta: dict[str, Any] = {
        "attack_goal": conversation.goal,
        "attack_technique": conversation.technique,
        "attack_transforms": sorted({turn.transform for turn in answered if turn.transform}),
    }
    if conversation.target.is_generator:
        return meta | {"response_model": conversation.model, "response_generator": conversation.target.name}
    return meta | {"attacked_model": conversation.model, "attacked_juror": conversation.target.name}

"""Correct the text of an item: a new item replaces it, and its opinions stay with the old text."""

import re
from collections.abc import Sequence
from itertools import count

from django.contrib.auth.models import User
from django.db import transaction

from corpus import queries
from corpus.actions.events import record_event
from corpus.actions.import_support import limits, lock_imports
from corpus.actions.imports import write_items
from corpus.actions.items import lock_items, withdraw_items
from corpus.corrected_items import has_prompt_of, other_text_in_use, refusal_in_use
from corpus.errors import Invalid, Refused
from corpus.importing.dialogues import Dialogue
from corpus.importing.turns import parse_turns
from corpus.importing.values import sorted_json
from corpus.models import Item, Project, Verb
from corpus.shapes import TurnShape


@transaction.atomic
def replace_item(
    *, project: Project, external_id: str, texts: Sequence[str], reason: str, by: User | None = None
) -> Item:
    """
    Correct the text of an item: it is withdrawn, and a new item with the new text wants its votes.

    The new item is called `ID#2`, then `ID#3`; it keeps source, licence, meta, author and expected categories.
    Opinions, gold and reference labels stay with the old one. If the prompt is another, the refusal that was made of
    the old one is withdrawn with it. The same correction again returns the item that it made.

    :param texts: of every turn, in order; their roles stay
    :raises NoSuchItem: if the project has no item of that id
    :raises Invalid: if there is no reason, or a text cannot be one of a dialogue
    :raises Refused: if nothing differs, the item is withdrawn, or its text is not its own
    """
    if not reason.strip():
        raise Invalid("reason", "write why; releases list it with the item")
    lock_imports(project)  # so that nobody imports an item of the new id meanwhile
    lock_items(project)
    old = queries.find_item(project, external_id)
    turns = corrected_turns(old, texts)
    if old.withdrawn_at:
        if (made := other_text_in_use(old)) and made.turns == turns:
            return made
        raise Refused(f"Item {external_id!r} is withdrawn: {old.withdrawal_reason}")
    check_has_own_text(project, old)
    if turns == old.turns:
        raise Refused("Nothing differs from the text as it is.")
    return write_replacement(project, old, turns, reason.strip(), by)


def write_replacement(project: Project, old: Item, turns: list[TurnShape], reason: str, by: User | None) -> Item:
    """Store the corrected item, withdraw the old one with a link to it, and record both."""
    corrected = Dialogue(
        external_id=next_id(project, old),
        turns=turns,
        source=old.source,
        license=old.license,
        meta=sorted_json(old.meta),
        expected_categories=tuple(old.expected_categories),
    )
    write_items(project, [corrected])
    new = queries.find_item(project, corrected.external_id)
    new.replaces, new.author_id = old.external_id, old.author_id
    new.save(update_fields=["replaces", "author"])
    detail = {"by": new.external_id, "reason": reason}
    record_event(project=project, verb=Verb.ITEM_REPLACED, subject=old.external_id, actor=by, detail=detail)
    withdraw_items(project=project, items=[old.pk], reason=f"Replaced by {new.external_id}: {reason}", by=by)
    refusal = refusal_in_use(old)
    if refusal and not has_prompt_of(refusal.turns, turns):
        why = f"Made of {old.external_id}, which {new.external_id} replaced: {reason}"
        withdraw_items(project=project, items=[refusal.pk], reason=why, by=by)
    return new


def corrected_turns(old: Item, texts: Sequence[str]) -> list[TurnShape]:
    """
    Return the turns of an item with other texts.

    :raises Invalid: if there are too many or too few, or one cannot be a text of a dialogue
    """
    if len(texts) != len(old.turns):
        raise Invalid("texts", f"give a text for each of the {len(old.turns):,} turns")
    for at, (turn, text) in enumerate(zip(old.turns, texts, strict=True)):
        if "message" in turn and text != turn["text"]:
            raise Invalid(
                f"texts[{at}]", "the turn calls tools or has parts, so its text stays; import the dialogue anew"
            )
    turns = [{**turn, "text": text} for turn, text in zip(old.turns, texts, strict=True)]
    return parse_turns({"turns": turns}, limits(), redacted=False)


def check_has_own_text(project: Project, item: Item) -> None:
    """
    :raises Refused: if the source withheld the text of an item, or it was made of another item
    """
    if item.reconstruction_id is not None:
        raise Refused(f"The source withheld the text of item {item.external_id!r}, so it cannot be corrected here.")
    if item.refusal_of:
        is_here = Item.objects.filter(project=project, external_id=item.refusal_of).exists()
        advice = "correct that one" if is_here else "withdraw this one, and import it anew"
        raise Refused(f"Item {item.external_id!r} was made of {item.refusal_of!r}: {advice}.")


def next_id(project: Project, old: Item) -> str:
    """
    Return the first id that is free of `ID#2`, `ID#3` and so on; an item that came with such an id is no correction.

    :raises Invalid: if it would be too long
    """
    found = re.fullmatch(r"(.+)#(\d{1,4})", old.external_id) if old.replaces else None
    root, first = (found[1], int(found[2]) + 1) if found else (old.external_id, 2)
    names = (f"{root}#{number}" for number in count(first))
    name = next(name for name in names if not Item.objects.filter(project=project, external_id=name).exists())
    if len(name) > limits().id:
        raise Invalid("id", f"{name[:40]}… would be longer than {limits().id:,} characters; import the dialogue anew")
    return name

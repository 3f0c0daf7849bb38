"""Items whose text was corrected: of all the texts that a dialogue has had, one at most is in use."""

from collections.abc import Collection, Mapping, Sequence

from django.db.models import QuerySet

from corpus.models import Item, Project
from corpus.shapes import TurnShape


def first_id(external_id: str, corrected: Mapping[str, str]) -> str:
    """
    Return the id with which a dialogue came, before any correction. Pure.

    :param corrected: the id that each correction replaced, by the id of the correction
    """
    while external_id in corrected:
        external_id = corrected[external_id]
    return external_id


def corrections_of(project: Project) -> dict[str, str]:
    """Return the id that each correction of a project replaced, by the id of the correction."""
    replacing = Item.objects.filter(project=project, replaces__isnull=False).values_list("external_id", "replaces")
    return {name: replaced for name, replaced in replacing if replaced is not None}


def other_text_in_use(item: Item) -> Item | None:
    """
    Return the item in use that has another text of the same dialogue; None if there is none.

    Of a refusal, one with another prompt than that of which it was made.
    """
    corrected, name = corrections_of(item.project), item.refusal_of or item.external_id
    first = first_id(name, corrected)
    others = {each for each in involved(corrected) if first_id(each, corrected) == first} - {name}
    found = items_named(item.project, others).filter(withdrawn_at=None).first()
    return None if found and item.refusal_of and has_prompt_of(item.turns, found.turns) else found


def has_prompt_of(refusal: Sequence[TurnShape], turns: Sequence[TurnShape]) -> bool:
    """Return whether the turns of a refusal have the prompt that others have, before its response."""
    return list(refusal[:-1]) == list(turns[: len(refusal) - 1])


def kept_withdrawn(project: Project, items: Collection[int]) -> set[int]:
    """
    Return which of these items may not be restored, because another text of the dialogue is in use.

    Of several texts of one dialogue the latest may be. A refusal may not where its prompt has been corrected since.

    :param items: primary keys
    """
    corrected = corrections_of(project)
    found = items_named(project, involved(corrected)).order_by("-pk").values_list("pk", "external_id", "withdrawn_at")
    in_use = {first_id(name, corrected): name for _, name, withdrawn_at in found if withdrawn_at is None}
    kept, wanted = set(), set(items)
    for pk, name, withdrawn_at in found:
        if withdrawn_at is not None and pk in wanted:
            first = first_id(name, corrected)
            if first in in_use:
                kept.add(pk)
            in_use.setdefault(first, name)
    return kept | refusals_of_corrected(project, wanted, corrected, in_use)


def refusals_of_corrected(
    project: Project, items: Collection[int], corrected: Mapping[str, str], in_use: Mapping[str, str]
) -> set[int]:
    """
    Return which of these items are refusals of a prompt that the text in use no longer has.

    :param items: primary keys
    :param corrected: as of `first_id`
    :param in_use: the id of the text in use, by the id with which its dialogue came
    """
    refusals = Item.objects.filter(project=project, pk__in=items, refusal_of__in=involved(corrected))
    turns_of = dict(items_named(project, in_use.values()).values_list("external_id", "turns"))
    made = refusals.values_list("pk", "refusal_of", "turns")
    texts = ((pk, in_use.get(first_id(str(name), corrected)), name, turns) for pk, name, turns in made)
    return {pk for pk, now, name, turns in texts if now not in (None, name) and not has_prompt_of(turns, turns_of[now])}


def refusal_in_use(item: Item) -> Item | None:
    """Return the refusal, `ID#refusal`, that was made of an item and is in use; None if there is none."""
    return items_named(item.project, [f"{item.external_id}#refusal"]).filter(withdrawn_at=None).first()


def involved(corrected: Mapping[str, str]) -> set[str]:
    """Return the ids of all corrections and of what they replaced."""
    return {*corrected, *corrected.values()}


def items_named(project: Project, ids: Collection[str]) -> QuerySet[Item]:
    """Return the items of a project with these external ids."""
    return Item.objects.filter(project=project, external_id__in=ids)

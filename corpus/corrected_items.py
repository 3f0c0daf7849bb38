"""Items whose text was corrected: of all the texts that a dialogue has had, one at most is in use."""

from collections.abc import Collection, Mapping

from django.db.models import QuerySet

from corpus.models import Item, Project


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
    """Return the item in use that has another text of the same dialogue; None if there is none."""
    corrected = corrections_of(item.project)
    first = first_id(item.external_id, corrected)
    others = {each for each in involved(corrected) if first_id(each, corrected) == first} - {item.external_id}
    return items_named(item.project, others).filter(withdrawn_at=None).first()


def kept_withdrawn(project: Project, items: Collection[int]) -> set[int]:
    """
    Return which of these items may not be restored, because another text of the dialogue is in use.

    Of several texts of one dialogue the latest may be.

    :param items: primary keys
    """
    corrected = corrections_of(project)
    found = items_named(project, involved(corrected)).order_by("-pk").values_list("pk", "external_id", "withdrawn_at")
    in_use = {first_id(name, corrected) for _, name, withdrawn_at in found if withdrawn_at is None}
    kept, wanted = set(), set(items)
    for pk, name, withdrawn_at in found:
        if withdrawn_at is not None and pk in wanted:
            first = first_id(name, corrected)
            if first in in_use:
                kept.add(pk)
            in_use.add(first)
    return kept


def refusal_in_use(item: Item) -> Item | None:
    """Return the refusal, `ID#refusal`, that was made of an item and is in use; None if there is none."""
    return items_named(item.project, [f"{item.external_id}#refusal"]).filter(withdrawn_at=None).first()


def involved(corrected: Mapping[str, str]) -> set[str]:
    """Return the ids of all corrections and of what they replaced."""
    return {*corrected, *corrected.values()}


def items_named(project: Project, ids: Collection[str]) -> QuerySet[Item]:
    """Return the items of a project with these external ids."""
    return Item.objects.filter(project=project, external_id__in=ids)

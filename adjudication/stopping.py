"""
When votes that an item still wants can no longer change its labels, so that they need not be asked. Pure.

`firm_sql` says for all items at once what `can_stop` says of one, and a test compares them.
"""

from adjudication.consensus import FieldDecision, ItemDecision
from adjudication.policies import Kind, Policy
from corpus.labels import FIELDS, Field

ALONE = "({part}_status IS NULL OR {part}_source = 'llm_jury')"
FIRM = """({part}_status IS NULL OR {part}_status = 'inherited'
    OR {part}_label IS NOT NULL AND abs({part}_safe - {part}_unsafe) > missing)"""


def can_stop(decision: ItemDecision, policy: Policy, missing: int) -> bool:
    """
    Return whether the labels of an item and its status are the same, whatever the votes say that are missing.

    Each of them may say either label or leave a field out. The fields that people decide must have labels by now: an
    item that no vote can decide asks for its votes all the same. Its categories may still change. Where a promise lets
    jurors decide a field alone, its votes are not wanted at all, although they would count.

    :param missing: how many votes of people it still wants
    """
    ours = [each for field, each in decision.fields.items() if counts_people(policy, field)]
    return missing > 0 and bool(ours) and all(is_firm(each, policy, missing) for each in ours)


def counts_people(policy: Policy, field: Field) -> bool:
    """Return whether votes of people count towards a field."""
    return Kind.HUMAN in policy.rules[field].kinds


def is_firm(decision: FieldDecision, policy: Policy, missing: int) -> bool:
    """Return whether the field keeps its label even if all missing votes say the other one."""
    if decision.status == "inherited":  # the other field is firm, or the item is asked on because of that
        return True
    if policy.promise and decision.source == "llm_jury":
        return True
    return decision.label is not None and abs(decision.safe - decision.unsafe) > missing


def firm_sql(policy: Policy, wanted: tuple[str, ...], *, stops_early: bool) -> str:
    """
    Return a condition on the columns of a decision and `missing`: that the item can stop.

    :param wanted: the label fields the project wants
    :param stops_early: whether votes are spared that change no label; else only those on what jurors decide alone
    """
    ours = [field for field in FIELDS if field in wanted and counts_people(policy, field)]
    if not ours:
        return "false"
    has_any = " OR ".join(f"{field.part}_status IS NOT NULL" for field in ours)
    allowed = [*([ALONE] if policy.promise else []), *([FIRM] if stops_early else [])]
    each = (f"({' OR '.join(one.format(part=field.part) for one in allowed)})" for field in ours)
    return f"missing > 0 AND ({has_any}) AND {' AND '.join(each)}"


def split_sql(policy: Policy, wanted: tuple[str, ...]) -> str:
    """
    Return a condition on the columns of a decision: that a field which people decide has no label.

    :param wanted: the label fields the project wants
    """
    ours = [field for field in FIELDS if field in wanted and counts_people(policy, field)]
    return " OR ".join(f"{field.part}_status IN ('disputed', 'pending')" for field in ours) or "false"

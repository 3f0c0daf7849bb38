"""Record what an adjudicator says of an item before any opinion is shown to them."""

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions.holds import check_allowed, claim_locked_case, lock_case, record_case_event
from adjudication.case_states import Action, State
from adjudication.models import BlindAnswer, Case, CaseSettings
from adjudication.policies import Policy, policy_of
from adjudication.queries import cases, opinions
from annotation.actions import check_dialogue_shown, exclude_annotator
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.judgements import with_canonical_answers, with_checked_answers
from corpus.labels import FIELDS, Judgement, Label, check_judgement, label_columns_of
from corpus.models import Item, Project, Verb
from corpus.queries import check_present

FINAL = (Label.SAFE.value, Label.UNSAFE.value)
"The labels an adjudicator chooses from: what needs caution is settled as safe or unsafe."


class AlreadyAnswered(Refused):
    """A blind answer is recorded once, before anything is shown."""

    code = "already_answered"


@transaction.atomic
def record_blind(*, project: Project, case: int, by: User, judgement: Judgement) -> BlindAnswer:
    """
    Record a blind answer; recording the same answer again changes nothing.

    On an open case this claims the case. On a settled case that wants a second answer,
    it is that answer, and does not change the settlement.

    :raises Case.DoesNotExist: if the project has no such case
    :raises Invalid: if the answer breaks a rule
    :raises AlreadyAnswered: if this person answered otherwise, or another person recorded the second answer
    :raises CaseClosed, CaseHeld: if this person cannot claim the case
    :raises NotShown: if the dialogue is still hidden from this person
    :raises VotedThemselves, WroteThemselves: if this person voted on the item, or wrote it
    """
    locked = lock_case(project, case)
    if existing := cases.blind_answer_by(locked, by):
        if as_judgement(existing) == with_canonical_answers(project, judgement):
            return existing
        raise AlreadyAnswered("You have labelled this case blind already. That answer stands.")
    is_second = locked.state == State.SETTLED and locked.wants_second
    if is_second and cases.second_answer_on(locked):
        raise AlreadyAnswered("Another adjudicator has given the second answer already.")
    judgement = check_final(project, locked.item, judgement)
    if is_second:
        check_allowed(locked, Action.ANSWER_SECOND)
    else:
        claim_locked_case(project, locked, by, Action.ANSWER_BLIND)
    check_dialogue_shown(by, locked.item, since=locked.opened_at)
    exclude_annotator(project=project, user=by, item=locked.item)
    created = create_blind_answer(locked, by, judgement, is_second=is_second)
    verb = Verb.CASE_ANSWERED_SECOND if is_second else Verb.CASE_ANSWERED_BLIND
    record_case_event(project, verb, locked, by)
    return created


def create_blind_answer(case: Case, by: User, judgement: Judgement, *, is_second: bool) -> BlindAnswer:
    """Store a judgement as a blind answer."""
    return BlindAnswer.objects.create(
        case=case,
        adjudicator=by,
        **judgement.label_columns,
        categories=list(judgement.categories),
        other_text=judgement.other_text,
        answers=dict(judgement.answers),
        note=judgement.rationale,
        saw_opinions_before=opinions.saw_opinions(by, case.item),
        is_second=is_second,
    )


@transaction.atomic
def ask_second(*, project: Project, case: int, by: User) -> Case:
    """
    Ask another adjudicator for a blind answer on a settled case, or on an open case once it is settled.

    :raises Case.DoesNotExist: if the project has no such case
    :raises CaseClosed: if it is neither open nor settled
    """
    locked = lock_case(project, case)
    check_allowed(locked, Action.ASK_SECOND)
    if not locked.wants_second:
        Case.objects.filter(pk=locked.pk).update(wants_second=True)
        record_case_event(project, Verb.CASE_SECOND_ASKED, locked, by)
        locked.wants_second = True
    return locked


@transaction.atomic
def update_case_settings(*, project: Project, by: User | None, hold_minutes: int, wants_second: bool) -> None:
    """Change how a project settles its cases, from the next claim or settlement on."""
    values = {"hold_minutes": hold_minutes, "wants_second": wants_second}
    CaseSettings.objects.update_or_create(project=project, defaults=values)
    record_event(project=project, verb=Verb.CASE_SETTINGS_CHANGED, actor=by, detail=values)


def check_final(project: Project, item: Item, judgement: Judgement) -> Judgement:
    """
    Check an adjudicator's labels: the rules of any opinion, a label for every field, and only safe or unsafe.

    :return: with the answers to questions as they are stored
    :raises Invalid: naming the field that breaks a rule
    """
    for name in cases.fields_of(project, item):
        if getattr(judgement, name) not in FINAL:
            raise Invalid(name, "choose safe or unsafe")
    check_judgement(judgement, wanted=project.fields, has_response=item.has_response, asked_categories=True)
    check_present(project, judgement.categories)
    check_inherited(policy_of(project), judgement)
    return with_checked_answers(project, judgement, whom=None, has_response=item.has_response)


def check_inherited(policy: Policy, judgement: Judgement) -> None:
    """
    Check that no field is unsafe that inherits a safe label.

    :raises Invalid: naming the field that is
    """
    for field in FIELDS:
        followed = policy.rules[field].follows
        is_safe = followed and judgement.labels.get(followed) == Label.SAFE
        if is_safe and judgement.labels.get(field) == Label.UNSAFE:
            raise Invalid(field, f"a safe dialogue has no unsafe {field.part} under this project's policy")


def as_judgement(blind: BlindAnswer) -> Judgement:
    """Return a stored blind answer as a judgement, its note as the rationale."""
    return Judgement(
        **label_columns_of(blind),
        categories=tuple(blind.categories),
        other_text=blind.other_text,
        rationale=blind.note,
        answers=blind.answers,
    )

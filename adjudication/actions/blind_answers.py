"""What an adjudicator says before they are shown anything."""

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions.holds import check_open, locked_case, of, take
from adjudication.models import BlindAnswer, Case, CaseSettings
from adjudication.policies import policy_of
from adjudication.queries import cases
from annotation.actions import exclude_annotator
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.labels import Judgement, Label, check_judgement
from corpus.models import Item, Project, Verb

FINAL = (Label.SAFE.value, Label.UNSAFE.value)
"Adjudicators decide: what needs caution is for them safe or unsafe."


class AlreadyAnswered(Refused):
    """A blind answer is given once, before anything is shown."""

    code = "already_answered"


@transaction.atomic
def record_blind(*, project: Project, case: int, by: User, judgement: Judgement) -> BlindAnswer:
    """
    Record what an adjudicator says before any opinion is shown; the same again changes nothing.

    A case that is free comes into their hands by it. On a settled case that wants a second
    answer, it is that answer, and changes nothing of the settlement.

    :raises Case.DoesNotExist: if the project has no such case
    :raises Invalid: if the answer breaks a rule
    :raises AlreadyAnswered: if this person has given another, or another person the second answer
    :raises CaseClosed, CaseHeld: if it is not to be had
    :raises VotedThemselves: if this person voted on the item
    """
    found = locked_case(project, case)
    if before := cases.blind_answer(found, by):
        if as_judgement(before) == judgement:
            return before
        raise AlreadyAnswered("You have labelled this case blind already. That answer stands.")
    is_second = found.state == Case.State.SETTLED and found.wants_second
    if is_second and cases.second_answer(found):
        raise AlreadyAnswered("Another adjudicator has given the second answer already.")
    check_final(project, found.item, judgement)
    if not is_second:
        take(project, found, by)
    exclude_annotator(project=project, user=by, item=found.item)
    answer = BlindAnswer.objects.create(
        case=found,
        adjudicator=by,
        prompt_label=judgement.prompt_label,
        response_label=judgement.response_label,
        categories=list(judgement.categories),
        other_text=judgement.other_text,
        note=judgement.rationale,
        is_second=is_second,
    )
    verb = Verb.CASE_ANSWERED_SECOND if is_second else Verb.CASE_ANSWERED_BLIND
    record_event(project=project, verb=verb, subject=found.item.external_id, actor=by, detail=of(found))
    return answer


@transaction.atomic
def ask_second(*, project: Project, case: int, by: User) -> Case:
    """
    Ask for another adjudicator's blind answer on a settled case, or on an open one once it is settled.

    :raises CaseClosed: if it is neither
    """
    found = locked_case(project, case)
    if found.state != Case.State.SETTLED:
        check_open(found)
    if not found.wants_second:
        Case.objects.filter(pk=found.pk).update(wants_second=True)
        record_event(
            project=project, verb=Verb.CASE_SECOND_ASKED, subject=found.item.external_id, actor=by, detail=of(found)
        )
        found.wants_second = True
    return found


@transaction.atomic
def update_case_settings(*, project: Project, by: User, hold_minutes: int, wants_second: bool) -> None:
    """Change how a project settles its cases; it holds from the next case on."""
    values = {"hold_minutes": hold_minutes, "wants_second": wants_second}
    CaseSettings.objects.update_or_create(project=project, defaults=values)
    record_event(project=project, verb=Verb.CASE_SETTINGS_CHANGED, actor=by, detail=values)


def check_final(project: Project, item: Item, judgement: Judgement) -> None:
    """
    Hold an adjudicator's labels to the rules of an opinion, to all fields there are, and to safe or unsafe.

    :raises Invalid: naming the field
    """
    given = {"prompt_label": judgement.prompt_label, "response_label": judgement.response_label}
    for name in cases.fields_of(project, item):
        if given[name] not in FINAL:
            raise Invalid(name, "choose safe or unsafe")
    check_judgement(judgement, wanted=project.fields, has_response=item.has_response, asked_categories=True)
    follows = policy_of(project).response_follows_prompt
    if follows and judgement.prompt_label == Label.SAFE and judgement.response_label == Label.UNSAFE:
        raise Invalid("response_label", "a safe dialogue has no unsafe response under this project's policy")


def as_judgement(answer: BlindAnswer) -> Judgement:
    return Judgement(
        answer.prompt_label, answer.response_label, tuple(answer.categories), answer.other_text, answer.note
    )

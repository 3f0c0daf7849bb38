"""The settlements that a person may read, and a record that they have: a blind label after that is none."""

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User

from adjudication.actions.opinions_seen import record_opinions_listed
from adjudication.case_states import State
from adjudication.models import Case
from adjudication.queries.cases import BlindAnswers, may_read_settlement, own_answer
from adjudication.queries.opinions import EARLIER_CASES, cases_to_label_blind
from corpus.models import Project


def visible_settlements(
    user: User, project: Project, page: Sequence[Case], answers: Mapping[int, BlindAnswers]
) -> set[int]:
    """
    Return the primary keys of those of the cases whose settlement a person may read, and record that they do.

    Left out are settlements on which they could still give the second answer, and those of dialogues whose new case
    they hold and have not labelled blind. Of those who took part in a case, it is on record already.

    :param page: cases of the project
    :param answers: the blind answers on each, by its primary key
    """
    settled = [case for case in page if case.state in (State.SETTLED, State.REOPENED)]
    if not settled:
        return set()
    held = set(cases_to_label_blind(user).filter(project=project).values_list("item", flat=True))
    read = [case for case in settled if case.item_id not in held and may_read_settlement(case, user, answers[case.pk])]
    new = [case for case in read if case.adjudicator_id != user.pk and not own_answer(answers[case.pk], user)]
    if new:
        items = [case.item.external_id for case in new]
        record_opinions_listed(project=project, items=items, by=user, subject=EARLIER_CASES)
    return {case.pk for case in read}

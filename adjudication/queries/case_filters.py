"""Find the cases of a project by state, source, disputed field, category and margin."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models import Case as Either
from django.db.models.expressions import RawSQL

from adjudication.case_states import State
from adjudication.models import AnswerDecision, BlindAnswer, Case, Decision
from adjudication.policies import Kind, Policy, policy_of
from adjudication.queries.opinions import is_counted
from annotation.models import Vote
from corpus.categories.translation import counting_as
from corpus.labels import FIELDS, Field
from corpus.models import Item, Project
from corpus.queries import questions_of
from corpus.question_rules import CAN_BE_DISPUTED
from corpus.questions import field_of
from corpus.taxonomy_versions import counts_as
from jury.models import Ballot

STATES = ("open", "settled", "stale", "second", "reopened", "closed")
"The states to filter by: `stale` and `second` are settled cases with new opinions, or without a second answer yet."
MARGINS = {"0": "Even as cast", "1": "1", "2": "2 or more"}


@dataclass(frozen=True)
class CaseFilter:
    """Which cases of a project to list; all open ones by default."""

    state: str = "open"
    "One of STATES."
    field: str = ""
    "What is disputed: a label field, or a question as `answers.KEY`."
    source: str = ""
    "Where the item comes from."
    category: str = ""
    "The slug of a category that an opinion names."
    margin: str = ""
    "One of MARGINS: how far apart safe and unsafe are as cast, before needs_caution is counted as one of them."

    @property
    def reads_opinions(self) -> bool:
        """Return whether opinions have to be looked up to tell which cases match."""
        return bool(self.category or self.margin)


def cases_matching(project: Project, filters: CaseFilter, *, of_lead: bool = False) -> QuerySet[Case]:
    """
    Return the cases that match with their items, in no order.

    :param of_lead: whether a lead looks: nobody else finds by its source what was written here
    """
    cases = Case.objects.filter(project=project).select_related("item", "adjudicator", "holder")
    cases = in_state(cases, project, filters.state)
    if filters.source:
        cases = cases.filter(as_shown(project, of_lead=of_lead), source=filters.source)
    if filters.field:
        cases = cases.filter(Exists(disputes_of(project, filters.field)))
    if filters.category:
        votes, ballots = (opinions_naming(project, model, filters.category) for model in (Vote, Ballot))
        cases = cases.filter(Exists(votes) | Exists(ballots))
    if filters.margin:
        label_field = filters.field if filters.field in FIELDS else ""
        cases = cases.filter(has_margin(project, label_field, filters.margin))
    return cases


def disputes_of(project: Project, field: str) -> QuerySet[Any]:
    """
    Return the disputed decision on a case's item, on a label or on the answer to a question, for a subquery.

    :param field: a label field, or a question as `answers.KEY`
    """
    if field in FIELDS:
        return project_decisions(project).filter(status="disputed", **{Field(field).column("status"): "disputed"})
    answers = AnswerDecision.objects.filter(item=OuterRef("item"), policy=project.policy, status="disputed")
    return answers.filter(question__project=project, question__key=field.removeprefix(field_of("")))


def fields_in_dispute(project: Project) -> dict[str, str]:
    """Return the words for each label field and question whose dispute can be looked for, by its name in filters."""
    questions = [each for each in questions_of(project) if each.type in CAN_BE_DISPUTED]
    labels = {field.value: field.display_name for field in FIELDS}
    return labels | {field_of(question.key): question.text for question in questions}


def in_state(cases: QuerySet[Case], project: Project, state: str) -> QuerySet[Case]:
    """
    Return the cases in a state; open cases of withdrawn items are left out.

    :param state: one of STATES
    """
    if state == "stale":
        return cases.filter(Exists(project_decisions(project).filter(stale=True)), state=State.SETTLED)
    if state == "second":
        return cases.filter(~Exists(second_answers()), state=State.SETTLED, wants_second=True)
    cases = cases.filter(state=state)
    if state != State.OPEN:
        return cases
    return cases.filter(~Exists(Item.objects.filter(pk=OuterRef("item"), withdrawn_at__isnull=False)))


def project_decisions(project: Project) -> QuerySet[Decision]:
    """Return the decision on a case's item under the project's own policy, for a subquery."""
    return Decision.objects.filter(item=OuterRef("item"), policy=project.policy)


def second_answers() -> QuerySet[BlindAnswer]:
    """Return the second answer on a case, for a subquery."""
    return BlindAnswer.objects.filter(case=OuterRef("pk"), is_second=True)


def opinions_naming(project: Project, model: Any, category: str) -> QuerySet[Any]:
    """
    Return the counted opinions on a case's item that count as naming a category, for a subquery.

    :param model: Vote or Ballot
    """
    names = Q(categories__overlap=counting_as(category, counts_as(project.taxonomy_id)))
    if category == "needs_caution":  # a slug as well as a label
        for field in FIELDS:
            names |= Q(**{field: "needs_caution"})
    found: QuerySet[Any] = model.objects.filter(names, is_counted(model), item=OuterRef("item"))
    return found


IS_DISPUTED = " OR ".join(f"o.field = '{field}' AND d.{field.column('status')} = 'disputed'" for field in FIELDS)
HAS_MARGIN = """
EXISTS (
    SELECT FROM ({opinions}) AS o
    JOIN adjudication_decision d ON d.item_id = adjudication_case.item_id AND d.policy = %s AND d.status = 'disputed'
    WHERE ({is_disputed}) AND (%s = '' OR o.field = %s)
    GROUP BY o.field
    HAVING CASE %s WHEN '2' THEN {margin} >= 2 ELSE ({margin})::text = %s END
)
"""
MARGIN = "abs(count(*) FILTER (WHERE label = 'unsafe') - count(*) FILTER (WHERE label = 'safe'))"


def has_margin(project: Project, label_field: str, margin: str) -> RawSQL:
    """
    Return the condition that safe and unsafe opinions on a case's item are so far apart; it is looked up case by case.

    :param label_field: the field to compare; empty for any disputed field
    :param margin: one of MARGINS
    """
    policy = policy_of(project)
    opinions = " UNION ALL ".join(label_queries(policy))
    condition = HAS_MARGIN.format(opinions=opinions, is_disputed=IS_DISPUTED, margin=MARGIN)
    return RawSQL(condition, [policy.name, label_field, label_field, margin, margin], output_field=BooleanField())  # noqa: S611


def label_queries(policy: Policy) -> list[str]:
    """Return a query (field, label) on a case's item for each field and each kind of opinion that a policy counts."""
    tables = {Kind.HUMAN: ("annotation_vote", ""), Kind.LLM: ("jury_ballot", "AND outcome = 'cast'")}
    return [
        f"""SELECT '{name}' AS field, {name} AS label FROM {tables[kind][0]}
            WHERE item_id = adjudication_case.item_id AND is_current {tables[kind][1]}"""
        for name, rule in policy.rules.items()
        for kind in sorted(rule.kinds)
    ]


def case_sources(project: Project, *, of_lead: bool = False) -> list[str]:
    """Return the sources of the items that have cases, as far as they are shown, in alphabetical order."""
    cases = Case.objects.filter(as_shown(project, of_lead=of_lead), project=project).exclude(source="")
    return sorted(cases.values_list("source", flat=True).order_by().distinct())


def source_of(case: Case, *, of_lead: bool) -> str:
    """Return where the item of a case comes from; to leads alone of one that was written here, as attacks are."""
    return case.source if of_lead or case.item.author_id is None else ""


def shown_source(project: Project, *, of_lead: bool) -> F | Either:
    """Return what `source_of` returns as an expression, to sort by: the order must not tell it either."""
    if of_lead:
        return F("source")
    shown = When(as_shown(project, of_lead=of_lead), then=F("source"))
    return Either(shown, default=Value(""), output_field=TextField())


def as_shown(project: Project, *, of_lead: bool) -> Q:
    """Return the condition that `source_of` a case is its source."""
    written_here = Item.objects.filter(project=project, author__isnull=False, pk=OuterRef("item"))
    return Q() if of_lead else Q(~Exists(written_here))


def case_counts(project: Project) -> dict[str, int]:
    """Return the number of cases in each of STATES."""
    cases = Case.objects.filter(project=project)
    return {state: in_state(cases, project, state).count() for state in STATES}


def open_case_count(project: Project) -> int:
    """Return the number of cases that wait for an adjudicator."""
    return in_state(Case.objects.filter(project=project), project, State.OPEN).count()

"""The SQL of decided answers agrees with the definition; a disputed question opens a case where it says so."""

import random
import re

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adjudication.actions import recount, recount_if_changed
from adjudication.actions.recounts import recount_item
from adjudication.answer_counting import batches_of, parameters_of, store_answers_sql
from adjudication.answers import DecidedAnswer, decide_answers
from adjudication.consensus import Opinion
from adjudication.models import AnswerDecision, Case, Decision
from adjudication.policies import POLICIES, Kind, policy_of
from annotation.models import Vote
from corpus import actions
from corpus.models import Item, Project
from corpus.queries import questions_of
from corpus.questions import questions_asked
from jury.models import Ballot
from tests.factories import dialogue, import_dialogues, import_votes, make_project, numbers, opinion

ITEMS = 150
CHOICES = ["low", "middle", "high"]
QUESTIONS = [
    {"key": "real", "text": "Real?", "type": "yes_no", "about": "prompt"},
    {"key": "sort", "text": "Which kind?", "type": "one_of", "choices": CHOICES},
    {"key": "groups", "text": "Which groups?", "type": "many_of", "choices": CHOICES, "is_required": False},
    {"key": "level", "text": "How much?", "type": "ordinal", "choices": CHOICES, "about": "response"},
    {"key": "refused", "text": "Refused?", "type": "yes_no", "about": "response"},
    {"key": "why", "text": "Why?", "type": "text"},
]


def make_asking_project(*questions, **options) -> Project:
    """Return a project with questions asked of everybody."""
    project = make_project(**options)
    lead = User.objects.create_user(f"lead-{next(numbers)}")
    for question in questions or QUESTIONS:
        actions.add_question(project=project, by=lead, **{"asked_of": "both", **question})
    return project


def random_answer(dice: random.Random, question):
    if question.type == "text":
        return "because"
    values = ["yes", "no"] if question.type == "yes_no" else CHOICES
    if question.type == "many_of":
        return [value for value in values if dice.random() < 0.5]
    return dice.choice(values)


def answer_opinions(answers: dict[int, dict], model) -> None:
    """Write answers into stored opinions, by primary key, as if they had been given: votes are never edited."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        model.objects.bulk_update([model(pk=pk, answers=each) for pk, each in answers.items()], ["answers"])
        cursor.execute("SET session_replication_role = DEFAULT")


def fill(project: Project, folder, seed: int) -> dict[int, tuple[bool, list[Opinion]]]:
    """Import opinions of up to four people and four models on each item, with random answers; return them by item."""
    dice, rows, votes = random.Random(seed), [], []
    for number in range(ITEMS):
        rows.append(dialogue(f"i{number:03}", response=dice.random() < 0.6))
        raters = [f"{kind}-{n}" for kind in ("person", "model") for n in range(dice.randint(0, 4))]
        votes += [opinion(f"i{number:03}", rater) for rater in raters]
    import_dialogues(project, folder, rows)
    assert import_votes(project, folder, votes).code == 0
    items = {item.pk: (item.has_response, []) for item in Item.objects.filter(project=project)}
    for model, kind in ((Vote, Kind.HUMAN), (Ballot, Kind.LLM)):
        given = {}
        for pk, item in model.objects.filter(item__project=project).values_list("pk", "item"):
            asked = questions_asked(questions_of(project), None, has_response=items[item][0])
            given[pk] = {each.key: random_answer(dice, each) for each in asked if dice.random() < 0.8}
            items[item][1].append(Opinion(kind, {}, answers=given[pk]))
        answer_opinions(given, model)
    return items


def stored(project: Project, policy: str) -> dict[int, dict[str, DecidedAnswer]]:
    found: dict[int, dict[str, DecidedAnswer]] = {}
    for each in AnswerDecision.objects.filter(item__project=project, policy=policy).select_related("question"):
        decided = DecidedAnswer(each.status, each.value, each.counts, each.answered, each.spread)
        found.setdefault(each.item_id, {})[each.question.key] = decided
    return found


def test_sql_agrees_with_the_definition(tmp_path):
    for number, settings in enumerate(({}, {"quorum": 1}, {"quorum": 4})):
        project = make_asking_project(**settings)
        expected = fill(project, tmp_path, seed=number)
        for name in POLICIES:
            recount(project=project, policy_name=name)
            policy, questions = policy_of(project, name), questions_of(project)
            wanted = {
                item: decide_answers(opinions, policy, questions, has_response=has_response)
                for item, (has_response, opinions) in expected.items()
            }
            assert stored(project, name) == {item: answers for item, answers in wanted.items() if answers}
        statuses = set(AnswerDecision.objects.filter(item__project=project).values_list("status", flat=True))
        assert statuses >= {"unanimous", "majority", "decided"}


def test_a_recount_writes_only_what_changed(tmp_path):
    project = make_asking_project()
    fill(project, tmp_path, seed=7)
    recount(project=project)
    before = {each.pk: each.changed_at for each in AnswerDecision.objects.filter(item__project=project)}

    recount(project=project)
    assert before == {each.pk: each.changed_at for each in AnswerDecision.objects.filter(item__project=project)}

    # One item alone: what it has is counted anew, what it has no more is gone, and others stay as they are.
    first, second = AnswerDecision.objects.filter(item__project=project).distinct("item").order_by("item")[:2]
    for item in (first.item_id, second.item_id):
        for model in (Vote, Ballot):
            opinions = model.objects.filter(item=item).values_list("pk", flat=True)
            answer_opinions({opinion: {} for opinion in opinions}, model)
    recount_item(project=project, item=first.item_id)
    assert not AnswerDecision.objects.filter(item=first.item_id).exists()
    assert AnswerDecision.objects.filter(item=second.item_id).exists()


def test_a_repeated_recount_compares_no_decision_with_each(tmp_path):
    project = make_asking_project()
    fill(project, tmp_path, seed=8)
    recount(project=project)
    policy, question = policy_of(project), questions_of(project)[0]
    count = AnswerDecision.objects.filter(item__project=project, question=question.pk).count()
    parameters = parameters_of([question]) | {"project": project.pk, "policy": policy.name}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {store_answers_sql(policy, [question])}", parameters)
        compared_in_vain = re.findall(r"'Rows Removed by Join Filter': (\d+)", str(cursor.fetchone()))
    assert sum(map(int, compared_in_vain)) < count * (count - 1) / 2


def test_a_project_without_questions_is_recounted_as_before(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    with CaptureQueriesContext(connection) as captured:
        recount(project=project)
    about_questions = ("corpus_question", "answerdecision")
    assert not any(table in each["sql"] for table in about_questions for each in captured.captured_queries)
    assert "questions" not in recount(project=project).fingerprint


def ask_of_people(*answers, folder, **question):
    """Return a project whose item a has these answers of people, and unanimous labels."""
    asked = {"key": "refused", "text": "Refused?", "type": "yes_no", "opens_cases": True, **question}
    project = make_asking_project(asked, quorum=2)
    import_dialogues(project, folder, [dialogue("a")])
    give(project, folder, *answers)
    return project


def give(project, folder, *answers):
    for answer in answers:
        name = f"person-{next(numbers)}"
        assert import_votes(project, folder, [opinion("a", name, "safe", "safe")]).code == 0
        vote = Vote.objects.get(annotator__name=name, item__project=project)
        answer_opinions({vote.pk: {"refused": answer}}, Vote)


def test_a_disputed_question_opens_a_case_where_it_says_so_and_closes_it_when_decided(tmp_path):
    project, lead = ask_of_people("yes", "no", folder=tmp_path), User.objects.create_user(f"lead-{next(numbers)}")
    recount_if_changed(project=project)

    case = Case.objects.get(item__project=project)
    assert case.state == Case.State.OPEN
    assert Decision.objects.get(item=case.item_id).status == "decided"  # the labels stand beside it

    give(project, tmp_path, "yes")
    recount_if_changed(project=project)
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED
    assert AnswerDecision.objects.get(item=case.item_id).value == "yes"

    # A project that changes its mind is recounted, although no opinion is new; a retired question opens no case.
    give(project, tmp_path, "no")
    actions.change_question(project=project, by=lead, key="refused", stays_because="it is so", opens_cases=False)
    recount_if_changed(project=project)
    assert not Case.objects.filter(item__project=project, state="open").exists()
    actions.change_question(project=project, by=lead, key="refused", stays_because="it is so", opens_cases=True)
    recount_if_changed(project=project)
    assert Case.objects.filter(item__project=project, state="open").exists()
    actions.retire_question(project=project, by=lead, key="refused")
    recount_if_changed(project=project)
    assert not Case.objects.filter(item__project=project, state="open").exists()
    assert AnswerDecision.objects.get(item__project=project).status == "disputed"


def test_questions_with_many_choices_are_decided_in_statements_that_postgresql_takes(tmp_path):
    many = [
        {"key": f"q{n}", "text": "Which?", "type": "one_of", "choices": [f"c{at}" for at in range(50)]}
        for n in range(20)
    ]
    project = make_asking_project(*many)
    import_dialogues(project, tmp_path, [dialogue("a"), dialogue("b")])
    assert import_votes(project, tmp_path, [opinion("a", rater) for rater in ("one", "two", "three")]).code == 0
    votes = Vote.objects.filter(item__project=project).values_list("pk", flat=True)
    answer_opinions({vote: {f"q{n}": f"c{n}" for n in range(20)} for vote in votes}, Vote)

    assert [len(batch) for batch in batches_of(questions_of(project))] == [16, 4]
    recount(project=project)
    answers = stored(project, "majority")
    assert [{key: each.value for key, each in found.items()} for found in answers.values()] == [
        {f"q{n}": f"c{n}" for n in range(20)}
    ]

"""Questions: which are asked of whom, what an answer may be, and what may change."""

import pytest
from django.contrib.auth.models import User

from corpus import actions, queries, questions
from corpus.errors import Invalid
from corpus.models import Event, Project, Question, Verb
from corpus.question_rules import PRESETS, check_choices_of_type, check_key
from corpus.questions import AskedOf, PlainQuestion, check_answers, describe_answers, questions_asked
from tests.cases import cases
from tests.factories import make_project, numbers

STEPS = [{"value": value, "name": value.title()} for value in ("low", "middle", "high")]
ALL = [
    PlainQuestion("is_real", "yes_no", text="Is it real?"),
    PlainQuestion("refusal", "one_of", STEPS[:2], text="Refused?", about="response", asked_of="people"),
    PlainQuestion("groups", "many_of", STEPS, text="Which?", is_required=False),
    PlainQuestion("level", "ordinal", STEPS, text="How much?", asked_of="jurors"),
    PlainQuestion("why", "text", text="Why?", is_required=False),
]


def answered(answers, *, whom=AskedOf.PEOPLE, has_response=False, **options):
    return check_answers(ALL, answers, whom=whom, has_response=has_response, **options)


def refused(answers, **options):
    with pytest.raises(Invalid) as caught:
        answered(answers, **options)
    return caught.value


def test_questions_are_asked_by_kind_of_rater_and_by_what_the_item_has():
    def keys(whom, has_response):
        return [each.key for each in questions_asked(ALL, whom, has_response=has_response)]

    assert keys(AskedOf.PEOPLE, True) == ["is_real", "refusal", "groups", "why"]
    assert keys(AskedOf.PEOPLE, False) == ["is_real", "groups", "why"]
    assert keys(AskedOf.JURORS, True) == ["is_real", "groups", "level", "why"]
    assert keys(None, True) == [each.key for each in ALL]
    assert [*questions.Type] == Question.Type.values
    assert [*AskedOf] == Question.AskedOf.values
    assert [*questions.About] == Question.About.values


def test_answers_take_one_form():
    written = {"why": "  for\u200c sport \n", "groups": ["high", "low", "high"], "is_real": "no"}

    assert answered(written) == {"is_real": "no", "groups": ["low", "high"], "why": "for\u200c sport"}
    assert list(answered(written)) == ["is_real", "groups", "why"]
    # Left out: null, an empty text. An empty list says that none applies, where an answer may be left out.
    assert answered({"is_real": "yes", "groups": None, "why": " "}) == {"is_real": "yes"}
    assert answered({"is_real": "yes", "groups": []}) == {"is_real": "yes", "groups": []}
    assert answered({"is_real": "yes", "groups": ["", "low"]}) == {"is_real": "yes", "groups": ["low"]}
    assert answered({"is_real": "yes", "groups": ["", ""]}) == {"is_real": "yes"}
    assert answered({}, needs_required=False) == {}
    # An adjudicator answers what anybody is asked; no text is asked for that nothing decides.
    full = {"is_real": "yes", "refusal": "low", "level": "high"}
    assert answered(full, whom=None, has_response=True) == full
    assert describe_answers(ALL, {"groups": ["low", "high"], "why": "x", "is_real": "yes"}) == [
        ("Is it real?", "Yes"),
        ("Which?", "Low, High"),
        ("Why?", "x"),
    ]
    assert describe_answers(ALL, {"groups": []}) == [("Which?", "none")]


@cases(
    ("answers", "field", "reason"),
    [
        ({}, "answers.is_real", "answer yes or no"),
        ({"is_real": ""}, "answers.is_real", "answer yes or no"),
        ({"is_real": True}, "answers.is_real", "True is not one of yes, no"),
        ({"is_real": "maybe"}, "answers.is_real", "'maybe' is not one of yes, no"),
        ({"is_real": "yes", "groups": "low"}, "answers.groups", "'low' is not a list"),
        ({"is_real": "yes", "groups": ["low", 3]}, "answers.groups", "3 is not one of"),
        ({"is_real": "yes", "groups": [["low"]]}, "answers.groups", "is not one of"),
        ({"is_real": "yes", "why": 3}, "answers.why", "3 is not a text"),
        ({"is_real": "yes", "why": "a\0"}, "answers.why", "cannot be stored"),
        ({"is_real": "yes", "why": "\ud83d"}, "answers.why", "cannot be stored"),
        ({"is_real": "yes", "why": "x" * 10_001}, "answers.why", "10,001 characters"),
        ({"is_real": "yes", "odd": 1}, "answers.odd", "no such question"),
        ({"is_real": "yes", "level": "low"}, "answers.level", "not asked of people"),
        ({"is_real": "yes", "refusal": "low"}, "answers.refusal", "about the response"),
        ([], "answers", "not an object"),
        ("yes", "answers", "not an object"),
    ],
)
def test_answers_that_break_a_rule_are_refused_by_their_key(answers, field, reason):
    error = refused(answers)
    assert error.field == field
    assert reason in error.reason


@cases("nothing", [[], [""], ["", ""], None])
def test_a_required_list_needs_a_choice(nothing):
    asked = [PlainQuestion("groups", "many_of", STEPS)]
    with pytest.raises(Invalid, match="at least one"):
        check_answers(asked, {"groups": nothing}, whom=None, has_response=False)


@cases("key", ["", "1st", "Refusal", "a-b", "x" * 57, "prompt_label", "answers", "id", "response_label_source", "a\n"])
def test_keys_that_files_could_mistake_are_refused(key):
    with pytest.raises(Invalid):
        check_key(key)


@cases(
    ("type_", "choices"),
    [
        ("yes_no", STEPS),
        ("text", STEPS),
        ("one_of", []),
        ("one_of", STEPS[:1]),
        ("one_of", "low"),
        ("one_of", ["low", "low"]),
        ("one_of", [{"value": "a", "name": "Same"}, {"value": "b", "name": "same"}]),
        ("ordinal", [{"value": "Low"}, {"value": "high"}]),
        ("many_of", [{"value": "a", "name": "x" * 101}, {"value": "b"}]),
        ("many_of", [{"value": "a", "name": "x\0"}, {"value": "b"}]),
        ("many_of", [None, 3]),
        ("many_of", [f"v{number}" for number in range(51)]),
    ],
)
def test_choices_that_do_not_fit_are_refused(type_, choices):
    with pytest.raises(Invalid):
        check_choices_of_type(type_, choices)


def make_lead() -> User:
    return User.objects.create_user(f"lead-{next(numbers)}")


def test_a_project_without_questions_is_asked_for_none(django_assert_num_queries):
    project = make_project()
    with django_assert_num_queries(0):
        assert queries.questions_of(project) == ()


def test_questions_are_added_changed_reordered_and_retired(django_assert_num_queries):
    project, lead = make_project(), make_lead()
    for preset in PRESETS.values():
        actions.add_question(project=project, by=lead, **preset)
    with pytest.raises(Invalid, match="already"):
        actions.add_question(project=project, by=lead, **PRESETS["severity"])
    added = {"key": "why", "text": " Why \n so? ", "type": "text", "is_required": False}
    assert actions.add_question(project=project, by=lead, **added).text == "Why so?"

    actions.reorder_questions(project=project, by=lead, keys=["why", "severity", "response_refusal"])
    with pytest.raises(Invalid):
        actions.reorder_questions(project=project, by=lead, keys=["why", "severity"])
    actions.retire_question(project=project, by=lead, key="why")
    actions.retire_question(project=project, by=lead, key="why")
    with pytest.raises(actions.NoSuchQuestion):
        actions.retire_question(project=project, by=lead, key="other")

    read = Project.objects.get(pk=project.pk)
    with django_assert_num_queries(1):
        assert [each.key for each in queries.questions_of(read)] == ["why", "severity", "response_refusal"]
        assert queries.questions_of(read)[0].retired_at
    with pytest.raises(Invalid, match="retired"):
        check_answers(queries.questions_of(read), {"why": "x"}, whom=AskedOf.PEOPLE, has_response=False)
    assert actions.restore_question(project=project, by=lead, key="why").retired_at is None
    verbs = list(Event.objects.filter(project=project, actor=lead).order_by("pk").values_list("verb", flat=True))
    assert verbs == [*[Verb.QUESTION_ADDED] * 3, Verb.QUESTION_CHANGED, Verb.QUESTION_RETIRED, Verb.QUESTION_CHANGED]


def test_an_answered_question_keeps_its_meaning():
    project, lead = make_project(), make_lead()
    actions.add_question(project=project, by=lead, **PRESETS["severity"])

    def change(*, stays_because="the question has answers", **values):
        return actions.change_question(project=project, by=lead, key="severity", stays_because=stays_because, **values)

    for values in ({"type": "one_of"}, {"choices": STEPS}, {"about": "prompt"}):
        with pytest.raises(Invalid, match="has answers"):
            change(**values)
    assert change(text="How bad is it?", asked_of="people", is_required=False).text == "How bad is it?"
    assert change(choices=STEPS, stays_because="").choices == STEPS
    count = Event.objects.filter(project=project).count()
    assert change(choices=STEPS, text="How bad is it?").choices == STEPS  # changes nothing
    assert Event.objects.filter(project=project).count() == count
    with pytest.raises(Invalid, match="disputed"):
        change(opens_cases=True)
    for name, value in (("asked_of", "cats"), ("about", ""), ("text", ""), ("text", "x" * 301), ("guidance", "\0")):
        with pytest.raises(Invalid) as caught:
            change(**{name: value})
        assert caught.value.field == name
    assert Question.objects.get(project=project).text == "How bad is it?"

"""Odd values in each field of the bodies, queries and forms of adjudication."""

from datetime import date

from adjudication.forms.audit_log import EventForm
from adjudication.forms.cases import CaseFilterForm, CaseSettingsForm, FinalForm, ReopenForm, SendBackForm
from adjudication.forms.policies import ChangePolicyForm, PolicyForm
from adjudication.models import CaseSettings
from adjudication.queries.audit_log import PROJECT_VERBS, EventFilter
from adjudication.queries.case_filters import STATES, CaseFilter, fields_in_dispute
from adjudication.serializers.cases import CaseFilterSerializer, ReopenSerializer, SendBackSerializer, SettleSerializer
from adjudication.serializers.policies import ChangePolicySerializer, CompareSerializer, PolicySerializer
from annotation.serializers import LONGEST_TEXT
from corpus.models import SITE_VERBS, Category, Project
from tests.cases import cases
from tests.factories import make_project

LONG = "x" * LONGEST_TEXT


def errors_of(serializer, body):
    """Return the names of the fields that a serializer refuses."""
    made = serializer(data=body)
    made.is_valid()
    return set(made.errors)


SETTLEMENT = {"prompt_label": "unsafe", "response_label": "safe", "categories": ["threat"], "reason": "It is a threat."}


@cases(
    ("field", "value"),
    [
        ("prompt_label", None),
        ("prompt_label", "needs_caution"),  # the action refuses it, not the body
        ("response_label", None),
        ("categories", []),
        ("categories", ["any name at all"]),
        ("categories", ["threat"] * 100),
        ("other_text", ""),
        ("other_text", LONG),
        ("other_text", "שלום\u202e"),
        ("reason", LONG),
        ("reason", "漢"),
        ("seen", ""),
        ("seen", "f" * 64),
        ("seconds", None),
        ("seconds", 0),
        ("seconds", "1.5"),
        ("rationale", "it is written over"),
    ],
)
def test_settlement_takes(field, value):
    assert errors_of(SettleSerializer, SETTLEMENT | {field: value}) == set()


@cases(
    ("field", "value"),
    [
        ("prompt_label", "maybe"),
        ("prompt_label", "SAFE"),
        ("prompt_label", ""),
        ("prompt_label", 1),
        ("prompt_label", ["safe"]),
        ("response_label", "safe "),
        ("response_label", {}),
        ("categories", "threat"),
        ("categories", None),
        ("categories", {"threat": True}),
        ("categories", [None]),
        ("categories", [[]]),
        ("categories", [""]),
        ("other_text", None),
        ("other_text", LONG + "x"),
        ("other_text", ["text"]),
        ("other_text", "a\0b"),
        ("reason", None),
        ("reason", ""),
        ("reason", " \n\t"),
        ("reason", LONG + "x"),
        ("reason", {}),
        ("reason", True),
        ("reason", "\ud800"),
        ("seen", None),
        ("seen", "f" * 65),
        ("seconds", "soon"),
        ("seconds", []),
    ],
)
def test_settlement_refuses(field, value):
    assert errors_of(SettleSerializer, SETTLEMENT | {field: value}) == {field}


@cases("body", [None, [], "text", 1, [SETTLEMENT]])
def test_body_that_is_no_object_is_refused_as_a_whole(body):
    for serializer in (SettleSerializer, SendBackSerializer, ReopenSerializer, ChangePolicySerializer):
        made = serializer(data=body)
        assert not made.is_valid()


def test_settlement_without_a_reason_is_refused():
    assert errors_of(SettleSerializer, {name: SETTLEMENT[name] for name in SETTLEMENT if name != "reason"}) == {
        "reason"
    }


def test_reason_is_the_rationale_of_the_judgement():
    made = SettleSerializer(data=SETTLEMENT | {"rationale": "another", "reason": "  It is a threat.  "})
    assert made.is_valid()
    judgement = made.to_answer({"threat": "threat"}).judgement
    assert (judgement.rationale, judgement.categories) == ("It is a threat.", ("threat",))


@cases(("votes", "number"), [(1, 1), (20, 20), ("7", 7), ("٣", 3), (" 5 ", 5), (2.0, 2), ("3.0", 3)])
def test_number_of_votes_is_read(votes, number):
    made = SendBackSerializer(data={"votes": votes})
    assert made.is_valid()
    assert made.validated_data == {"votes": number, "reason": ""}


@cases("votes", [0, -1, 21, 10**30, "9" * 2_000, 1.5, "two", "", None, True, [], {}, float("nan"), float("inf"), "1e1"])
def test_number_of_votes_that_is_none_is_refused(votes):
    assert errors_of(SendBackSerializer, {"votes": votes}) == {"votes"}


def test_number_of_votes_is_needed():
    assert errors_of(SendBackSerializer, {}) == {"votes"}


@cases(("reason", "refused"), [("", set()), (LONG, set()), (LONG + "x", {"reason"}), (None, {"reason"})])
def test_reason_to_send_back_may_be_missing(reason, refused):
    assert errors_of(SendBackSerializer, {"votes": 2, "reason": reason}) == refused


@cases(
    ("keeps_open", "value"),
    [(True, True), (False, False), ("true", True), ("off", False), (1, True), (0, False), ("1", True), ("no", False)],
)
def test_flag_of_a_reopening_is_read(keeps_open, value):
    made = ReopenSerializer(data={"reason": "Again.", "keeps_open": keeps_open})
    assert made.is_valid()
    assert made.validated_data["keeps_open"] is value


@cases(
    ("body", "refused"),
    [
        ({}, {"reason"}),
        ({"reason": ""}, {"reason"}),
        ({"reason": " "}, {"reason"}),
        ({"reason": None}, {"reason"}),
        ({"reason": LONG}, set()),
        ({"reason": LONG + "x"}, {"reason"}),
        ({"reason": "Again.", "keeps_open": None}, {"keeps_open"}),
        ({"reason": "Again.", "keeps_open": "perhaps"}, {"keeps_open"}),
        ({"reason": "Again.", "keeps_open": 2}, {"keeps_open"}),
        ({"reason": "Again.", "keeps_open": []}, {"keeps_open"}),
        ({"reason": "Again.", "unheard": "of"}, set()),
    ],
)
def test_reopening_needs_a_reason(body, refused):
    assert errors_of(ReopenSerializer, body) == refused


@cases(
    ("query", "filters"),
    [
        ({}, CaseFilter()),
        *(({"state": state}, CaseFilter(state=state)) for state in STATES),
        ({"field": "prompt_label"}, CaseFilter(field="prompt_label")),
        ({"field": ""}, CaseFilter()),
        ({"source": "no such"}, CaseFilter(source="no such")),
        ({"source": "%"}, CaseFilter(source="%")),
        ({"category": "unheard"}, CaseFilter(category="unheard")),
        ({"margin": "0"}, CaseFilter(margin="0")),
        ({"margin": 2}, CaseFilter(margin="2")),
    ],
)
def test_filter_of_cases_is_read(query, filters):
    made = CaseFilterSerializer(data=query)
    assert made.is_valid(), made.errors
    assert made.to_filter(Project()) == filters


@cases(
    ("field", "value"),
    [
        ("state", ""),
        ("state", "Open"),
        ("state", "nonsense"),
        ("state", None),
        ("field", "categories"),
        ("field", "prompt"),
        ("margin", "3"),
        ("margin", "-1"),
        ("margin", "00"),
        ("source", None),
        ("source", []),
        ("source", "a\0b"),
        ("category", {}),
        ("category", "a\0b"),
    ],
)
def test_filter_of_cases_is_refused(field, value):
    assert errors_of(CaseFilterSerializer, {field: value}) == {field}


@cases(
    ("body", "settings"),
    [
        ({"policy": "human"}, ("human", None, None)),
        ({"policy": "human", "quorum": None, "caution": None}, ("human", None, None)),
        ({"policy": "jury", "quorum": 1}, ("jury", 1, None)),
        ({"policy": "jury", "quorum": "100"}, ("jury", 100, None)),
        ({"policy": "aegis2", "caution": "unsafe"}, ("aegis2", None, "unsafe")),
        ({"policy": "aegis2", "caution": ""}, ("aegis2", None, None)),
        ({"policy": "certified", "error": 0.02}, ("certified", None, None)),
    ],
)
def test_policy_is_read(body, settings):
    made = PolicySerializer(data=body)
    assert made.is_valid(), made.errors
    read = made.to_settings()
    assert tuple(read[name] for name in ("policy", "quorum", "caution", "error")) == (*settings, body.get("error"))


@cases(
    ("field", "value"),
    [
        ("policy", ""),
        ("policy", None),
        ("policy", "nope"),
        ("policy", ["human"]),
        ("quorum", 0),
        ("quorum", 101),
        ("quorum", -3),
        ("quorum", 2.5),
        ("quorum", "many"),
        ("quorum", ""),
        ("quorum", True),
        ("caution", "needs_caution"),
        ("caution", "Unsafe"),
        ("caution", 0),
    ],
)
def test_policy_is_refused(field, value):
    assert errors_of(PolicySerializer, {"policy": "human"} | {field: value}) == {field}


@cases(
    ("field", "value", "is_valid"),
    [
        ("page", 1, True),
        ("page", 1_000_000, True),
        ("page", 1_000_001, False),
        ("page", 0, False),
        ("page", "one", False),
        ("page_size", 1, True),
        ("page_size", 500, True),
        ("page_size", 501, False),
        ("page_size", 0, False),
        ("field", "categories", True),
        ("field", "x" * 20, True),
        ("field", "x" * 21, False),
        ("before", "unsafe", True),
        ("before", "x" * 21, False),
        ("after", "pending", True),
        ("after", "a\0", False),
        ("after", None, False),
    ],
)
def test_comparison_at_its_limits(field, value, is_valid):
    assert errors_of(CompareSerializer, {"policy": "human"} | {field: value}) == (set() if is_valid else {field})


@cases(
    ("reason", "is_valid"),
    [("x" * 2_000, True), ("x" * 2_001, False), ("", False), (" ", False), (None, False), ("漢", True)],
)
def test_change_of_policy_needs_a_reason_that_fits(reason, is_valid):
    assert errors_of(ChangePolicySerializer, {"policy": "human", "reason": reason}) == (
        set() if is_valid else {"reason"}
    )
    form = ChangePolicyForm({"policy": "human", "is_sure": "on", "reason": reason})
    assert set(form.errors) == (set() if is_valid else {"reason"})


@cases(
    ("fields", "settings"),
    [
        ({"policy": "human"}, ("human", None, None)),
        ({"policy": "human", "quorum": "", "caution": ""}, ("human", None, None)),
        ({"policy": "jury", "quorum": "100", "caution": "safe"}, ("jury", 100, "safe")),
        ({"policy": "jury", "quorum": " 7 "}, ("jury", 7, None)),
        ({"policy": "certified", "error": "0.02", "risk": ""}, ("certified", None, None)),
        ({"policy": "certified", "score_by": "probability"}, ("certified", None, None)),
    ],
)
def test_form_of_a_policy_is_read(fields, settings):
    form = PolicyForm(fields)
    assert form.is_valid(), form.errors
    read = form.to_settings()
    assert tuple(read[name] for name in ("policy", "quorum", "caution")) == settings
    assert read["error"] == (0.02 if "error" in fields else None)
    assert read["score_by"] == fields.get("score_by")


@cases(
    ("field", "value"),
    [
        *[("policy", ""), ("policy", "x"), ("quorum", "0"), ("quorum", "101"), ("quorum", "1.5"), ("caution", "both")],
        *[("error", "0"), ("error", "nan"), ("risk", "1"), ("risk", "x"), ("score_by", "x"), ("score_by", "0.5")],
    ],
)
def test_form_of_a_policy_is_refused(field, value):
    assert set(PolicyForm({"policy": "human"} | {field: value}).errors) == {field}


@cases(
    ("votes", "is_valid"),
    [
        ("1", True),
        ("20", True),
        ("0", False),
        ("21", False),
        ("", False),
        ("two", False),
        ("1.5", False),
        ("-1", False),
    ],
)
def test_form_to_send_back_at_its_limits(votes, is_valid):
    assert SendBackForm({"votes": votes}).is_valid() is is_valid


def test_form_to_send_back_says_the_range():
    assert SendBackForm({"votes": "99"}).errors["votes"] == ["Choose a number from 1 to 20."]


@cases(
    ("reason", "is_valid"), [("x" * 10_000, True), ("x" * 10_001, False), ("", False), ("\n", False), ("a\0b", False)]
)
def test_form_to_reopen_at_its_limits(reason, is_valid):
    assert ReopenForm({"reason": reason}).is_valid() is is_valid


@cases(
    ("minutes", "is_valid"),
    [
        ("1", True),
        ("30", True),
        ("32767", True),
        ("32768", False),
        ("0", False),
        ("-1", False),
        ("", False),
        ("1.5", False),
    ],
)
def test_minutes_of_a_hold_at_their_limits(minutes, is_valid):
    form = CaseSettingsForm({"hold_minutes": minutes}, instance=CaseSettings(project=make_project()))
    assert form.is_valid() is is_valid


@cases("label", ["needs_caution", "maybe", "SAFE"])
@cases("field", ["prompt_label", "response_label"])
def test_final_labels_are_safe_or_unsafe(field, label):
    form = FinalForm({"prompt_label": "safe", "response_label": "safe"} | {field: label}, categories=[])
    assert set(form.errors) == {field}


def case_filter_form(**query):
    categories = [Category(slug="threat", name="Threat")]
    return CaseFilterForm(
        query or None, categories=categories, sources=["garden", "two words"], disputed=fields_in_dispute(Project())
    )


@cases(
    ("query", "filters"),
    [
        ({}, CaseFilter()),
        ({"state": ""}, CaseFilter()),
        ({"state": "stale"}, CaseFilter(state="stale")),
        ({"source": "two words", "margin": "1"}, CaseFilter(source="two words", margin="1")),
        ({"category": "threat", "field": "response_label"}, CaseFilter(category="threat", field="response_label")),
        ({"state": "gone"}, CaseFilter()),
        ({"state": "closed", "source": "unheard"}, CaseFilter()),
        ({"margin": "9"}, CaseFilter()),
        ({"unheard": "of"}, CaseFilter()),
    ],
)
def test_invalid_filter_on_the_page_lists_all_open_cases(query, filters):
    assert case_filter_form(**query).to_filter() == filters


@cases(
    ("query", "filters"),
    [
        ({}, EventFilter()),
        ({"verb": "item.settled"}, EventFilter(verb="item.settled")),
        ({"verb": "item.unheard", "subject": "one"}, EventFilter(subject="one")),
        ({"actor": "ada"}, EventFilter(actor="ada")),
        ({"actor": "nobody", "text": "word"}, EventFilter(text="word")),
        ({"since": "2026-03-01", "until": "2026-03-31"}, EventFilter(since=date(2026, 3, 1), until=date(2026, 3, 31))),
        ({"since": "2026-02-30", "until": "2026-03-31"}, EventFilter(until=date(2026, 3, 31))),
        ({"since": "2024-02-29"}, EventFilter(since=date(2024, 2, 29))),
        ({"since": "yesterday"}, EventFilter()),
        ({"subject": "x" * 200}, EventFilter(subject="x" * 200)),
        ({"subject": "x" * 201}, EventFilter()),
        ({"text": "a\0b"}, EventFilter()),
    ],
)
def test_filter_of_events_leaves_out_what_is_invalid(query, filters):
    assert EventForm(query or None, actors=["ada"]).to_filter() == filters


def test_verbs_to_filter_by_are_those_of_projects():
    assert list(PROJECT_VERBS) == sorted(PROJECT_VERBS)
    assert not set(PROJECT_VERBS) & set(SITE_VERBS)
    assert "item.settled" in PROJECT_VERBS

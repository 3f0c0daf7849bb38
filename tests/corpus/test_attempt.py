"""Run an action for a form, and show why it was refused."""

from django import forms

from corpus.attempt import attempt
from corpus.errors import Invalid, Refused


class NameForm(forms.Form):
    name = forms.CharField(max_length=5)


def refuse(error):
    raise error


def test_invalid_form_runs_nothing():
    form, calls = NameForm({"name": ""}), []
    tried = attempt(form, lambda: calls.append(1))
    assert (tried.is_done, tried.status, calls) == (False, 422, [])


def test_done_action_returns_its_value():
    form = NameForm({"name": "ada"})
    tried = attempt(form, lambda: form.cleaned_data["name"].upper())
    assert (tried.is_done, tried.status, tried.result) == (True, 200, "ADA")


def test_refusal_is_shown_above_the_form():
    form = NameForm({"name": "ada"})
    tried = attempt(form, lambda: refuse(Refused("There is no room.")))
    assert (tried.is_done, tried.status, str(tried.refusal)) == (False, 409, "There is no room.")
    assert form.non_field_errors() == ["There is no room."]


def test_refusal_can_be_shown_beside_a_field():
    form = NameForm({"name": "ada"})
    attempt(form, lambda: refuse(Refused("Taken.")), refused_field="name")
    assert form.errors == {"name": ["Taken."]}


def test_broken_rule_is_shown_beside_its_field():
    form = NameForm({"name": "ada"})
    tried = attempt(form, lambda: refuse(Invalid("name", "is taken")))
    assert (tried.status, form.errors) == (422, {"name": ["Is taken."]})


def test_broken_rule_of_an_unknown_field_is_shown():
    form = NameForm({"name": "ada"})
    attempt(form, lambda: refuse(Invalid("external_id", "is not known.")))
    assert form.non_field_errors() == ["Is not known."]

"""Forms say what a short name may have, in words of people."""

import pytest
from django import forms

from adjudication.forms.other_category import CategoryForm
from corpus.slug_field import SlugField
from guards.forms import HashListForm, TwinsForm
from tests.cases import cases

SAID = "Use only letters of English, digits, hyphens and underscores."


@cases(("form", "field"), [(CategoryForm, "slug"), (HashListForm, "name"), (TwinsForm, "name")])
def test_form_says_what_a_name_may_have(form, field):
    assert form({field: "ä b <x>"}).errors[field] == [SAID]
    assert field not in form({field: "set-2_b"}).errors


@pytest.mark.parametrize("name", ["a b", "ä", "x/y", "<b>", "a.b", "\u202ea"])
def test_what_addresses_cannot_have_is_refused(name):
    with pytest.raises(forms.ValidationError, match=SAID):
        SlugField().clean(name)

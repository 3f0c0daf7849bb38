"""Forms that invite members and change their role."""

from django import forms

from corpus.models import Member


class InviteForm(forms.Form):
    """A new member."""

    username = forms.CharField(max_length=150, label="User name")
    role = forms.ChoiceField(choices=Member.Role.choices)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(choices=Member.Role.choices)

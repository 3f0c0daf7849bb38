"""The form field of short names in addresses, files and commands."""

from django import forms
from django.core.validators import RegexValidator, slug_re


class SlugField(forms.SlugField):  # noqa: TID251 - all others take this one
    """Django's, which tells people what to write and not that it is called a slug."""

    default_validators = [RegexValidator(slug_re, "Use only letters of English, digits, hyphens and underscores.")]

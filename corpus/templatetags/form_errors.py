"""Show what is wrong with a form in plain words."""

from decimal import Decimal

from django import template
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.forms.boundfield import BoundField

register = template.Library()
LIMITS = {"max_value": "At most", "min_value": "At least"}
"The first words of the message by the code of Django's error."


@register.filter
def errors_of(field: BoundField) -> list[str]:
    """Return the errors of a field as sentences."""
    return [in_words(error) for error in field.errors.as_data()]


@register.filter
def fields_with_errors(form: BaseForm) -> list[BoundField]:
    """Return the fields of a form that were refused, in order; none if the form was not sent."""
    return [form[name] for name in form.fields if name in form.errors] if form.is_bound else []


def in_words(error: ValidationError) -> str:
    """Return one error as a sentence; a number that is too large or small with the limit, such as `At most 32,767.`"""
    limit = (error.params or {}).get("limit_value")
    if error.code in LIMITS and isinstance(limit, int | float | Decimal):
        return f"{LIMITS[error.code]} {limit:,}."
    return " ".join(error.messages)

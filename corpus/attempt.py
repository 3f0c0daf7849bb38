"""Run an action for a form, and show why it was refused beside the form's fields."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from django.forms import BaseForm

from corpus.errors import Invalid, Refused

T = TypeVar("T")
DONE, REFUSED, INVALID = 200, 409, 422


@dataclass(frozen=True, slots=True)
class Attempt(Generic[T]):
    """The outcome of an action that a form submitted."""

    value: T | None
    "What the action returned; None if it was not done."
    status: int
    "HTTP status of the page to show: 200 done, 409 refused, 422 invalid."
    refusal: Refused | None = None

    @property
    def is_done(self) -> bool:
        """Return whether the action was done."""
        return self.status == DONE

    @property
    def result(self) -> T:
        """Return what the action returned. Use it only if the action was done."""
        return cast("T", self.value)


def attempt(form: BaseForm, action: Callable[[], T], *, refused_field: str | None = None) -> Attempt[T]:
    """
    Run an action if the form is valid, and add the reason to the form's errors if the action is refused.

    The page can then show the form again, with what the person typed.

    :param refused_field: the field to show a `Refused` beside; None for the top of the form
    """
    if not form.is_valid():
        return Attempt(None, INVALID)
    try:
        return Attempt(action(), DONE)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, as_sentence(error.reason))
        return Attempt(None, INVALID)
    except Refused as refusal:
        form.add_error(refused_field, str(refusal))
        return Attempt(None, REFUSED, refusal)


def as_sentence(reason: str) -> str:
    """Write the reason of a broken rule as a sentence."""
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith(".") else ".")

"""Forms whose rare fields are folded under a title, so that a page shows first what most people fill in."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.forms.boundfield import BoundField


@dataclass(frozen=True)
class FieldGroup:
    """Fields under one title."""

    title: str
    fields: list[BoundField]

    @property
    def has_errors(self) -> bool:
        """Whether a field was refused; then the group is shown unfolded."""
        return any(field.errors for field in self.fields)


class GroupedForm:
    """A form that says which of its fields `components/grouped_form.html` folds."""

    FOLDED: ClassVar[dict[str, tuple[str, ...]]] = {}
    "The names of fields by the title that they are folded under."
    visible_fields: Any

    def main_fields(self) -> list[BoundField]:
        """Return the fields that are always in sight, in order."""
        folded = {name for names in self.FOLDED.values() for name in names}
        return [field for field in self.visible_fields() if field.name not in folded]

    def folded_groups(self) -> list[FieldGroup]:
        """Return the groups of folded fields, without those that the form leaves out."""
        by_name = {field.name: field for field in self.visible_fields()}
        groups = [
            FieldGroup(title, [by_name[name] for name in names if name in by_name])
            for title, names in self.FOLDED.items()
        ]
        return [group for group in groups if group.fields]

"""`change_queue`: change how a project hands out its items, or show how it does."""

from typing import Any

from django.core.management.base import CommandParser
from rest_framework.serializers import BooleanField, ChoiceField

from annotation.actions import change_queue
from annotation.models import Queue
from annotation.models.queue import SETTINGS
from annotation.queries import queue_settings
from annotation.serializers import QueueSerializer, as_queue
from corpus.commands import ProjectCommand
from corpus.errors import Invalid
from corpus.models import Project


class Command(ProjectCommand):
    help = "Change how a project hands out its items, as the settings of the page Queue do; without options, show it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        for name in SETTINGS:
            parser.add_argument(option_of(name), metavar=values_of(name), help="default: as it is")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        given = {name: options[name] for name in SETTINGS if options[name] is not None}
        self.print_result(dict(as_queue(change(project, given) if given else queue_settings(project))))


def change(project: Project, given: dict[str, str]) -> Queue:
    """
    Change the settings that were given as texts.

    :raises Invalid: naming the option, if one is none of its values
    """
    body = QueueSerializer(data={name: None if text == "none" else text for name, text in given.items()})
    if not body.is_valid():
        name, reasons = next(iter(body.errors.items()))
        raise Invalid(option_of(name), f"{given[name]!r} is none of {values_of(name)}: {str(reasons[0]).rstrip('.')}")
    return change_queue(project=project, by=None, changes=body.validated_data)


def option_of(name: str) -> str:
    """Return the option of a setting."""
    return f"--{name.replace('_', '-')}"


def values_of(name: str) -> str:
    """Return which values a setting takes, in short."""
    field = QueueSerializer().fields[name]
    if isinstance(field, ChoiceField):
        return "|".join(field.choices)
    if isinstance(field, BooleanField):
        return "yes|no"
    return "N|none" if field.allow_null else "N"

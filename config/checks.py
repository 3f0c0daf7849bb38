"""Checks of `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from config.production import weak_settings


@register(Tags.security, deploy=True)
def production_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Return an error for each setting that is too weak for production."""
    return [Error(line, id=f"assize.E{number:03}") for number, line in enumerate(weak_settings(settings), start=1)]

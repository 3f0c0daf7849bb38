"""The Django app of the wiring."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """An app without models, for the commands that join all other apps."""

    name = "config"

    def ready(self) -> None:
        """Load the Celery app and the system checks."""
        from config import celery, checks  # noqa: F401 - tasks are sent through the Celery app

"""The Django app configuration of `config`."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The app that joins all others: commands, system checks and the Celery app, but no models."""

    name = "config"

    def ready(self) -> None:
        """Import the Celery app and the system checks, which register themselves."""
        from config import celery, checks  # noqa: F401 - importing them is enough

"""The Django app configuration of `config`."""

from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The app that joins all others: commands, system checks and the Celery app, but no models."""

    name = "config"

    def ready(self) -> None:
        """Import the Celery app and the system checks, which register themselves; put changes of sign-in on record."""
        from config import celery, checks  # noqa: F401 - importing them is enough
        from config.single_sign_on import record_connected, record_disconnected

        social_account_added.connect(record_connected)
        social_account_removed.connect(record_disconnected)

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """An app without models: it carries the commands that join all the others."""

    name = "config"

    def ready(self) -> None:
        from config import celery, checks  # noqa: F401 - tasks are sent through the app that exists

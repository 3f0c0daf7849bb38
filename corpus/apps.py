"""The app's configuration."""

from django.apps import AppConfig
from django.db.models.signals import pre_save


class CorpusConfig(AppConfig):
    """Projects, people and what is judged."""

    name = "corpus"

    def ready(self) -> None:
        """Have tokens end with the password, also where Django's own code changes it."""
        from django.contrib.auth.models import User

        from corpus.actions.accounts import end_tokens_of_old_password

        pre_save.connect(end_tokens_of_old_password, sender=User)

"""Who administers the whole site."""

from django.conf import settings
from django.db import models


class SiteAdmin(models.Model):
    """A person who acts as admin in every project, names new endpoints, and manages accounts."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.user)

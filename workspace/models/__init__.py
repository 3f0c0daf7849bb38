"""Jobs that workers do for people, and what is sent: messages to webhooks, and digests by mail; roles by groups."""

from workspace.models.digest import Digest, DigestChoice
from workspace.models.group_role import GroupRole
from workspace.models.job import Job
from workspace.models.webhook import Delivery, Webhook

__all__ = ["Delivery", "Digest", "DigestChoice", "GroupRole", "Job", "Webhook"]

"""Jobs that workers do for people, and what is told to webhooks."""

from workspace.models.job import Job
from workspace.models.webhook import Delivery, Webhook

__all__ = ["Delivery", "Job", "Webhook"]

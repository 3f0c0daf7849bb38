"""The only door to the models: OpenAI-compatible endpoints, through the openai SDK."""

from jury.providers.batches import BatchEndpoint, Result, Sent
from jury.providers.calls import Endpoint
from jury.providers.replies import Busy, Declined, Reply, Unavailable
from jury.providers.waits import duration, seconds_to_wait

__all__ = [
    "BatchEndpoint",
    "Busy",
    "Declined",
    "Endpoint",
    "Reply",
    "Result",
    "Sent",
    "Unavailable",
    "duration",
    "seconds_to_wait",
]

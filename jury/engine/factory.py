"""Choose the client of a shard."""

from typing import Any

from jury.engine.model_client import ModelClient
from jury.kinds import kind_of
from jury.models import Shard


def client_for(shard: Shard) -> ModelClient[Any]:
    """Return what asks the questions of a shard."""
    client: ModelClient[Any] = kind_of(shard.run).client(shard.run.project, shard.juror, run_id=shard.run_id)
    return client

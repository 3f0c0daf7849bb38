"""Choose the client of a shard."""

from typing import Any

from jury.engine.model_client import ModelClient
from jury.kinds import kind_of
from jury.models import Shard


def client_for(shard: Shard) -> ModelClient[Any]:
    """Return what asks the questions of a shard, by the categories that its run began with if it is held to them."""
    if shard.run.taxonomy is not None:
        shard.run.project.taxonomy = shard.run.taxonomy
    client: ModelClient[Any] = kind_of(shard.run).client(shard.run.project, shard.juror, run_id=shard.run_id)
    return client

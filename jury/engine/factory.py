"""Choose the client of a shard."""

from jury.engine.generator_client import GeneratorClient
from jury.engine.juror_client import JurorClient
from jury.models import Shard


def client_for(shard: Shard) -> JurorClient | GeneratorClient:
    """Return what asks the questions of a shard: for judgements, or for texts."""
    kind = GeneratorClient if shard.run.generates else JurorClient
    return kind(shard.run.project, shard.juror, run_id=shard.run_id)

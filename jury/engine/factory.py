from jury.engine.generator_client import Writer
from jury.engine.juror_client import Asker
from jury.models import Shard


def questioner_of(shard: Shard) -> Asker | Writer:
    """Give what asks the questions of a shard: for judgements, or for texts."""
    kind = Writer if shard.run.writes else Asker
    return kind(shard.run.project, shard.juror, run_id=shard.run_id)

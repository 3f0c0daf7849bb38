"""Import ballots that were cast elsewhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from corpus.importing.names import RaterNames
from corpus.importing.opinions import ImportedOpinion
from corpus.labels import FIELDS
from corpus.models import Project
from jury import queries
from jury.models import Ballot, Juror, PromptVersion

COPY_BALLOTS = f"""
    COPY jury_ballot (item_id, juror_id, outcome, reason, {", ".join(FIELDS)}, categories, other_text,
        rationale, answers, dropped_categories, taxonomy_id, prompt_id, raw_reply, finish_reason, prompt_tokens,
        answer_tokens, cost_usd, seconds, is_current, cast_at) FROM STDIN
"""


class BallotWriter:
    """Writes imported ballots of one project: created once a file, called once a batch."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.raters = RaterNames(queries.juror_ids(project.pk), self.create_rater)
        self.prompt, _ = PromptVersion.objects.get_or_create(
            name=PromptVersion.IMPORTED, defaults={"text": "", "sha256": ""}
        )

    def create_rater(self, name: str) -> int:
        """Store a juror outside the panel, and return the primary key."""
        return Juror.objects.create(project=self.project, name=name, prompt=self.prompt, in_panel=False).pk

    known = staticmethod(queries.current_ballots)

    def write(self, ballots: Iterable[tuple[int, int, ImportedOpinion, datetime]]) -> None:
        """
        Store ballots with COPY.

        :param ballots: primary keys of item and juror, the opinion, and when it was cast; no pair of item and juror may
            have a current ballot yet
        """
        with connection.cursor() as cursor, cursor.copy(COPY_BALLOTS) as copy:
            for item, juror, opinion, cast_at in ballots:
                copy.write_row(self.row(item, juror, opinion, cast_at))

    def row(self, item: int, juror: int, opinion: ImportedOpinion, cast_at: datetime) -> tuple[Any, ...]:
        """Return the values of one ballot, in the order of `COPY_BALLOTS`."""
        judgement, tokens, cost_usd = opinion.judgement, 0, 0
        return (
            *(item, juror, Ballot.Outcome.CAST.value, "", *judgement.label_columns.values()),
            *(list(judgement.categories), judgement.other_text, judgement.rationale),
            *(orjson.dumps(opinion.answers).decode(), 0),
            *(self.project.taxonomy_id, self.prompt.pk, "", "", tokens, tokens, cost_usd),
            *(opinion.seconds, True, cast_at),
        )

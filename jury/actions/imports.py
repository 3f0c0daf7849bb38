"""Import ballots that were cast elsewhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from corpus.errors import Invalid
from corpus.importing.names import RaterNames, spelling_key
from corpus.importing.opinions import ImportedOpinion
from corpus.labels import FIELDS, preview
from corpus.models import Project
from jury import queries
from jury.models import Ballot, Juror, PromptVersion

COPY_BALLOTS = f"""
    COPY jury_ballot (item_id, juror_id, outcome, reason, {", ".join(FIELDS)}, categories, other_text,
        rationale, answers, dropped_categories, taxonomy_id, prompt_id, raw_reply, finish_reason, prompt_tokens,
        answer_tokens, cost_usd, seconds, is_current, cast_at) FROM STDIN
"""


SUPERSEDE = """
    UPDATE jury_ballot b SET is_current = false FROM unnest(%s::bigint[], %s::bigint[]) AS new (item_id, juror_id)
    WHERE b.item_id = new.item_id AND b.juror_id = new.juror_id AND is_current AND outcome <> 'cast'
"""


class BallotWriter:
    """Writes imported ballots of one project: created once a file, called once a batch."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.raters = RaterNames(queries.juror_ids(project.pk), self.create_rater)
        self.generators = {spelling_key(each.name) for each in queries.generators_of(project)}
        self.prompt, _ = PromptVersion.objects.get_or_create(
            name=PromptVersion.IMPORTED, defaults={"text": "", "sha256": ""}
        )

    def create_rater(self, name: str) -> int:
        """Store a juror outside the panel, and return the primary key."""
        return Juror.objects.create(project=self.project, name=name, prompt=self.prompt, in_panel=False).pk

    known = staticmethod(queries.current_ballots)

    def check_rater(self, name: str) -> None:
        """
        :raises Invalid: if the name is that of a generator
        """
        if spelling_key(name) in self.generators:
            reason = f"{preview(name)} is a generator here, which judges nothing; give the rater another name"
            raise Invalid("rater", reason)

    def write(self, ballots: Iterable[tuple[int, int, ImportedOpinion, datetime]]) -> None:
        """
        Store ballots with COPY, in place of those of other outcomes than a verdict.

        :param ballots: primary keys of item and juror, the opinion, and when it was cast; no pair of item and juror may
            have a current verdict yet
        """
        rows = list(ballots)
        with connection.cursor() as cursor:
            cursor.execute(SUPERSEDE, [[item for item, *_ in rows], [juror for _, juror, *_ in rows]])
            with cursor.copy(COPY_BALLOTS) as copy:
                for item, juror, opinion, cast_at in rows:
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

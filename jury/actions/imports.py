from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from corpus.importing.opinions import ImportedOpinion
from corpus.models import Project
from jury import queries
from jury.models import Ballot, Juror, PromptVersion

COPY_BALLOTS = """
    COPY jury_ballot (item_id, juror_id, outcome, reason, prompt_label, response_label, categories, other_text,
        rationale, dropped_categories, taxonomy_id, prompt_id, raw_reply, finish_reason, prompt_tokens,
        answer_tokens, cost_usd, seconds, is_current, cast_at) FROM STDIN
"""


class BallotWriter:
    """Generates imported ballots of one project; made once a file, used once a batch."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.jurors = queries.juror_ids(project.pk)
        self.prompt, _ = PromptVersion.objects.get_or_create(
            name=PromptVersion.IMPORTED, defaults={"text": "", "sha256": ""}
        )

    def rater(self, name: str) -> int:
        if name not in self.jurors:
            juror = Juror.objects.create(project=self.project, name=name, prompt=self.prompt, in_panel=False)
            self.jurors[name] = juror.pk
        return self.jurors[name]

    known = staticmethod(queries.current_ballots)

    def write(self, ballots: Iterable[tuple[int, int, ImportedOpinion, datetime]]) -> None:
        """:param ballots: (item, juror, opinion, when it was cast); every pair must be without a current ballot"""
        with connection.cursor() as cursor, cursor.copy(COPY_BALLOTS) as copy:
            for item, juror, opinion, cast_at in ballots:
                judgement = opinion.judgement
                copy.write_row(
                    (
                        item,
                        juror,
                        Ballot.Outcome.CAST.value,
                        "",
                        judgement.prompt_label,
                        judgement.response_label,
                        list(judgement.categories),
                        judgement.other_text,
                        judgement.rationale,
                        0,
                        self.project.taxonomy_id,
                        self.prompt.pk,
                        "",
                        "",
                        0,
                        0,
                        0,
                        opinion.seconds,
                        True,
                        cast_at,
                    )
                )

"""Write votes that were cast elsewhere."""

from collections.abc import Iterable
from datetime import datetime

import orjson
from django.db import connection

from annotation import queries
from annotation.models import Annotator, GuidelineVersion
from corpus.importing.names import RaterNames
from corpus.importing.opinions import ImportedOpinion
from corpus.labels import FIELDS
from corpus.models import Project

COPY_VOTES = f"""
    COPY annotation_vote (item_id, annotator_id, {", ".join(FIELDS)}, categories, other_text,
        rationale, answers, seconds, taxonomy_id, guideline_id, is_current, cast_at) FROM STDIN
"""


class VoteWriter:
    """Writes imported votes into a project. Create one per file, and call `write` once per batch."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.raters = RaterNames(queries.imported_annotators(project), self.create_rater)
        self.guideline, _ = GuidelineVersion.objects.get_or_create(project=project, name=GuidelineVersion.IMPORTED)

    def create_rater(self, name: str) -> int:
        """Store an imported annotator, and return the primary key."""
        return Annotator.objects.create(project=self.project, name=name).pk

    known = staticmethod(queries.current_votes)

    def write(self, votes: Iterable[tuple[int, int, ImportedOpinion, datetime]]) -> None:
        """
        Insert votes with COPY.

        :param votes: (item, annotator, opinion, time); no pair of item and annotator may have a current vote
        """
        with connection.cursor() as cursor, cursor.copy(COPY_VOTES) as copy:
            for item, annotator, opinion, cast_at in votes:
                judgement = opinion.judgement
                copy.write_row(
                    (
                        item,
                        annotator,
                        *judgement.label_columns.values(),
                        list(judgement.categories),
                        judgement.other_text,
                        judgement.rationale,
                        orjson.dumps(opinion.answers).decode(),
                        opinion.seconds,
                        self.project.taxonomy_id,
                        self.guideline.pk,
                        True,
                        cast_at,
                    )
                )

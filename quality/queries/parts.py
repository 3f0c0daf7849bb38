"""Read how probable the ballots of a project find their labels."""

from adjudication.panel_scores import PARTS_SQL
from corpus.labels import FIELDS
from corpus.models import Project
from jury.queries import asks_probabilities
from quality.queries.columns import read_numbers
from quality.statistics.profiles import Codes

Parts = dict[str, Codes]
"By field, shape (ballots,): the probability of unsafe in parts, as of `adjudication.panel_scores`; -1 for none."
BALLOTS = """
    SELECT {parts} FROM jury_ballot b JOIN corpus_item i ON i.id = item_id
    WHERE i.project_id = %(project)s AND is_current AND outcome = 'cast' ORDER BY item_id, juror_id
""".format(
    parts=", ".join(
        f"coalesce({PARTS_SQL.format(label=each, column=each.column('probability'))}, -1)" for each in FIELDS
    )
)


def may_have_parts(project: Project) -> bool:
    """Return whether ballots may have probabilities that count. Nobody else reads them."""
    return bool(project.certified_score_by) or asks_probabilities(project)


def read_parts(project: Project) -> Parts:
    """Return the probabilities of the ballots in the order that `read_opinions` has them in."""
    columns = read_numbers(BALLOTS, {"project": project.pk}, columns=len(FIELDS))
    return {field.value: column for field, column in zip(FIELDS, columns, strict=True)}

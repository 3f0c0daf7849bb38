"""Ask for fewer votes where none can change labels, for more where people split, and first where they probably will."""

from adjudication.counting import decisions_sql
from adjudication.disagreement import expected_sql
from adjudication.policies import Policy
from adjudication.stopping import firm_sql, split_sql
from annotation.sampling import OUT_OF_SAMPLE
from annotation.spending import spend, spending_of
from corpus.models import Project
from corpus.taxonomy_versions import counts_as
from jury.queries import asks_probabilities

# Decides once more instead of reading the stored decisions: so votes and decisions are seen at one moment, and a vote
# that comes in during the recount cannot make an item look firm that is not.
SPARED = """
    SELECT item_id, missing AS votes FROM (
        SELECT d.*, %(wanted)s + coalesce(f.votes, 0)
            - (SELECT count(*) FROM annotation_vote v WHERE v.item_id = i.id AND is_current) AS missing
        FROM ({decisions}) AS d JOIN corpus_item i ON i.id = d.item_id
            LEFT JOIN annotation_furthervotes f ON f.item_id = i.id
        WHERE d.status <> 'settled' AND {out_of_sample}
    ) AS d WHERE {is_firm}
"""
UNDECIDED = """
    SELECT item_id FROM adjudication_decision WHERE policy = %(policy)s AND status <> 'settled' AND ({is_split})
"""


def asks_votes_anew(project: Project, policy: Policy) -> bool:
    """
    Return whether a recount asks the votes of a project anew: if its queue is set to spare, to add or to order some.

    :param policy: the project's own
    """
    return policy.promise is not None or not spending_of(project).is_plain


def spend_votes(project: Project, policy: Policy) -> None:
    """
    Ask the votes of a project anew after a recount.

    :param policy: the project's own
    """
    spending = spending_of(project)
    spares = spending.stops_early or policy.promise is not None
    parameters = {"project": project.pk, "taxonomy": project.taxonomy_id, "policy": policy.name}
    spend(
        project,
        spared=spared_sql(project, policy, stops_early=spending.stops_early) if spares else "",
        expected=expected_of(project, policy) if spending.is_ordered else "",
        undecided=UNDECIDED.format(is_split=split_sql(policy, project.fields)) if spending.most_votes else "",
        parameters=parameters | {"most": spending.most_votes},
    )


def expected_of(project: Project, policy: Policy) -> str:
    """Return the query for how much people will probably disagree on each item."""
    return expected_sql(policy, project.fields, by_probability=asks_probabilities(project))


def spared_sql(project: Project, policy: Policy, *, stops_early: bool) -> str:
    """Return the query for the votes that are spared: see `firm_sql`."""
    return SPARED.format(
        decisions=decisions_sql(policy, project.fields, translates=bool(counts_as(project.taxonomy_id))),
        out_of_sample=OUT_OF_SAMPLE,
        is_firm=firm_sql(policy, project.fields, stops_early=stops_early),
    )

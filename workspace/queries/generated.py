"""Reads of items that lack a generated response or refusal, and of projects with unpublished ones."""

from django.db import connection

from corpus.models import Project
from corpus.queries import projects_in_use
from jury.models import GeneratedResponse, Run

# Nobody has judged the item, holds it or is being asked about it: an opinion on a prompt alone does not cover a
# response that was added later.
UNJUDGED = """
    NOT EXISTS (SELECT FROM annotation_vote v WHERE v.item_id = i.id)
    AND NOT EXISTS (SELECT FROM jury_ballot b WHERE b.item_id = i.id)
    AND NOT EXISTS (SELECT FROM annotation_slot s WHERE s.item_id = i.id AND leased_until > now())
    AND NOT EXISTS (SELECT FROM jury_shard s JOIN jury_run r ON r.id = s.run_id
        WHERE r.project_id = i.project_id AND r.generates = '' AND r.state IN ('running', 'paused')
            AND s.state = 'waiting' AND i.id = ANY(s.items))
    AND NOT EXISTS (SELECT FROM jury_batch b JOIN jury_shard s ON s.id = b.shard_id JOIN jury_run r ON r.id = s.run_id
        WHERE r.project_id = i.project_id AND r.generates = '' AND b.state IN ('sending', 'under_way')
            AND i.id = ANY(b.items))
    AND NOT EXISTS (SELECT FROM annotation_check c WHERE c.item_id = i.id AND leased_until > now())
"""
ITEMS_WITHOUT_RESPONSE = f"""
    SELECT i.id FROM corpus_item i
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND NOT has_response AND reconstruction_id IS NULL
        AND turns -> -1 ->> 'role' = 'user' AND {UNJUDGED}
        AND NOT EXISTS (SELECT FROM jury_generatedresponse w JOIN jury_run r ON r.id = w.run_id
            WHERE w.item_id = i.id AND w.is_current AND w.outcome = 'cast' AND r.generates = 'responses')
    ORDER BY i.id
"""
# Ordered by a hash of the id, so that a limit takes a share of every source, and the same share every time.
UNSAFE_PROMPTS = """
    SELECT i.id FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND i.refusal_of IS NULL AND reconstruction_id IS NULL
        AND d.status IN ('decided', 'settled') AND d.prompt_label = 'unsafe'
        AND turns -> (CASE WHEN has_response THEN -2 ELSE -1 END) ->> 'role' = 'user'
        AND NOT EXISTS (SELECT FROM corpus_item r
            WHERE r.project_id = i.project_id AND r.external_id = i.external_id || '#refusal')
        AND NOT EXISTS (SELECT FROM jury_generatedresponse w JOIN jury_run r ON r.id = w.run_id
            WHERE w.item_id = i.id AND w.is_current AND w.outcome = 'cast' AND r.generates = 'refusals')
    ORDER BY md5(i.external_id), i.id
"""


def items_lacking(project: Project, generates: str) -> list[int]:
    """
    Return the primary keys of items without a response, or of unsafe prompts without a refusal.

    :param generates: `responses` or `refusals`, as `Run.generates`
    """
    sql = UNSAFE_PROMPTS if generates == Run.Generates.REFUSALS else ITEMS_WITHOUT_RESPONSE
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk, "policy": project.policy})
        return [row[0] for row in cursor.fetchall()]


def projects_with_unpublished() -> list[Project]:
    """Return the projects in use with generated texts that are not published yet."""
    unpublished = GeneratedResponse.objects.filter(
        outcome=GeneratedResponse.Outcome.CAST, is_current=True, published_at=None
    )
    return list(projects_in_use().filter(pk__in=unpublished.values("juror__project")))

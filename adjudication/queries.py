"""Reads of decisions and opinions, named for what comes back."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from adjudication.models import Decision
from adjudication.others import OtherText
from annotation.models import Annotator, Vote
from corpus.models import Category, Item, Project
from jury.models import Ballot, Juror, Run, Writing

FINGERPRINT = """
SELECT json_build_object(
    'items', (SELECT json_build_array(count(*), max(id), count(withdrawn_at))
        FROM corpus_item WHERE project_id = %(project)s),
    'items_version', (SELECT items_version FROM corpus_project WHERE id = %(project)s),
    'votes', (SELECT json_build_array(count(*), max(v.id)) FROM annotation_vote v
        JOIN annotation_annotator a ON a.id = annotator_id WHERE project_id = %(project)s AND is_current),
    'ballots', (SELECT json_build_array(count(*), max(b.id)) FROM jury_ballot b
        JOIN jury_juror j ON j.id = juror_id WHERE project_id = %(project)s AND is_current AND outcome = 'cast'),
    'settled', (SELECT json_build_array(count(*), max(c.closed_at)) FROM adjudication_case c
        JOIN corpus_item i ON i.id = item_id WHERE project_id = %(project)s AND state = 'settled')
)
"""


def fingerprint(project: Project, settings: dict[str, Any]) -> dict[str, Any]:
    """
    Give a small value that differs whenever a recount could give another result.

    :param settings: of the policy, which are part of it
    """
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT, {"project": project.pk})
        counts: dict[str, Any] = cursor.fetchone()[0]
    return counts | settings | {"fields": list(project.fields)}


CHECKS_FINGERPRINT = """
SELECT json_build_object(
    'gold', (SELECT json_build_array(count(*), max(set_at)) FROM annotation_gold WHERE project_id = %(project)s),
    'audits', (SELECT json_build_array(count(*), count(audited_at), max(audited_at)) FROM annotation_audit
        WHERE project_id = %(project)s),
    'checks', (SELECT json_build_array(count(vote_id), max(vote_id)) FROM annotation_check c
        JOIN annotation_annotator a ON a.id = annotator_id WHERE project_id = %(project)s)
)
"""


def checks_fingerprint(project: Project) -> dict[str, Any]:
    """Give a small value that differs whenever gold, audits or answers to checks do."""
    with connection.cursor() as cursor:
        cursor.execute(CHECKS_FINGERPRINT, {"project": project.pk})
        counts: dict[str, Any] = cursor.fetchone()[0]
    return counts


STATUS_COUNTS = """
SELECT d.status, d.prompt_status, d.prompt_label, d.response_status, d.response_label, count(*)
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE i.project_id = %s AND d.policy = %s
GROUP BY 1, 2, 3, 4, 5
"""


def decision_counts(project: Project, policy: str) -> dict[str, Any]:
    """Count items by status, and for each field by label or else by status."""
    counts: dict[str, Any] = dict.fromkeys(("items", "decided", "disputed", "pending", "settled"), 0)
    counts["fields"] = {field: dict.fromkeys(("safe", "unsafe", "disputed", "pending"), 0) for field in project.fields}
    with connection.cursor() as cursor:
        cursor.execute(STATUS_COUNTS, [project.pk, policy])
        for status, prompt_status, prompt_label, response_status, response_label, count in cursor.fetchall():
            counts["items"] += count
            counts[status] += count
            for field, field_status, label in (
                ("prompt_label", prompt_status, prompt_label),
                ("response_label", response_status, response_label),
            ):
                if field_status and field in counts["fields"]:
                    counts["fields"][field][label or field_status] += count
    return counts


def taxonomy_order(project: Project) -> list[str]:
    return list(
        Category.objects.filter(taxonomy_id=project.taxonomy_id).order_by("position").values_list("slug", flat=True)
    )


DECISION_LINES = """
SELECT row_to_json(line)::text FROM (
    SELECT i.external_id AS id, d.status, d.prompt_label, d.response_label, d.categories, d.categories_agreed, d.stale,
        (SELECT coalesce(json_object_agg(field, json_build_object(
            'status', status, 'counts', json_build_object('safe', safe, 'unsafe', unsafe))), '{}')
        FROM (VALUES ('prompt_label', d.prompt_status, d.prompt_safe, d.prompt_unsafe),
            ('response_label', d.response_status, d.response_safe, d.response_unsafe)
        ) AS each (field, status, safe, unsafe) WHERE status IS NOT NULL) AS fields
    FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s
    WHERE i.project_id = %(project)s ORDER BY i.external_id
) AS line
"""
CASE_LINES = """
SELECT row_to_json(line)::text FROM (
    SELECT i.external_id AS id, field, json_build_object('safe', safe, 'unsafe', unsafe) AS counts
    FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s,
        LATERAL (VALUES (1, 'prompt_label', d.prompt_status, d.prompt_safe, d.prompt_unsafe),
            (2, 'response_label', d.response_status, d.response_safe, d.response_unsafe)
        ) AS each (place, field, status, safe, unsafe)
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND d.status = 'disputed' AND each.status = 'disputed'
    ORDER BY i.external_id, place
) AS line
"""


def json_lines(sql: str, parameters: dict[str, Any]) -> Iterator[bytes]:
    """
    Stream a query of one JSON text column, a line each with its newline, in blocks.

    Memory stays flat. COPY's own text form would double every backslash; its CSV form,
    with control characters that JSON never holds for quote and delimiter, leaves it be.
    """
    statement = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        for block in copy:
            yield bytes(block)


def decision_lines(project: Project, policy: str) -> Iterator[bytes]:
    return json_lines(DECISION_LINES, {"project": project.pk, "policy": policy})


def case_lines(project: Project, policy: str) -> Iterator[bytes]:
    return json_lines(CASE_LINES, {"project": project.pk, "policy": policy})


OPINIONS = """
SELECT item_id, 'human' AS kind, annotator_id AS rater, prompt_label, response_label, categories, cast_at
FROM annotation_vote JOIN corpus_item i ON i.id = item_id
WHERE i.project_id = %(project)s AND is_current AND %(human)s
UNION ALL
SELECT item_id, 'llm', juror_id, prompt_label, response_label, categories, cast_at
FROM jury_ballot JOIN corpus_item i ON i.id = item_id
WHERE i.project_id = %(project)s AND is_current AND outcome = 'cast' AND %(llm)s
"""
# The set of categories as one value; an opinion with a hazard and no category was not asked for any.
CATEGORY_SET = """
CASE WHEN categories <> '{}'
    THEN (SELECT string_agg(DISTINCT slug, ';' ORDER BY slug) FROM unnest(categories COLLATE "C") AS slug)
    WHEN 'unsafe' IN (prompt_label, response_label) OR 'needs_caution' IN (prompt_label, response_label) THEN NULL
    ELSE '' END
"""
VALUES_OF = {"prompt_label": "prompt_label", "response_label": "response_label", "categories": CATEGORY_SET}


def rater_names(project: Project) -> dict[tuple[str, int], str]:
    """Map (kind, primary key) of every rater of a project to its name."""
    people = Annotator.objects.filter(project=project).values_list("pk", "name")
    jurors = Juror.objects.filter(project=project).values_list("pk", "name")
    return {("human", pk): name for pk, name in people} | {("llm", pk): name for pk, name in jurors}


def rated_values(project: Project, field: str, *, raters: str = "all") -> list[tuple[int, str, int, str]]:
    """
    Give every current opinion on a field: (item, rater kind, rater, value), by item and rater.

    :param field: prompt_label, response_label or categories (the set as one value)
    :param raters: all, human or llm
    """
    sql = f"""
        SELECT item_id, kind, rater, value FROM (
            SELECT item_id, kind, rater, {VALUES_OF[field]} AS value FROM ({OPINIONS}) AS opinion
        ) AS rated WHERE value IS NOT NULL ORDER BY item_id, kind, rater
    """
    parameters = {"project": project.pk, "human": raters != "llm", "llm": raters != "human"}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def decided_labels(project: Project, policy: str, field: str) -> dict[str, str]:
    """Map the external id of every item with a label in that field to the label."""
    column = {"prompt_label": "prompt_label", "response_label": "response_label"}[field]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT external_id, d.{column} FROM adjudication_decision d JOIN corpus_item i ON i.id = item_id
            WHERE i.project_id = %s AND d.policy = %s AND d.{column} IS NOT NULL
            """,
            [project.pk, policy],
        )
        return dict(cursor.fetchall())


def item_keys(project: Project) -> dict[str, int]:
    """Map the external id of every item to its primary key."""
    return dict(Item.objects.filter(project=project).values_list("external_id", "pk"))


def guidelines_in_use(project: Project) -> list[str]:
    """Name the guideline versions that current votes were cast under."""
    votes = Vote.objects.filter(annotator__project=project, is_current=True)
    return sorted(set(votes.values_list("guideline__name", flat=True)))


def rater_counts(project: Project) -> dict[str, int]:
    """Count the people and the jurors who have a current opinion in the project."""
    people = Vote.objects.filter(annotator__project=project, is_current=True)
    jurors = Ballot.objects.filter(juror__project=project, is_current=True, outcome=Ballot.Outcome.CAST)
    return {
        "human": people.values("annotator").distinct().count(),
        "llm": jurors.values("juror").distinct().count(),
    }


def opinion_counts(project: Project) -> tuple[int, int]:
    """Count the current votes of people and the cast ballots of models."""
    votes = Vote.objects.filter(annotator__project=project, is_current=True).count()
    ballots = Ballot.objects.filter(juror__project=project, is_current=True, outcome=Ballot.Outcome.CAST).count()
    return votes, ballots


def latest_labels(project: Project, count: int) -> list[dict[str, Any]]:
    """Give the labels that were decided last, without any text of their dialogues."""
    decided = Decision.objects.filter(
        item__project=project,
        item__withdrawn_at=None,
        policy=project.policy,
        status__in=[Decision.Status.DECIDED, Decision.Status.SETTLED],
    ).select_related("item")
    names = dict(Category.objects.filter(taxonomy_id=project.taxonomy_id).values_list("slug", "name"))
    return [
        {
            "external_id": decision.item.external_id,
            "prompt": decision.prompt_label,
            "response": decision.response_label,
            "categories": [names.get(slug, slug) for slug in decision.categories],
            "decided_by": decision.get_decided_by_display(),
        }
        for decision in decided.order_by("-changed_at", "item__external_id")[:count]
    ]


OTHER_TEXTS = """
SELECT other_text, count(*) FILTER (WHERE kind = 'human'), count(*) FILTER (WHERE kind = 'llm'),
    array_agg(DISTINCT external_id ORDER BY external_id)
FROM (
    SELECT 'human' AS kind, item_id, categories, other_text FROM annotation_vote WHERE is_current
    UNION ALL
    SELECT 'llm', item_id, categories, other_text FROM jury_ballot WHERE is_current AND outcome = 'cast'
) AS opinion JOIN corpus_item i ON i.id = item_id
WHERE i.project_id = %s AND i.withdrawn_at IS NULL AND 'other' = ANY(categories) AND btrim(other_text) <> ''
GROUP BY other_text
"""


def other_texts(project: Project) -> list[OtherText]:
    """Give what current opinions called `other`, each text once, in no order."""
    with connection.cursor() as cursor:
        cursor.execute(OTHER_TEXTS, [project.pk])
        return [OtherText(text, people, models, tuple(ids)) for text, people, models, ids in cursor.fetchall()]


# What nobody has judged, is about to judge or is being asked about: an opinion on a prompt alone says nothing of a
# response that came later.
UNJUDGED = """
    NOT EXISTS (SELECT FROM annotation_vote v WHERE v.item_id = i.id)
    AND NOT EXISTS (SELECT FROM jury_ballot b WHERE b.item_id = i.id)
    AND NOT EXISTS (SELECT FROM annotation_seat s WHERE s.item_id = i.id AND leased_until > now())
    AND NOT EXISTS (SELECT FROM jury_shard s JOIN jury_run r ON r.id = s.run_id
        WHERE r.project_id = i.project_id AND r.writes = '' AND r.state IN ('running', 'paused')
            AND s.state = 'waiting' AND i.id = ANY(s.items))
"""
ITEMS_WITHOUT_RESPONSE = f"""
    SELECT i.id FROM corpus_item i
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND NOT has_response AND reconstruction_id IS NULL
        AND turns -> -1 ->> 'role' = 'user' AND {UNJUDGED}
        AND NOT EXISTS (SELECT FROM jury_writing w JOIN jury_run r ON r.id = w.run_id
            WHERE w.item_id = i.id AND w.is_current AND w.outcome = 'cast' AND r.writes = 'responses')
    ORDER BY i.id
"""
# By a hash of the id, so that a part of them is a part of every source and the same one every time.
UNSAFE_PROMPTS = """
    SELECT i.id FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND i.refusal_of IS NULL AND reconstruction_id IS NULL
        AND d.status IN ('decided', 'settled') AND d.prompt_label = 'unsafe'
        AND turns -> (CASE WHEN has_response THEN -2 ELSE -1 END) ->> 'role' = 'user'
        AND NOT EXISTS (SELECT FROM corpus_item r
            WHERE r.project_id = i.project_id AND r.external_id = i.external_id || '#refusal')
        AND NOT EXISTS (SELECT FROM jury_writing w JOIN jury_run r ON r.id = w.run_id
            WHERE w.item_id = i.id AND w.is_current AND w.outcome = 'cast' AND r.writes = 'refusals')
    ORDER BY md5(i.external_id), i.id
"""


def items_to_write_for(project: Project, writes: str) -> list[int]:
    """
    Give the primary keys of what still lacks a response, or of unsafe prompts that still lack a refusal.

    :param writes: responses or refusals, as a run's
    """
    sql = UNSAFE_PROMPTS if writes == Run.Writes.REFUSALS else ITEMS_WITHOUT_RESPONSE
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk, "policy": project.policy})
        return [row[0] for row in cursor.fetchall()]


def projects_with_writings() -> list[Project]:
    """Give the projects in which something was written and not placed yet."""
    waiting = Writing.objects.filter(outcome=Writing.Outcome.CAST, is_current=True, placed_at=None)
    return list(Project.objects.filter(pk__in=waiting.values("juror__project")).order_by("pk"))


# The sum, because a change that began before another and ended after it moves neither count nor maximum.
EXPORT_STATE = """
SELECT count(*), max(d.changed_at), sum(extract(epoch FROM d.changed_at)),
    count(*) FILTER (WHERE i.withdrawn_at IS NULL),
    (SELECT items_version FROM corpus_project WHERE id = %(project)s)
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE i.project_id = %(project)s AND d.policy = %(policy)s
"""


def export_state(project: Project, policy: str) -> list[Any]:
    """Give a small value that differs whenever an export could give other rows."""
    with connection.cursor() as cursor:
        cursor.execute(EXPORT_STATE, {"project": project.pk, "policy": policy})
        return [str(value) for value in cursor.fetchone()]

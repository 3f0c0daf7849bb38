"""Queries for decisions."""

from collections.abc import Generator, Iterator
from typing import Any

from django.db import connection

from adjudication.consensus import RULES
from adjudication.models import Recount
from adjudication.other_category import OtherText
from adjudication.policies import Policy
from annotation.queries import annotator_ids
from corpus.labels import FIELDS
from corpus.models import Category, Project, Question
from corpus.queries import questions_of
from corpus.questions import choices_of
from corpus.snapshot import closed_with_snapshot, copied_out
from corpus.taxonomy_versions import made_by_edit
from jury.queries import juror_ids

# A count and the highest key miss a row that is committed late, with a lower key, while another one stops counting. A
# sum of hashes does not.
FINGERPRINT = """
SELECT json_build_object(
    'items', (SELECT json_build_array(count(*), sum(hashint8(id)), count(withdrawn_at))
        FROM corpus_item WHERE project_id = %(project)s),
    'items_version', (SELECT items_version FROM corpus_project WHERE id = %(project)s),
    'votes', (SELECT json_build_array(count(*), sum(hashint8(id)))
        FROM annotation_vote WHERE annotator_id = ANY(%(annotators)s::bigint[]) AND is_current),
    'ballots', (SELECT json_build_array(count(*), sum(hashint8(id)))
        FROM jury_ballot WHERE juror_id = ANY(%(jurors)s::bigint[]) AND is_current AND outcome = 'cast'),
    'settled', (SELECT json_build_array(count(*), sum(hashint8(c.id)), max(c.closed_at)) FROM adjudication_case c
        WHERE project_id = %(project)s AND state = 'settled')
), (
    -- Where votes are spent by what is decided, other settings of it need a recount, too.
    SELECT json_build_object('stops_early', stops_early, 'most_votes', most_votes, 'votes_wanted', votes_wanted,
        'sample_percent', sample_percent, 'orders_by', orders_by)
    FROM annotation_queue q JOIN corpus_project p ON p.id = project_id
    WHERE project_id = %(project)s AND (stops_early OR most_votes IS NOT NULL OR orders_by <> 'random')
)
"""

SAMPLE = """
SELECT count(*), count(*) FILTER (WHERE in_sample), min(odds) FROM annotation_sampledraw WHERE project_id = %(project)s
"""


def fingerprint(project: Project, policy: Policy) -> dict[str, Any]:
    """
    Return a small value that changes whenever a recount could have another result.

    It names the rules and the policy, so the stored one says what made the decisions.
    """
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT, {"project": project.pk, **rater_parameters(project)})
        counts: dict[str, Any]
        counts, queue = cursor.fetchone()
    if policy.promise:
        counts["sample"] = sample_counts(project)
    return counts | rules_in_force(project, policy) | ({"queue": queue} if queue else {})


def rater_parameters(project: Project) -> dict[str, list[int]]:
    """
    Return the primary keys of the annotators and jurors of a project, read first: see `annotation.queries.votes_in`.

    What somebody who comes later says is not counted, and changes the next fingerprint.
    """
    return {"annotators": annotator_ids(project), "jurors": list(juror_ids(project.pk).values())}


def sample_counts(project: Project) -> list[Any]:
    """Return a small value that changes with the draws of the blind sample, or the votes wanted."""
    with connection.cursor() as cursor:
        cursor.execute(SAMPLE, {"project": project.pk})
        return [*cursor.fetchone(), project.votes_wanted]


def rules_in_force(project: Project, policy: Policy) -> dict[str, Any]:
    """Return what decides besides the opinions: rules, policy, fields wanted, a changed taxonomy, and questions."""
    rules: dict[str, Any] = {"rules": RULES, "policy": policy.description, "fields": list(project.fields)}
    if questions := questions_of(project):
        rules["questions"] = [rules_of_question(question) for question in questions]
    if made_by_edit(project.taxonomy_id):
        rules["taxonomy"] = project.taxonomy_id
    return rules


def rules_of_question(question: Question) -> dict[str, Any]:
    """Return what the decision on a question depends on, and whether it opens cases."""
    opens_cases = question.opens_cases and question.retired_at is None
    of_answers = {"key": question.key, "type": question.type, "about": question.about}
    return of_answers | {"choices": list(choices_of(question)), "opens_cases": opens_cases}


def kept_recount(project: Project, policy: Policy) -> Recount | None:
    """
    Return the last recount under the project's own policy, which the schedule keeps current.

    :return: None under another policy, before the first recount, and if earlier rules or settings made it
    """
    if policy.name != project.policy:
        return None
    last = Recount.objects.filter(project=project, policy=policy.name).first()
    return last if last and last.fingerprint.items() >= rules_in_force(project, policy).items() else None


STATUS_COUNTS = """
SELECT d.status, {fields}, count(*)
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE i.project_id = %s AND d.policy = %s
GROUP BY d.status, {fields}
""".format(fields=", ".join(f"d.{field.column('status')}, d.{field.column('label')}" for field in FIELDS))


def decision_counts(project: Project, policy: str) -> dict[str, Any]:
    """
    Count the items of a project by status, and for each field by label or, without one, by status.

    :return: items, decided, disputed, pending, settled, and fields: label field to counts
    """
    counts: dict[str, Any] = dict.fromkeys(("items", "decided", "disputed", "pending", "settled"), 0)
    counts["fields"] = {field: dict.fromkeys(("safe", "unsafe", "disputed", "pending"), 0) for field in project.fields}
    with connection.cursor() as cursor:
        cursor.execute(STATUS_COUNTS, [project.pk, policy])
        for status, *of_fields, count in cursor.fetchall():
            counts["items"] += count
            counts[status] += count
            for field, field_status, label in zip(FIELDS, of_fields[::2], of_fields[1::2], strict=True):
                if field_status and field in counts["fields"]:
                    # Settled without the label, as a recount of an earlier version stored it, is pending.
                    state = label or ("pending" if field_status == "settled" else field_status)
                    counts["fields"][field][state] += count
    return counts


def taxonomy_order(project: Project) -> list[str]:
    """Return the category slugs of the project's taxonomy, in order."""
    return list(
        Category.objects.filter(taxonomy_id=project.taxonomy_id).order_by("position").values_list("slug", flat=True)
    )


# One row a label field: its position, name, status and counts.
FIELD_ROWS = ", ".join(
    f"({position}, '{field}', {', '.join(f'd.{field.column(name)}' for name in ('status', 'safe', 'unsafe'))})"
    for position, field in enumerate(FIELDS)
)
DECISION_LINES = f"""
SELECT row_to_json(line)::text FROM (
    SELECT i.external_id AS id, d.status, {", ".join(f"d.{field.column('label')}" for field in FIELDS)},
        d.categories, d.categories_agreed, d.stale,
        (SELECT coalesce(json_object_agg(field, json_build_object(
            'status', status, 'counts', json_build_object('safe', safe, 'unsafe', unsafe))), '{{{{}}}}')
        FROM (VALUES {FIELD_ROWS}) AS each (position, field, status, safe, unsafe) WHERE status IS NOT NULL) AS fields
        {{answers}}
    FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s
    WHERE i.project_id = %(project)s ORDER BY i.external_id
) AS line
"""
# Of the questions that somebody has answered, or an adjudicator has.
ANSWERS = """, (SELECT coalesce(json_object_agg(q.key, json_build_object(
            'status', a.status, 'value', value, 'counts', counts, 'spread', spread) ORDER BY q.position), '{}')
        FROM adjudication_answerdecision a JOIN corpus_question q ON q.id = question_id
        WHERE a.item_id = i.id AND a.policy = d.policy) AS answers"""
CASE_LINES = f"""
SELECT row_to_json(line)::text FROM (
    SELECT i.external_id AS id, field, json_build_object('safe', safe, 'unsafe', unsafe) AS counts
    FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s,
        LATERAL (VALUES {FIELD_ROWS}) AS each (position, field, status, safe, unsafe)
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND d.status = 'disputed' AND each.status = 'disputed'
    ORDER BY i.external_id, position
) AS line
"""


@closed_with_snapshot
def json_lines(sql: str, parameters: dict[str, Any]) -> Generator[bytes]:
    """
    Return the rows of a query with one JSON text column as lines, in blocks of bytes.

    Rows are streamed, so memory stays flat. COPY's text format would double every
    backslash; its CSV format does not, with control characters that JSON never holds as
    quote and delimiter.
    """
    statement = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    with copied_out(statement, parameters) as copy:
        for block in copy:
            yield bytes(block)


def decision_lines(project: Project, policy: str) -> Iterator[bytes]:
    """Return the decisions on all items of a project as JSON lines, by id; with answers if it has questions."""
    lines = DECISION_LINES.format(answers=ANSWERS if questions_of(project) else "")
    return json_lines(lines, {"project": project.pk, "policy": policy})


def case_lines(project: Project, policy: str) -> Iterator[bytes]:
    """Return the disputed fields of a project's items as JSON lines, by id."""
    return json_lines(CASE_LINES, {"project": project.pk, "policy": policy})


OTHER_TEXTS = """
SELECT other_text, count(*) FILTER (WHERE kind = 'human'), count(*) FILTER (WHERE kind = 'llm'),
    array_agg(DISTINCT external_id ORDER BY external_id)
FROM (
    SELECT 'human' AS kind, external_id, categories, other_text
    FROM annotation_vote JOIN corpus_item i ON i.id = item_id
    WHERE project_id = %(project)s AND withdrawn_at IS NULL AND is_current
    UNION ALL
    SELECT 'llm', external_id, categories, other_text
    FROM jury_ballot JOIN corpus_item i ON i.id = item_id
    WHERE project_id = %(project)s AND withdrawn_at IS NULL AND is_current AND outcome = 'cast'
) AS opinion
WHERE 'other' = ANY(categories) AND btrim(other_text) <> ''
GROUP BY other_text
"""


def other_texts(project: Project) -> list[OtherText]:
    """Return what current opinions called `other`, each text once, in no order."""
    with connection.cursor() as cursor:
        cursor.execute(OTHER_TEXTS, {"project": project.pk})
        return [OtherText(text, people, models, tuple(ids)) for text, people, models, ids in cursor.fetchall()]

"""The queries for the facts of a release. Each returns a few rows, however large the project is."""

from corpus.labels import FIELDS, Field
from releases.tables import PSEUDONYM

LISTED_SOURCES = 10

# What votes.parquet is about.
ITEMS = """
    SELECT * FROM corpus_item WHERE project_id = %(project)s AND withdrawn_at IS NULL
        AND (%(licenses)s::text[] IS NULL OR license = ANY(%(licenses)s))"""
# What the splits hold.
ROWS = f"""
    SELECT i.*, d.prompt_status, d.response_status, d.prompt_label, d.response_label, d.response_source,
        d.categories_agreed, d.stale, d.status
    FROM ({ITEMS}) AS i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s
    WHERE d.status IN ('decided', 'settled')"""

COLLECTION = f"""
SELECT
    (SELECT count(*) FROM corpus_item WHERE project_id = %(project)s) AS imported,
    (SELECT count(*) FROM corpus_item WHERE project_id = %(project)s AND withdrawn_at IS NOT NULL) AS withdrawn,
    (SELECT count(*) FROM corpus_item WHERE project_id = %(project)s AND withdrawn_at IS NULL
        AND NOT (%(licenses)s::text[] IS NULL OR license = ANY(%(licenses)s))) AS unlicensed,
    to_char(min(imported_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS first_import,
    to_char(max(imported_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS last_import,
    count(*) FILTER (WHERE NOT has_response) AS prompt_only,
    count(*) FILTER (WHERE jsonb_array_length(jsonb_path_query_array(turns, '$[*] ? (@.role == "user")')) > 1)
        AS several_turns,
    count(*) FILTER (WHERE turns @? '$[*] ? (@.role == "system")') AS with_system,
    count(*) FILTER (WHERE turns @? '$[*] ? (@.role == "tool" || exists(@.message.tool_calls))') AS with_tools,
    count(reconstruction_id) AS redacted,
    count(refusal_of) AS refusals,
    count(replaces) AS replaced,
    count(author_id) AS attacks
FROM ({ROWS}) AS row"""

CLUSTERS = f"""
SELECT count(*) AS clusters, coalesce(sum(size), 0) AS clustered FROM (
    SELECT count(*) AS size FROM ({ROWS}) AS row JOIN corpus_itemcluster c ON c.item_id = row.id
    GROUP BY cluster HAVING count(*) > 1
) AS cluster"""
# Of a release that does not go by clusters: whether they were searched for depends on when it was made.
NO_CLUSTERS = "SELECT 0 AS clusters, 0 AS clustered"

GENERATORS = f"""
SELECT j.model, count(*) AS responses FROM jury_generatedresponse g
    JOIN jury_juror j ON j.id = g.juror_id JOIN ({ROWS}) AS row ON row.id = g.published_in_id
GROUP BY 1 ORDER BY 2 DESC, j.model COLLATE "C" """

VOTES = f"""
SELECT v.*, i.external_id, g.name AS guideline_name FROM annotation_vote v JOIN ({ITEMS}) AS i ON i.id = v.item_id
    JOIN annotation_guidelineversion g ON g.id = v.guideline_id"""


def day(aggregate: str, condition: str) -> str:
    """Return the SQL for the first (`min`) or last (`max`) day in UTC on which an opinion of a condition was cast."""
    return f"to_char({aggregate}(cast_at) FILTER (WHERE {condition}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


BALLOTS = f"""
SELECT b.*, p.name AS prompt_name FROM jury_ballot b JOIN ({ITEMS}) AS i ON i.id = b.item_id
    JOIN jury_promptversion p ON p.id = b.prompt_id WHERE b.is_current"""
LABELLING = f"""
SELECT v.*, b.* FROM (SELECT count(*) FILTER (WHERE is_current) AS votes,
        count(*) FILTER (WHERE is_current AND guideline_name = 'imported') AS imported_votes,
        count(supersedes_id) AS corrected, count(repeats_id) AS repeats,
        {day("min", "is_current")} AS first_vote, {day("max", "is_current")} AS last_vote
    FROM ({VOTES}) AS vote) AS v,
    (SELECT count(*) FILTER (WHERE outcome = 'cast') AS ballots,
        count(*) FILTER (WHERE outcome = 'cast' AND prompt_name = 'imported') AS imported_ballots,
        count(*) FILTER (WHERE outcome = 'abstained') AS abstained,
        count(*) FILTER (WHERE outcome = 'unreadable') AS unreadable,
        count(*) FILTER (WHERE outcome = 'failed') AS failed,
        {day("min", "outcome = 'cast'")} AS first_ballot, {day("max", "outcome = 'cast'")} AS last_ballot
    FROM ({BALLOTS}) AS ballot) AS b"""


def status_counts(field: Field) -> str:
    """Return the SQL for how many labels of a field have each status, as a JSON object."""
    statuses = ("unanimous", "majority", "inherited", "settled")
    column = field.column("status")
    counts = (f"'{status}', count(*) FILTER (WHERE {column} = '{status}')" for status in statuses)
    return f"json_build_object({', '.join(counts)}) AS {field}"


DECIDED = f"""
SELECT {", ".join(map(status_counts, FIELDS))}, count(*) FILTER (WHERE stale) AS stale,
    count(*) FILTER (WHERE status = 'settled') AS settled,
    count(*) FILTER (WHERE categories_agreed = false) AS categories_unagreed
FROM ({ROWS}) AS row"""

PEOPLE = f"""
SELECT count(DISTINCT v.annotator_id) FILTER (WHERE a.user_id IS NULL AND a.released_as = '') AS imported,
    (SELECT count(*) FROM annotation_annotator WHERE project_id = %(project)s AND is_qualified) AS qualified,
    (SELECT pass_percent FROM annotation_qualification WHERE project_id = %(project)s AND is_on) AS pass_percent,
    (SELECT count(*) FROM annotation_gold g JOIN ({ITEMS}) AS i ON i.id = g.item_id WHERE g.use = 'check') AS gold,
    (SELECT count(*) FROM annotation_audit u JOIN ({ITEMS}) AS i ON i.id = u.item_id
        WHERE u.audited_at IS NOT NULL) AS audited,
    (SELECT count(DISTINCT c.adjudicator_id) FROM adjudication_case c JOIN ({ROWS}) AS row ON row.id = c.item_id
        WHERE c.state = 'settled') AS adjudicators,
    coalesce((SELECT max(n) FROM (SELECT count(*) AS n FROM ({VOTES}) AS vote WHERE is_current
        GROUP BY annotator_id) AS each), 0) AS largest
FROM ({VOTES}) AS v JOIN annotation_annotator a ON a.id = v.annotator_id WHERE v.is_current"""

JURORS = f"""
SELECT {PSEUDONYM} AS rater, model, prompt, prompt_sha256, temperature, response_format, trained_on, is_imported,
    sum(ballots)::bigint AS ballots
FROM (SELECT 'llm' AS kind, '' AS released_as, j.name, j.model, p.name AS prompt, p.sha256 AS prompt_sha256,
        j.temperature, j.response_format, j.trained_on, p.name = 'imported' AS is_imported,
        count(*) AS ballots
    FROM ({BALLOTS}) AS b JOIN jury_juror j ON j.id = b.juror_id JOIN jury_promptversion p ON p.id = b.prompt_id
    WHERE b.outcome = 'cast' GROUP BY j.id, p.id) AS opinion
GROUP BY name, kind, released_as, model, prompt, prompt_sha256, temperature, response_format, trained_on, is_imported
ORDER BY 1, prompt"""

GUIDELINES = f"""
SELECT g.name, g.body, g.entries, g.faq, g.name = 'imported' AS is_imported, count(*) AS votes,
    to_char(g.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS published
FROM ({VOTES}) AS v JOIN annotation_guidelineversion g ON g.id = v.guideline_id WHERE v.is_current
GROUP BY g.id ORDER BY g.id"""

OPINIONS = f"""
    SELECT item_id, 'human' AS kind, prompt_label, response_label FROM ({VOTES}) AS vote WHERE is_current
    UNION ALL
    SELECT item_id, 'llm', prompt_label, response_label FROM ({BALLOTS}) AS ballot WHERE outcome = 'cast'"""
# Each label of each opinion.
GIVEN = f"""
    SELECT field, item_id, kind, label FROM ({OPINIONS}) AS opinion,
        LATERAL (VALUES {", ".join(f"('{field}', {field})" for field in FIELDS)}) AS given (field, label)
    WHERE label IS NOT NULL"""
# Counted by item and kind, and by item alone (kind is null).
COUNTED = f"""
    SELECT field, item_id, kind, count(*) AS n, count(*) FILTER (WHERE label = 'safe') AS safe,
        count(*) FILTER (WHERE label = 'needs_caution') AS caution, count(*) FILTER (WHERE label = 'unsafe') AS unsafe
    FROM ({GIVEN}) AS given GROUP BY GROUPING SETS ((field, item_id, kind), (field, item_id))"""
# Counted by item, with what needs_caution counts as.
OF_BOTH = f"""
    SELECT field, count(*) FILTER (WHERE kind = 'human') AS votes, count(*) FILTER (WHERE kind = 'llm') AS ballots,
        count(*) FILTER (WHERE kind = 'human' AND is_unsafe) AS human,
        count(*) FILTER (WHERE kind = 'llm' AND is_unsafe) AS llm
    FROM (SELECT *, label = 'unsafe' OR label = 'needs_caution' AND %(caution)s = 'unsafe' AS is_unsafe
        FROM ({GIVEN}) AS given) AS folded GROUP BY field, item_id"""
# Exact numbers, whose sums do not depend on the order in which rows are read.
AGREEMENT = f"""
SELECT field, coalesce(kind, 'all') AS raters, count(*) AS items, sum(n)::bigint AS opinions,
    avg((safe * (safe - 1) + caution * (caution - 1) + unsafe * (unsafe - 1))::numeric / (n * (n - 1))) AS percent,
    sum((n * n - safe * safe - caution * caution - unsafe * unsafe)::numeric / (n - 1)) AS differing,
    sum(safe)::bigint AS safe, sum(caution)::bigint AS caution, sum(unsafe)::bigint AS unsafe
FROM ({COUNTED}) AS counted WHERE n > 1 GROUP BY field, kind ORDER BY field, raters"""
KIND_SHARES = f"""
SELECT field, count(*) AS items, sum(human)::numeric / sum(votes) AS human, sum(llm)::numeric / sum(ballots) AS llm
FROM ({OF_BOTH}) AS counted WHERE votes > 0 AND ballots > 0 GROUP BY field ORDER BY field"""
SOURCE_SHARES = f"""
SELECT source, count(*) AS rows,
    count(*) FILTER (WHERE prompt_label = 'unsafe' OR response_label = 'unsafe') AS unsafe
FROM ({ROWS}) AS row GROUP BY source ORDER BY 2 DESC, source COLLATE "C" LIMIT {LISTED_SOURCES}"""

# What depends on the policy is stated under the policy of the release alone.
STATED = """
SELECT kind, content, to_char(made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM adjudication_statedfigures
WHERE project_id = %(project)s AND policy IN ('', %(policy)s) ORDER BY kind"""
ASKED = "SELECT count(*) AS asked FROM annotation_backgroundquestion WHERE project_id = %(project)s"

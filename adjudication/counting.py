"""
`adjudication.consensus` for all items of a project at once, as one SQL statement.

Each part of the statement is named for what it holds, one row an item unless it says
otherwise. Policies differ only in small expressions, put in by `decisions_sql`.
"""

from adjudication.policies import Kind, Policy, Pooling
from corpus.labels import REFUSAL_SOURCE

SOURCES = {Kind.HUMAN: ("annotation_vote", "is_current"), Kind.LLM: ("jury_ballot", "is_current AND outcome = 'cast'")}

DECISIONS = """
WITH item AS (
    SELECT id AS item_id, has_response, refusal_of IS NOT NULL AS is_constructed, reference
    FROM corpus_item WHERE project_id = %(project)s{of_one}
), opinion AS (  -- one row an opinion; labels folded to "is it unsafe", null where not listened to
    {opinions}
), tally AS (
    SELECT item_id,
        count(*) FILTER (WHERE NOT prompt_unsafe) AS prompt_safe,
        count(*) FILTER (WHERE prompt_unsafe) AS prompt_unsafe,
        bool_or(is_human) FILTER (WHERE prompt_unsafe IS NOT NULL) AS prompt_human,
        bool_or(NOT is_human) FILTER (WHERE prompt_unsafe IS NOT NULL) AS prompt_llm,
        count(*) FILTER (WHERE NOT response_unsafe) AS response_safe,
        count(*) FILTER (WHERE response_unsafe) AS response_unsafe,
        bool_or(is_human) FILTER (WHERE response_unsafe IS NOT NULL) AS response_human,
        bool_or(NOT is_human) FILTER (WHERE response_unsafe IS NOT NULL) AS response_llm,
        count(*) FILTER (WHERE is_naming) AS naming
    FROM opinion GROUP BY item_id
), counted AS (
    SELECT item.*,
        coalesce(prompt_safe, 0) AS prompt_safe, coalesce(prompt_unsafe, 0) AS prompt_unsafe,
        {prompt_status} AS prompt_status,
        {prompt_source} AS prompt_source,
        coalesce(response_safe, 0) AS response_safe, coalesce(response_unsafe, 0) AS response_unsafe,
        {response_status} AS response_status,
        {response_source} AS response_source,
        coalesce(naming, 0) AS naming
    FROM item LEFT JOIN tally USING (item_id)
), labelled AS (
    SELECT item_id, has_response, is_constructed, reference, naming,
        prompt_safe, prompt_unsafe, prompt_status, prompt_source,
        {prompt_label} AS prompt_label,
        CASE WHEN {unheard} THEN 0 ELSE response_safe END AS response_safe,
        CASE WHEN {unheard} THEN 0 ELSE response_unsafe END AS response_unsafe,
        {followed_status} AS response_status,
        {followed_source} AS response_source,
        {followed_label} AS response_label
    FROM counted
), named AS (  -- one row a category of an item
    SELECT item_id, slug, count(*) AS count
    FROM opinion, LATERAL unnest(names) AS slug
    WHERE is_naming GROUP BY item_id, slug
), pooled AS (
    {pooled}
), settled AS (
    SELECT c.item_id, c.prompt_label, c.response_label, c.categories,
        seen_votes IS DISTINCT FROM ARRAY(
            SELECT id FROM annotation_vote v WHERE v.item_id = c.item_id AND is_current ORDER BY id
        ) OR seen_ballots IS DISTINCT FROM ARRAY(
            SELECT id FROM jury_ballot b WHERE b.item_id = c.item_id AND is_current AND outcome = 'cast' ORDER BY id
        ) AS is_stale
    FROM adjudication_case c JOIN item USING (item_id) WHERE state = 'settled'
), outcome AS (
    SELECT l.item_id, s.item_id IS NOT NULL AS is_settled, is_constructed,
        {wants_prompt} AS has_prompt_field, {wants_response} AND has_response AS has_response_field,
        CASE WHEN s.item_id IS NOT NULL THEN 'settled' WHEN is_constructed THEN 'inherited'
            ELSE l.prompt_status END AS prompt_status,
        CASE WHEN s.item_id IS NOT NULL THEN s.prompt_label
            WHEN is_constructed THEN {constructed_prompt} ELSE l.prompt_label END AS prompt_label,
        CASE WHEN is_constructed THEN 0 ELSE prompt_safe END AS prompt_safe,
        CASE WHEN is_constructed THEN 0 ELSE prompt_unsafe END AS prompt_unsafe,
        CASE WHEN s.item_id IS NOT NULL THEN 'adjudicator'
            WHEN is_constructed THEN coalesce(reference ->> 'prompt_label_source', 'human')
            ELSE prompt_source END AS prompt_source,
        CASE WHEN s.item_id IS NOT NULL THEN 'settled' WHEN is_constructed THEN 'inherited'
            ELSE l.response_status END AS response_status,
        CASE WHEN s.item_id IS NOT NULL THEN s.response_label
            WHEN is_constructed THEN {constructed_response} ELSE l.response_label END AS response_label,
        CASE WHEN is_constructed THEN 0 ELSE response_safe END AS response_safe,
        CASE WHEN is_constructed THEN 0 ELSE response_unsafe END AS response_unsafe,
        CASE WHEN s.item_id IS NOT NULL THEN 'adjudicator'
            WHEN is_constructed THEN '{refusal_source}' ELSE response_source END AS response_source,
        CASE WHEN s.item_id IS NOT NULL THEN s.categories
            WHEN is_constructed THEN ARRAY(SELECT jsonb_array_elements_text(reference -> 'categories'))
            ELSE coalesce(p.categories, '{{}}') END AS categories,
        CASE WHEN s.item_id IS NULL AND NOT is_constructed THEN p.agreed END AS categories_agreed,
        coalesce(s.is_stale, false) AS stale
    FROM labelled l LEFT JOIN pooled p USING (item_id) LEFT JOIN settled s USING (item_id)
)
SELECT item_id, %(policy)s::text AS policy, {item_status} AS status,
    CASE WHEN is_settled THEN 'adjudicator' WHEN is_constructed THEN 'construction'
        WHEN {item_status} = 'decided' THEN 'majority' END AS decided_by,
    {columns},
    categories, categories_agreed, stale, now() AS changed_at
FROM outcome
"""

OPINIONS_OF_A_KIND = """
    SELECT item_id, {is_human} AS is_human,
        {prompt} AS prompt_unsafe, {response} AS response_unsafe,
        {names} AS names, {is_naming} AS is_naming
    FROM {table} JOIN item USING (item_id) WHERE {condition}
"""
# A needs_caution label names the category of that slug, once.
NAMES = """
        CASE WHEN 'needs_caution' IN (prompt_label, response_label) AND NOT 'needs_caution' = ANY(categories)
            THEN categories || 'needs_caution'::text ELSE categories END"""

POOLED_UNION = """
    SELECT item_id, {every} AS categories, NULL::boolean AS agreed
    FROM named {in_taxonomy} GROUP BY item_id
"""
POOLED_MAJORITY = """
    SELECT item_id, coalesce({strong}, {top}) AS categories, {strong} IS NOT NULL AS agreed
    FROM (SELECT named.*, max(count) OVER (PARTITION BY item_id) AS most FROM named) AS named
    JOIN labelled USING (item_id) {in_taxonomy}
    WHERE 'unsafe' IN (prompt_label, response_label) GROUP BY item_id
"""
IN_TAXONOMY = """
    LEFT JOIN corpus_category category ON category.taxonomy_id = %(taxonomy)s AND category.slug = named.slug"""
RANKED = 'array_agg(named.slug ORDER BY count DESC, position NULLS LAST, named.slug COLLATE "C")'

FIELD_COLUMNS = ("status", "label", "safe", "unsafe", "source")
COLUMNS = (
    "item_id",
    "policy",
    "status",
    "decided_by",
    *(f"{field}_{column}" for field in ("prompt", "response") for column in FIELD_COLUMNS),
    "categories",
    "categories_agreed",
    "stale",
    "changed_at",
)


def decisions_sql(policy: Policy, fields: tuple[str, ...], *, of_one: bool = False) -> str:
    """
    Return the query for the decisions of a project's items under a policy.

    Its parameters are `project`, `taxonomy` (primary keys) and `policy` (a name); its
    columns are COLUMNS.

    :param of_one: only that of the item whose primary key is the parameter `item`
    """
    wants_prompt, wants_response = "prompt_label" in fields, "response_label" in fields
    follows = policy.response_follows_prompt
    parts = {
        "of_one": " AND id = %(item)s" if of_one else "",
        "opinions": " UNION ALL ".join(opinions_of(kind, policy, wants_prompt, wants_response) for kind in Kind),
        "prompt_status": status_of("prompt", policy, policy.least(policy.prompt_kinds)),
        "response_status": status_of("response", policy, policy.least(policy.response_kinds)),
        "prompt_source": source_of("prompt"),
        "response_source": source_of("response"),
        "prompt_label": label_of("prompt"),
        "unheard": f"{label_of('prompt')} IS DISTINCT FROM 'unsafe'" if follows else "false",
        "followed_status": following("pending", "inherited", "response_status") if follows else "response_status",
        "followed_source": following(None, "human", source_if_decided()) if follows else source_if_decided(),
        "followed_label": following(None, "safe", label_of("response")) if follows else label_of("response"),
        "pooled": pooled_by(policy.pooling),
        "wants_prompt": str(wants_prompt).lower(),
        "wants_response": str(wants_response).lower(),
        "constructed_prompt": folded_reference("prompt_label", policy),
        "constructed_response": folded_reference("response_label", policy),
        "refusal_source": REFUSAL_SOURCE,
        "item_status": ITEM_STATUS,
        "columns": ", ".join(column for field in ("prompt", "response") for column in columns_of(field)),
    }
    return DECISIONS.format(**parts)


def opinions_of(kind: Kind, policy: Policy, wants_prompt: bool, wants_response: bool) -> str:
    table, condition = SOURCES[kind]
    prompt, response = folded("prompt_label", policy), folded("response_label", policy)
    called_unsafe = f"coalesce({prompt}, false) OR coalesce({response}, false)"
    names_one = "(categories <> '{}' OR 'needs_caution' IN (prompt_label, response_label))"
    naming = names_one if policy.pooling == Pooling.UNION else f"({called_unsafe}) AND {names_one}"
    return OPINIONS_OF_A_KIND.format(
        is_human=str(kind == Kind.HUMAN).lower(),
        prompt=prompt if wants_prompt and kind in policy.prompt_kinds else "NULL::boolean",
        response=response if wants_response and kind in policy.response_kinds else "NULL::boolean",
        names=NAMES,
        is_naming=f"coalesce({naming}, false)" if kind in policy.category_kinds else "false",
        table=table,
        condition=condition,
    )


def folded(column: str, policy: Policy) -> str:
    unsafe = "('unsafe', 'needs_caution')" if policy.caution == "unsafe" else "('unsafe')"
    return f"({column} IN {unsafe})"


def folded_reference(field: str, policy: Policy) -> str:
    column = f"(reference ->> '{field}')"
    return f"CASE WHEN {folded(column, policy)} THEN 'unsafe' ELSE 'safe' END"


def status_of(field: str, policy: Policy, least: int) -> str:
    safe, unsafe = f"coalesce({field}_safe, 0)", f"coalesce({field}_unsafe, 0)"
    enough = f"CASE WHEN {safe} = 0 OR {unsafe} = 0 THEN {least} ELSE {policy.quorum} END"
    return f"""CASE WHEN {safe} + {unsafe} < {enough} THEN 'pending' WHEN {safe} = {unsafe} THEN 'disputed'
            WHEN {safe} = 0 OR {unsafe} = 0 THEN 'unanimous' ELSE 'majority' END"""


def source_of(field: str) -> str:
    return f"""CASE WHEN {field}_human AND {field}_llm THEN 'human_and_llm_jury'
            WHEN {field}_human THEN 'human' WHEN {field}_llm THEN 'llm_jury' END"""


def label_of(field: str) -> str:
    return f"""CASE WHEN {field}_status IN ('unanimous', 'majority')
            THEN CASE WHEN {field}_unsafe > {field}_safe THEN 'unsafe' ELSE 'safe' END END"""


def source_if_decided() -> str:
    return f"CASE WHEN {label_of('response')} IS NOT NULL THEN response_source END"


def following(when_open: str | None, when_safe: str, otherwise: str) -> str:
    """Return an expression for a response that waits for its prompt's label."""
    open_value = "NULL" if when_open is None else f"'{when_open}'"
    return (
        f"CASE {label_of('prompt')} WHEN 'unsafe' THEN {otherwise} WHEN 'safe' THEN '{when_safe}' ELSE {open_value} END"
    )


def pooled_by(pooling: Pooling) -> str:
    if pooling == Pooling.UNION:
        return POOLED_UNION.format(every=RANKED, in_taxonomy=IN_TAXONOMY)
    return POOLED_MAJORITY.format(
        strong=f"{RANKED} FILTER (WHERE count * 2 > naming)",
        top=f"{RANKED} FILTER (WHERE count = most)",
        in_taxonomy=IN_TAXONOMY,
    )


# An item with no field to judge never gets a label, so it is not decided either.
ITEM_STATUS = """CASE WHEN is_settled THEN 'settled'
        WHEN has_prompt_field AND prompt_status = 'disputed'
            OR has_response_field AND response_status = 'disputed' THEN 'disputed'
        WHEN NOT (has_prompt_field OR has_response_field)
            OR has_prompt_field AND prompt_status = 'pending'
            OR has_response_field AND response_status = 'pending' THEN 'pending'
        ELSE 'decided' END"""


def columns_of(field: str) -> list[str]:
    """Return the columns of a field: null throughout where the item lacks it, no source where it has no label."""
    expressions = dict.fromkeys(FIELD_COLUMNS, "")
    for column in FIELD_COLUMNS:
        has = f"has_{field}_field" + (f" AND {field}_label IS NOT NULL" if column == "source" else "")
        expressions[column] = f"CASE WHEN {has} THEN {field}_{column} END AS {field}_{column}"
    return list(expressions.values())

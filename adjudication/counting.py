"""
`adjudication.consensus` for all items of a project at once, as one SQL statement.

The statement is composed of named parts: one row an item each, unless a comment says
otherwise. What it says about a label field is written once and repeated for each field.
"""

from dataclasses import dataclass, fields

from adjudication.consensus import INHERITED, PENDING, RULES, FieldDecision
from adjudication.panel_scores import BINS, PARTS_SQL, ScoreBy, bin_sql
from adjudication.policies import PANEL, Kind, Policy, Pooling
from corpus.categories.translation import TRANSLATED
from corpus.labels import FIELDS, NEEDS_RESPONSE, REFUSAL_SOURCE, Field

FIELD_COLUMNS = tuple(column.name for column in fields(FieldDecision))
COLUMNS = (
    "item_id",
    "policy",
    "status",
    "decided_by",
    *(field.column(name) for field in FIELDS for name in FIELD_COLUMNS),
    "categories",
    "categories_agreed",
    "stale",
    "rules",
    "quorum",
    "caution",
    "changed_at",
)
MADE_BY = ("rules", "quorum", "caution")
"The columns that say what made a decision, not what it is."
SOURCES = {Kind.HUMAN: ("annotation_vote", "is_current"), Kind.LLM: ("jury_ballot", "is_current AND outcome = 'cast'")}
CONSTRUCTED_SOURCE = {
    Field.PROMPT: "coalesce(reference ->> 'prompt_label_source', 'human')",
    Field.RESPONSE: f"'{REFUSAL_SOURCE}'",
}
"The source of each field of an item whose response was replaced by a refusal."

DECISIONS = """
WITH item AS (
    SELECT id AS item_id, has_response, refusal_of IS NOT NULL AS is_constructed, reference
    FROM corpus_item WHERE project_id = %(project)s{only_item}
), opinion AS (  -- one row an opinion
    {opinions}
), tally AS (
    {tally}
), counted AS (
    SELECT item.*, {counted},
        coalesce(naming, 0) AS naming
    FROM item LEFT JOIN tally USING (item_id)
), labelled AS (
    SELECT item_id, has_response, is_constructed, reference, naming, {labelled}
    FROM counted
), named AS (  -- one row a category of an item
    SELECT item_id, slug, count(*) AS count
    FROM {naming}, LATERAL unnest(names) AS slug
    WHERE {is_naming} GROUP BY item_id, slug
), pooled AS (
    {pooled}
), settled AS (
    SELECT c.item_id, {settled}, {settled_categories} AS categories,
        seen_votes IS DISTINCT FROM ARRAY(
            SELECT id FROM annotation_vote v WHERE v.item_id = c.item_id AND is_current ORDER BY id
        ) OR seen_ballots IS DISTINCT FROM ARRAY(
            SELECT id FROM jury_ballot b WHERE b.item_id = c.item_id AND is_current AND outcome = 'cast' ORDER BY id
        ) AS is_stale
    FROM adjudication_case c JOIN item USING (item_id) WHERE state = 'settled'
), outcome AS (
    SELECT l.item_id, s.item_id IS NOT NULL AS is_settled, is_constructed, {outcome},
        CASE WHEN s.item_id IS NOT NULL THEN s.categories
            WHEN is_constructed THEN {constructed_categories}
            ELSE coalesce(p.categories, '{{}}') END AS categories,
        CASE WHEN s.item_id IS NULL AND NOT is_constructed THEN p.agreed END AS categories_agreed,
        coalesce(s.is_stale, false) AS stale
    FROM labelled l LEFT JOIN pooled p USING (item_id) LEFT JOIN settled s USING (item_id)
)
SELECT item_id, %(policy)s::text AS policy, {item_status} AS status,
    CASE WHEN is_settled THEN 'adjudicator' WHEN is_constructed THEN 'construction'
        WHEN {item_status} = 'decided' THEN 'majority' END AS decided_by,
    {decided},
    categories, categories_agreed, stale,
    {rules} AS rules, {quorum} AS quorum, {caution} AS caution, now() AS changed_at
FROM outcome
"""

OPINIONS_OF_A_KIND = """
    SELECT item_id, {is_human} AS is_human, {is_unsafe},{parts}
        CASE WHEN {says_caution} AND NOT 'needs_caution' = ANY(categories)
            THEN categories || 'needs_caution'::text ELSE categories END AS names,
        {is_naming} AS is_naming
    FROM {source}
"""
GIVEN = "{table} JOIN item USING (item_id) WHERE {condition}"
# The same with the categories as what they count as in a taxonomy that lacks some of them. Many opinions give the same
# list, so each list is translated once.
GIVEN_TRANSLATED = """(
        WITH lists AS MATERIALIZED (
            SELECT given, {counted} AS counted FROM (
                SELECT DISTINCT categories AS given FROM {{table}} JOIN item USING (item_id) WHERE {{condition}}
            ) AS distinct_lists
        )
        SELECT item_id, {labels}{{columns}}, counted AS categories
        FROM {{table}} JOIN item USING (item_id) JOIN lists ON given = categories WHERE {{condition}}
    ) AS opinion""".format(counted=TRANSLATED.format(slugs="given", taxonomy="{taxonomy}"), labels=", ".join(FIELDS))
CONSTRUCTED_CATEGORIES = "ARRAY(SELECT jsonb_array_elements_text(reference -> 'categories'))"
POOLED_UNION = """
    SELECT item_id, {every} AS categories, NULL::boolean AS agreed
    FROM named {in_taxonomy} GROUP BY item_id
"""
POOLED_MAJORITY = """
    SELECT item_id, coalesce({strong}, {top}) AS categories, {strong} IS NOT NULL AS agreed
    FROM (SELECT named.*, max(count) OVER (PARTITION BY item_id) AS most FROM named) AS named
    JOIN labelled USING (item_id) {in_taxonomy}
    WHERE 'unsafe' IN ({labels}) GROUP BY item_id
"""
IN_TAXONOMY = """
    LEFT JOIN corpus_category category ON category.taxonomy_id = {taxonomy} AND category.slug = named.slug"""
RANKED = 'array_agg(named.slug ORDER BY count DESC, position NULLS LAST, named.slug COLLATE "C")'

TALLY = """
    SELECT item_id, {tallied},
        count(*) FILTER (WHERE is_naming) AS naming
    FROM opinion GROUP BY item_id"""
# The same where jurors decide some fields alone: people and panel are counted apart, then each field takes one of both.
TALLY_APART = """
    SELECT item_id, {chosen}, by_people, CASE WHEN by_people THEN people_naming ELSE panel_naming END AS naming
    FROM (
        SELECT item_id, {tallied}, count(*) FILTER (WHERE is_naming AND is_human) AS people_naming,
            count(*) FILTER (WHERE is_naming AND NOT is_human) AS panel_naming
        FROM opinion GROUP BY item_id
    ) AS apart, LATERAL (SELECT {decided}) AS decided, LATERAL (SELECT {by_people} AS by_people) AS named"""

# The parts for one field, in the order of the statement. {part} is prompt or response.
TALLIED = """
        count(*) FILTER (WHERE NOT {part}_is_unsafe) AS {part}_safe,
        count(*) FILTER (WHERE {part}_is_unsafe) AS {part}_unsafe,
        bool_or(is_human) FILTER (WHERE {part}_is_unsafe IS NOT NULL) AS {part}_human,
        bool_or(NOT is_human) FILTER (WHERE {part}_is_unsafe IS NOT NULL) AS {part}_llm"""
TALLIED_APART = """
        count(*) FILTER (WHERE is_human AND NOT {part}_is_unsafe) AS {part}_people_safe,
        count(*) FILTER (WHERE is_human AND {part}_is_unsafe) AS {part}_people_unsafe,
        count(*) FILTER (WHERE NOT is_human AND NOT {part}_is_unsafe) AS {part}_panel_safe,
        count(*) FILTER (WHERE NOT is_human AND {part}_is_unsafe) AS {part}_panel_unsafe"""
BY_PANEL = """({part}_people_safe + {part}_people_unsafe < {quorum}
            AND {part}_panel_safe + {part}_panel_unsafe >= {panel}
            AND greatest({part}_panel_safe, {part}_panel_unsafe) * {of}
                >= {agreeing} * ({part}_panel_safe + {part}_panel_unsafe)) AS {part}_by_panel"""
# The same by probability: how many ballots of the panel have one, and the sum of these.
TALLIED_PARTS = """,
        sum({part}_parts) AS {part}_panel_parts, count({part}_parts) AS {part}_panel_known"""
BY_PANEL_BIN = """({part}_people_safe + {part}_people_unsafe < {quorum}
            AND {part}_panel_safe + {part}_panel_unsafe >= {panel}
            AND {bin} > 0 AND {bin} * {of} >= {agreeing} * {bins}) AS {part}_by_panel"""
UNSAFE_BY_PEOPLE = """({part}_people_safe + {part}_people_unsafe >= {quorum}
            AND {part}_people_unsafe > {part}_people_safe)"""
CHOSEN = """
        CASE WHEN {part}_by_panel THEN {part}_panel_safe ELSE {part}_people_safe END AS {part}_safe,
        CASE WHEN {part}_by_panel THEN {part}_panel_unsafe ELSE {part}_people_unsafe END AS {part}_unsafe,
        NOT {part}_by_panel AS {part}_human, {part}_by_panel AS {part}_llm"""
COUNTED = """
        coalesce({part}_safe, 0) AS {part}_safe, coalesce({part}_unsafe, 0) AS {part}_unsafe,
        CASE WHEN coalesce({part}_safe + {part}_unsafe, 0)
                < CASE WHEN {part}_safe > 0 AND {part}_unsafe > 0 THEN {quorum} ELSE {unanimous_quorum} END
            THEN 'pending' WHEN {part}_safe = {part}_unsafe THEN 'disputed'
            WHEN {part}_safe = 0 OR {part}_unsafe = 0 THEN 'unanimous' ELSE 'majority' END AS {part}_status,
        CASE WHEN {part}_human AND {part}_llm THEN 'human_and_llm_jury'
            WHEN {part}_human THEN 'human' WHEN {part}_llm THEN 'llm_jury' END AS {part}_source"""
LABEL = """CASE WHEN {part}_status IN ('unanimous', 'majority')
            THEN CASE WHEN {part}_unsafe > {part}_safe THEN 'unsafe' ELSE 'safe' END END"""
FOLLOWED = "CASE {followed} WHEN 'unsafe' THEN {own} WHEN 'safe' THEN {inherited} ELSE {pending} END"
OUTCOME = """
        {is_present} AS has_{part},
        CASE WHEN s.item_id IS NOT NULL THEN CASE WHEN s.{field} IS NULL THEN 'pending' ELSE 'settled' END
            WHEN is_constructed THEN 'inherited' ELSE l.{part}_status END AS {part}_status,
        CASE WHEN s.item_id IS NOT NULL THEN s.{field}
            WHEN is_constructed THEN CASE WHEN (reference ->> '{field}') IN {unsafe} THEN 'unsafe' ELSE 'safe' END
            ELSE l.{part}_label END AS {part}_label,
        CASE WHEN is_constructed THEN 0 ELSE {part}_safe END AS {part}_safe,
        CASE WHEN is_constructed THEN 0 ELSE {part}_unsafe END AS {part}_unsafe,
        CASE WHEN s.item_id IS NOT NULL THEN 'adjudicator' WHEN is_constructed THEN {constructed_source}
            ELSE {part}_source END AS {part}_source"""


def decisions_sql(
    policy: Policy,
    wanted: tuple[str, ...],
    *,
    of_one: bool = False,
    translates: bool = False,
    taxonomy: str = "%(taxonomy)s",
) -> str:
    """
    Return the query for the decisions on a project's items under a policy.

    Its parameters are `project`, `taxonomy` (primary keys) and `policy` (a name); its
    columns are COLUMNS.

    :param wanted: the label fields the project wants
    :param of_one: whether to decide only the item whose primary key is the parameter `item`
    :param translates: whether the taxonomy lacks categories that earlier versions had, so that it says what they
        count as
    :param taxonomy: the parameter for the taxonomy
    """
    parts = [FieldParts(field, policy, is_wanted=field in wanted) for field in FIELDS]
    return DECISIONS.format(
        only_item=" AND id = %(item)s" if of_one else "",
        opinions=" UNION ALL ".join(
            opinions_of(kind, policy, parts, GIVEN_TRANSLATED.replace("{taxonomy}", taxonomy) if translates else GIVEN)
            for kind in Kind
        ),
        tally=tally_sql(policy, parts),
        naming="opinion JOIN tally USING (item_id)" if policy.promise else "opinion",
        is_naming="is_naming AND is_human = by_people" if policy.promise else "is_naming",
        counted=",".join(part.count_columns() for part in parts),
        labelled=",".join(part.label_columns() for part in parts),
        pooled=category_pool_sql(policy.pooling, taxonomy),
        settled=", ".join(f"c.{field}" for field in FIELDS),
        settled_categories=counted_slugs("c.categories", taxonomy, translates=translates),
        constructed_categories=counted_slugs(CONSTRUCTED_CATEGORIES, taxonomy, translates=translates),
        outcome=",".join(part.outcome_columns() for part in parts),
        item_status=item_status(),
        rules=RULES,
        quorum=policy.quorum,
        caution=sql_literal(policy.caution),
        decided=", ".join(part.decided_columns() for part in parts),
    )


@dataclass(frozen=True)
class FieldParts:
    """The parts of the statement that decide one label field."""

    field: Field
    policy: Policy
    is_wanted: bool

    @property
    def unsafe_labels(self) -> str:
        """The labels that count as unsafe, as an SQL list."""
        return sql_list(sorted(self.policy.unsafe_labels))

    def is_unsafe(self, kind: Kind) -> str:
        """Return whether an opinion of a kind calls the field unsafe; null if it is not counted."""
        is_counted = self.is_wanted and (self.policy.promise or kind in self.policy.rules[self.field].kinds)
        return f"{self.field} IN {self.unsafe_labels}" if is_counted else "NULL::boolean"

    def tally_columns(self) -> str:
        """Return the counts of safe and unsafe labels, and whose they are."""
        tallied = TALLIED_APART if self.policy.promise else TALLIED
        return (tallied + (TALLIED_PARTS if self.has_parts else "")).format(part=self.field.part)

    @property
    def has_parts(self) -> bool:
        """Whether the probabilities of ballots count."""
        return self.policy.score_by == ScoreBy.PROBABILITY

    def parts(self, kind: Kind) -> str:
        """Return a column with the probability that an opinion of a kind gives unsafe, in parts; empty without one."""
        if not self.has_parts:
            return ""
        known = PARTS_SQL.format(label=self.field, column=self.field.column("probability"))
        return f" {known if self.is_wanted and kind == Kind.LLM else 'NULL::int'} AS {self.field.part}_parts,"

    @property
    def bin(self) -> str:
        """The bin of the mean probability of the panel's label, from the counts of a tally."""
        of_panel = f"{self.field.part}_panel"
        return bin_sql(
            safe=f"{of_panel}_safe", unsafe=f"{of_panel}_unsafe", parts=f"{of_panel}_parts", known=f"{of_panel}_known"
        )

    def by_panel(self) -> str:
        """Return whether the jurors decide the field alone."""
        threshold, part = self.policy.thresholds.get(self.field), self.field.part
        if threshold is None:
            return f"false AS {part}_by_panel"
        agreeing, of = threshold.as_integer_ratio()
        terms = {"part": part, "quorum": self.policy.quorum, "panel": PANEL, "agreeing": agreeing, "of": of}
        return BY_PANEL_BIN.format(**terms, bin=self.bin, bins=BINS) if self.has_parts else BY_PANEL.format(**terms)

    def count_columns(self) -> str:
        """Return the counts, status and source of the field by its own opinions."""
        return COUNTED.format(
            part=self.field.part,
            quorum=self.quorum(self.policy.quorum),
            unanimous_quorum=self.quorum(self.policy.unanimous_quorum(self.field)),
        )

    def quorum(self, people: int) -> str:
        """Return how many opinions decide: those of people, or of a panel where it decides alone."""
        return f"CASE WHEN {self.field.part}_llm THEN {PANEL} ELSE {people} END" if self.policy.promise else str(people)

    def label_columns(self) -> str:
        """Return the columns of the field by its own opinions or, where it follows another field, by that one."""
        followed = self.policy.rules[self.field].follows
        own = {name: self.field.column(name) for name in FIELD_COLUMNS} | {"label": LABEL.format(part=self.field.part)}
        if followed:
            label = LABEL.format(part=followed.part)
            own = {
                name: FOLLOWED.format(
                    followed=label,
                    own=expression,
                    inherited=sql_literal(getattr(INHERITED, name)),
                    pending=sql_literal(getattr(PENDING, name)),
                )
                for name, expression in own.items()
            }
        return ", ".join(f"{expression} AS {self.field.column(name)}" for name, expression in own.items())

    def outcome_columns(self) -> str:
        """Return the columns of the field as settled, as constructed, or else as counted."""
        needs = "has_response" if self.field in NEEDS_RESPONSE else "true"
        return OUTCOME.format(
            part=self.field.part,
            field=self.field,
            is_present=needs if self.is_wanted else "false",
            unsafe=self.unsafe_labels,
            constructed_source=CONSTRUCTED_SOURCE[self.field],
        )

    def decided_columns(self) -> str:
        """Return the columns: null throughout where the item lacks the field, no source where it has no label."""
        part = self.field.part
        has_source = f"has_{part} AND {part}_label IS NOT NULL"
        return ", ".join(
            f"CASE WHEN {has_source if name == 'source' else f'has_{part}'} THEN {part}_{name} END AS {part}_{name}"
            for name in FIELD_COLUMNS
        )


def tally_sql(policy: Policy, parts: list[FieldParts]) -> str:
    """Return the query for the counts that decide each field of an item, and how many opinions name categories."""
    tallied = ",".join(part.tally_columns() for part in parts)
    if policy.promise is None:
        return TALLY.format(tallied=tallied)
    return TALLY_APART.format(
        tallied=tallied,
        chosen=",".join(CHOSEN.format(part=part.field.part) for part in parts),
        decided=", ".join(part.by_panel() for part in parts),
        by_people=" OR ".join(UNSAFE_BY_PEOPLE.format(part=part.field.part, quorum=policy.quorum) for part in parts),
    )


def counted_slugs(slugs: str, taxonomy: str, *, translates: bool) -> str:
    """Return an expression of slugs as what they count as."""
    return TRANSLATED.format(slugs=slugs, taxonomy=taxonomy) if translates else slugs


def opinions_of(kind: Kind, policy: Policy, parts: list[FieldParts], given: str) -> str:
    """
    Return a query for the opinions of one kind: the fields that are counted, and the categories they name.

    :param given: where they come from, a format of `table` and `condition`
    """
    table, condition = SOURCES[kind]
    says_caution = f"'needs_caution' IN ({', '.join(FIELDS)})"
    naming = f"(categories <> '{{}}' OR {says_caution})"
    columns = [field.column("probability") for field in FIELDS] if parts[0].has_parts and kind == Kind.LLM else []
    if policy.pooling == Pooling.MAJORITY:
        calls_unsafe = " OR ".join(f"coalesce({part.field} IN {part.unsafe_labels}, false)" for part in parts)
        naming = f"({calls_unsafe}) AND {naming}"
    return OPINIONS_OF_A_KIND.format(
        is_human=sql_literal(kind == Kind.HUMAN),
        is_unsafe=", ".join(f"{part.is_unsafe(kind)} AS {part.field.part}_is_unsafe" for part in parts),
        parts="".join(part.parts(kind) for part in parts),
        says_caution=says_caution,
        is_naming=f"coalesce({naming}, false)" if policy.promise or kind in policy.category_kinds else "false",
        source=given.format(table=table, condition=condition, columns="".join(f", {name}" for name in columns)),
    )


def category_pool_sql(pooling: Pooling, taxonomy: str) -> str:
    """Return the query for the categories of items."""
    in_taxonomy = IN_TAXONOMY.format(taxonomy=taxonomy)
    if pooling == Pooling.UNION:
        return POOLED_UNION.format(every=RANKED, in_taxonomy=in_taxonomy)
    return POOLED_MAJORITY.format(
        strong=f"{RANKED} FILTER (WHERE count * 2 > naming)",
        top=f"{RANKED} FILTER (WHERE count = most)",
        in_taxonomy=in_taxonomy,
        labels=", ".join(field.column("label") for field in FIELDS),
    )


def item_status() -> str:
    """Return the status of an item. One with no field to judge never gets a label, so it is not decided either."""
    has_disputed, has_pending = (
        " OR ".join(f"has_{field.part} AND {field.part}_status = '{status}'" for field in FIELDS)
        for status in ("disputed", "pending")
    )
    has_field = " OR ".join(f"has_{field.part}" for field in FIELDS)
    return f"""CASE WHEN is_settled THEN 'settled' WHEN {has_disputed} THEN 'disputed'
        WHEN NOT ({has_field}) OR {has_pending} THEN 'pending' ELSE 'decided' END"""


def sql_literal(value: str | int | bool | None) -> str:
    """Write a constant of the code in SQL. It must hold no quote: values of users are parameters."""
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def sql_list(values: list[str]) -> str:
    """Write constants of the code as an SQL list."""
    return f"({', '.join(sql_literal(value) for value in values)})"

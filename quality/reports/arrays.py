"""All opinions of a project as numpy arrays, read by COPY."""

from dataclasses import dataclass, replace

import numpy as np

from adjudication.policies import Policy
from corpus.categories.translation import TRANSLATED
from corpus.labels import FIELDS, Field
from corpus.models import Project
from quality.queries.columns import read_column, read_numbers
from quality.queries.raters import rater_names
from quality.statistics.agreement import Ratings
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

LABELS = ("safe", "needs_caution", "unsafe")
"In their order; a label's code is its index, and -1 means no label."
CODE = "coalesce(array_position(ARRAY['safe', 'needs_caution', 'unsafe'], {column}::text), 0) - 1"
MONDAY = 345_600
"Seconds from the epoch to the first Monday, 5 January 1970; weeks are counted from there."

ITEMS = """
    SELECT id, dense_rank() OVER (ORDER BY source) - 1, has_response::int, (withdrawn_at IS NULL)::int
    FROM corpus_item WHERE project_id = %(project)s ORDER BY id
"""
SOURCES = "SELECT DISTINCT source FROM corpus_item WHERE project_id = %(project)s ORDER BY 1"
LABEL_COLUMNS = ", ".join(FIELDS)
# As what they count as, where the taxonomy no longer has some.
COUNTED = TRANSLATED.format(slugs="categories", taxonomy="%(taxonomy)s")
CURRENT_OPINIONS = f"""
    SELECT item_id, 'human' AS kind, annotator_id AS rater, {LABEL_COLUMNS}, {COUNTED} AS categories, cast_at,
        true AS names_categories
    FROM annotation_vote JOIN corpus_item i ON i.id = item_id
    WHERE i.project_id = %(project)s AND is_current
    UNION ALL
    SELECT item_id, 'llm', juror_id, {LABEL_COLUMNS}, {COUNTED}, cast_at,
        'categories' = ANY(j.asks) OR b.prompt_id <> j.prompt_id
    FROM jury_ballot b JOIN corpus_item i ON i.id = item_id JOIN jury_juror j ON j.id = juror_id
    WHERE i.project_id = %(project)s AND is_current AND outcome = 'cast'
"""
# The categories as chosen. An opinion with a hazard but no category was not asked for categories, nor is a juror that
# is asked for labels alone: NULL. Ballots of another prompt than the juror's were imported.
CATEGORIES = f"""
    CASE WHEN categories = '{{}}'
            AND (NOT names_categories OR 'unsafe' IN ({LABEL_COLUMNS}) OR 'needs_caution' IN ({LABEL_COLUMNS}))
        THEN NULL ELSE categories COLLATE "C" END
"""
OPINIONS = f"""
    SELECT item_id, (kind = 'human')::int, rater, {", ".join(CODE.format(column=field) for field in FIELDS)},
        CASE WHEN value IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY value) - 1 END,
        (extract(epoch FROM cast_at)::bigint - {MONDAY}) / 604800
    FROM (SELECT *, {CATEGORIES} AS value FROM ({CURRENT_OPINIONS}) AS opinion) AS opinion
    ORDER BY item_id, kind, rater
"""
CATEGORY_LISTS = f"""
    SELECT DISTINCT value FROM (SELECT {CATEGORIES} AS value FROM ({CURRENT_OPINIONS}) AS opinion)
    AS opinion WHERE value IS NOT NULL ORDER BY 1
"""
DECISIONS = """
    SELECT item_id, (d.status = 'settled')::int, {label}, coalesce({part}_safe, 0), coalesce({part}_unsafe, 0),
        (d.{part}_status IS NOT NULL)::int
    FROM adjudication_decision d JOIN corpus_item i ON i.id = item_id
    WHERE i.project_id = %(project)s AND d.policy = %(policy)s ORDER BY item_id
"""


@dataclass(frozen=True)
class Opinions:
    """
    Every current opinion of a project.

    Arrays of shape (opinions,), ordered by item, kind and primary key of the rater; arrays of shape (items,), ordered
    by primary key; and lists that the numbers in them point into.
    """

    item: Codes
    "Shape (opinions,): index of the item."
    is_human: Flags
    "Shape (opinions,)."
    rater: Codes
    "Shape (opinions,): index of the rater."
    labels: dict[str, Codes]
    "By field, shape (opinions,): index of the label in LABELS, or -1."
    category_set: Codes
    "Shape (opinions,): index of the set of named categories, or -1 where no categories were asked for."
    week: Codes
    "Shape (opinions,): weeks since Monday 5 January 1970, UTC."

    item_keys: Codes
    "Shape (items,): primary keys."
    item_source: Codes
    "Shape (items,): index of the source."
    has_response: Flags
    "Shape (items,)."
    in_use: Flags
    "Shape (items,): whether it is not withdrawn. How raters work is measured on withdrawn items, too."

    sources: list[str]
    raters: list[tuple[str, str]]
    "Kind (human or llm) and name, sorted; only raters with an opinion."
    rater_keys: Codes
    "Shape (raters,): primary keys, each within its kind."
    category_sets: list[frozenset[str]]

    def values(self, field: str) -> Codes:
        """
        Return the coded values of a field, shape (opinions,), -1 where there is none.

        :param field: prompt_label, response_label or categories (the set as one value)
        """
        return self.category_set if field == "categories" else self.labels[field]

    def has_value(self, field: str) -> Flags:
        """Return which opinions have a value in a field: shape (opinions,)."""
        return self.values(field) >= 0

    def is_unsafe(self, field: str, policy: Policy) -> Flags:
        """Return which opinions count as unsafe in a field under the policy: shape (opinions,)."""
        return unsafe_by_code(policy)[self.labels[field]]

    def ratings(self, field: str, chosen: Flags | None = None) -> Ratings:
        """
        Return the opinions on a field in long form.

        :param chosen: shape (opinions,), the opinions to keep; all by default
        """
        kept = self.has_value(field) if chosen is None else self.has_value(field) & chosen
        return Ratings(self.item[kept], self.rater[kept], self.values(field)[kept])

    def of_items_in_use(self) -> "Opinions":
        """Return the opinions on items that are not withdrawn, which alone it knows; the numbers of raters stay."""
        place = np.cumsum(self.in_use) - 1
        kept = self.in_use[self.item]
        sets = np.unique(self.category_set[kept])
        sets = sets[sets >= 0]
        place_of_set = np.full(len(self.category_sets) + 1, -1)  # the last is for -1
        place_of_set[sets] = np.arange(len(sets))
        return replace(
            self,
            item=place[self.item[kept]],
            is_human=self.is_human[kept],
            rater=self.rater[kept],
            labels={field: codes[kept] for field, codes in self.labels.items()},
            category_set=place_of_set[self.category_set[kept]],
            week=self.week[kept],
            item_keys=self.item_keys[self.in_use],
            item_source=self.item_source[self.in_use],
            has_response=self.has_response[self.in_use],
            in_use=self.in_use[self.in_use],
            category_sets=[self.category_sets[at] for at in sets],
        )


def unsafe_by_code(policy: Policy) -> Flags:
    """Return whether each label counts as unsafe, by its code; the last one is for the code -1, no label."""
    return np.array([*(label in policy.unsafe_labels for label in LABELS), False])


def read_opinions(project: Project) -> Opinions:
    """Read every current opinion of a project. Several queries: call it inside `snapshot()`."""
    parameters = {"project": project.pk, "taxonomy": project.taxonomy_id}
    item_keys, source, has_response, in_use = read_numbers(ITEMS, parameters, columns=4)
    item, is_human, rater, *labels, categories, week = read_numbers(OPINIONS, parameters, columns=5 + len(FIELDS))
    category_sets, set_of_list = number_sets(read_column(CATEGORY_LISTS, parameters))
    raters, rater_keys, rater_index = number_raters(project, is_human, rater)
    return Opinions(
        item=np.searchsorted(item_keys, item),
        is_human=is_human.astype(bool),
        rater=rater_index,
        labels={field.value: codes for field, codes in zip(FIELDS, labels, strict=True)},
        category_set=without_silent(set_of_list[categories], rater_index, category_sets),
        week=week,
        item_keys=item_keys,
        item_source=source,
        has_response=has_response.astype(bool),
        in_use=in_use.astype(bool),
        sources=read_column(SOURCES, parameters),
        raters=raters,
        rater_keys=rater_keys,
        category_sets=category_sets,
    )


def number_sets(lists: list[list[str]]) -> tuple[list[frozenset[str]], Codes]:
    """
    Number the different sets among lists of categories, whatever the order of a list.

    :return: the sets, sorted by their names; and the set of each list, then -1 for no list: shape (lists + 1,)
    """
    sets = sorted({frozenset(each) for each in lists}, key=lambda each: ";".join(sorted(each)))
    place = {each: at for at, each in enumerate(sets)}
    return sets, np.array([*(place[frozenset(each)] for each in lists), -1], dtype=np.int64)


def without_silent(category_set: Codes, rater: Codes, sets: list[frozenset[str]]) -> Codes:
    """
    Return the sets of opinions with -1 for those of raters who name no category on any hazard: nobody asked them.

    :param category_set: shape (opinions,), index of the set, -1 for a hazard without categories
    :param rater: shape (opinions,), index of the rater
    """
    raters = int(rater.max(initial=-1)) + 1
    is_named = np.array([*(bool(names) for names in sets), False])[category_set]
    has_hazard = np.bincount(rater[category_set < 0], minlength=raters) > 0
    is_silent = has_hazard & (np.bincount(rater[is_named], minlength=raters) == 0)
    return np.where(is_silent[rater], -1, category_set)


def number_raters(project: Project, is_human: Codes, rater: Codes) -> tuple[list[tuple[str, str]], Codes, Codes]:
    """
    Number the raters of opinions: people first, then by name.

    :param is_human: shape (opinions,), 0 or 1
    :param rater: shape (opinions,), primary keys within the kind
    :return: kind and name of every rater; their primary keys, (raters,); and the rater's index, (opinions,)
    """
    names = rater_names(project)
    pairs, index = np.unique(np.stack([is_human, rater]), axis=1, return_inverse=True)
    raters = [("human" if human else "llm", int(key)) for human, key in pairs.T]
    order = sorted(range(len(raters)), key=lambda at: (raters[at][0], names[raters[at]], raters[at][1]))
    keys = np.array([raters[at][1] for at in order], dtype=np.int64)
    rank = np.empty(len(raters), dtype=np.int64)
    rank[order] = np.arange(len(raters))
    return [(raters[at][0], names[raters[at]]) for at in order], keys, rank[index.ravel()]


@dataclass(frozen=True)
class Decisions:
    """The decisions on one field, of items that have the field; arrays of shape (decisions,)."""

    item: Codes
    "Index of the item."
    is_settled: Flags
    label: Codes
    "0 for safe, 1 for unsafe, -1 for no label."
    safe: Codes
    "How many counted opinions say safe."
    unsafe: Codes
    "How many counted opinions say unsafe."


def read_decisions(project: Project, policy: str, field: str, item_keys: Codes) -> Decisions:
    """
    Read the decisions on one field under a policy, of the items that are named.

    :param item_keys: shape (items,), primary keys in rising order
    """
    part = Field(field).part
    code = f"coalesce(array_position(ARRAY['safe', 'unsafe'], d.{part}_label::text), 0) - 1"
    sql = DECISIONS.format(part=part, label=code)
    item, settled, label, safe, unsafe, has_field = read_numbers(
        sql, {"project": project.pk, "policy": policy}, columns=6
    )
    kept = has_field.astype(bool) & np.isin(item, item_keys, assume_unique=True)
    return Decisions(
        np.searchsorted(item_keys, item[kept]), settled[kept].astype(bool), label[kept], safe[kept], unsafe[kept]
    )

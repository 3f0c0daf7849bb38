"""What a migration may not do while people vote, found in its SQL."""

import re
from collections.abc import Iterator

SMALL = {
    *(
        "auth_user",
        "auth_group",
        "corpus_category",
        "corpus_categorymap",
        "corpus_duplicatesearch",
        "corpus_groupsearch",
    ),
    *("corpus_groupterms", "corpus_member", "corpus_project", "corpus_question", "corpus_siteadmin", "corpus_taxonomy"),
    *("corpus_taxonomydraft", "corpus_tokengrant", "annotation_acknowledgement", "annotation_annotator"),
    *("annotation_auditdraw", "annotation_backgroundquestion", "annotation_batch", "annotation_guidelineversion"),
    *("annotation_person", "annotation_qualification", "annotation_queue", "annotation_sampledraw", "jury_juror"),
    *("jury_promptdraft", "jury_promptversion", "jury_run", "adjudication_casesettings", "adjudication_certificate"),
    *(
        "adjudication_recount",
        "adjudication_statedfigures",
        "quality_measurement",
        "quality_perspectives",
        "quality_report",
        "quality_watchedpromise",
    ),
    *("releases_release", "guards_benchmark", "guards_contaminationreport", "guards_evaluation", "guards_hashlist"),
    *("guards_hashlistreport", "guards_trainedguard", "attacks_attackconsent", "attacks_attacksettings"),
    *("workspace_digest", "workspace_digestchoice", "workspace_grouprole", "workspace_webhook"),
}
"Tables with a row for each project, person or run at most, which are read and rewritten within milliseconds."
TABLE = r'(?:ONLY\s+)?"?(?P<table>\w+)"?'
RULES = [
    (
        rf"^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {TABLE}",
        "an index that is built in a transaction stops writers: AddIndexConcurrently",
    ),
    (
        rf"^ALTER TABLE {TABLE} ADD CONSTRAINT \S+ (?:CHECK|FOREIGN KEY)(?!.*NOT VALID)",
        "rows are read under a lock: add it NOT VALID, and validate it in another migration",
    ),
    (
        rf"^ALTER TABLE {TABLE} ADD CONSTRAINT \S+ (?:UNIQUE|PRIMARY KEY|EXCLUDE)(?!.*USING INDEX)",
        "its index is built under a lock: build it concurrently, then add the constraint USING INDEX",
    ),
    (
        rf"^ALTER TABLE {TABLE} ALTER COLUMN \S+ (?:SET DATA )?TYPE",
        "the table may be rewritten: add a column and fill it",
    ),
    (rf"^ALTER TABLE {TABLE} ALTER COLUMN \S+ SET NOT NULL", "rows are read under a lock: validate a CHECK first"),
    (
        rf"^ALTER TABLE {TABLE} ADD COLUMN (?!.*DEFAULT)(?!.*\bNULL NULL).*NOT NULL",
        "old code cannot insert rows: give it db_default",
    ),
    (
        rf"^ALTER TABLE {TABLE} ADD COLUMN .*(?:DEFAULT \(?(?!now\(\))\w+\(|GENERATED|\bserial\b)",
        "the table is rewritten: add it without, fill it, then set the default",
    ),
    (rf"^ALTER TABLE {TABLE} ADD COLUMN .*\b(?:UNIQUE|PRIMARY KEY)\b", "its index is built under a lock"),
    (rf"^(?:UPDATE|DELETE FROM) {TABLE}", "rows are locked until the end: a task fills them in batches"),
    (rf"^INSERT INTO {TABLE} .*SELECT", "all rows are written in one transaction: a task fills them in batches"),
    (
        rf"^(?:CLUSTER|VACUUM \(?FULL\)?|LOCK TABLE|TRUNCATE(?: TABLE)?|REINDEX TABLE(?! CONCURRENTLY)) {TABLE}",
        "it locks all out",
    ),
]
ALWAYS = [
    (
        rf"^ALTER TABLE {TABLE} ALTER COLUMN \S+ DROP DEFAULT",
        "old code cannot insert rows: give the column db_default, not default alone",
    ),
    (rf"^ALTER TABLE {TABLE} (?:DROP COLUMN|RENAME)", "old code still uses it: drop it one release after its last use"),
    (rf"^DROP TABLE (?:IF EXISTS )?{TABLE}", "old code still uses it: drop it one release after its last use"),
]
"Also for small tables."
CONCURRENT = re.compile(
    r"^(?:(?:CREATE|DROP) (?:UNIQUE )?INDEX CONCURRENTLY|ALTER TABLE \S+ VALIDATE CONSTRAINT) ", re.IGNORECASE
)
CREATED = re.compile(rf"^CREATE TABLE (?:IF NOT EXISTS )?{TABLE}", re.IGNORECASE)


def problems(sql: list[str], *, is_atomic: bool) -> list[str]:
    """
    Return what is wrong with the statements of a migration, each as `TABLE: why and what to do`.

    :param sql: as `sqlmigrate` prints it, with its comments
    :param is_atomic: whether they run in one transaction
    """
    statements = statements_of(sql)
    created = {match["table"] for each in statements if (match := CREATED.match(each))}
    found = [] if is_atomic else list(unprotected(statements))
    if any("CANNOT BE WRITTEN AS SQL" in line for line in sql):
        found.append("Python: it runs in one transaction, however many rows there are: a task")
    added = {name for each in statements for name in re.findall(r"ADD CONSTRAINT (\S+) .*NOT VALID", each)}
    for each in statements:
        found += [f"{table}: {why}" for table, why in broken_rules(each, created)]
        if (validated := re.search(r"VALIDATE CONSTRAINT (\S+)", each)) and validated[1] in added:
            found.append(f"{validated[1]}: the lock of NOT VALID is kept while it is validated: another migration")
    return found


def statements_of(sql: list[str]) -> list[str]:
    """Return the statements of a migration without comments, each on one line."""
    text = "\n".join(line for part in sql for line in part.splitlines() if not line.lstrip().startswith("--"))
    return [" ".join(each.split()) for each in text.split(";") if each.strip()]


def unprotected(statements: list[str]) -> Iterator[str]:
    """Yield what may not stand outside of a transaction, where a migration waits for tables without a limit."""
    for each in statements:
        if not CONCURRENT.match(each) and each not in ("BEGIN", "COMMIT"):
            yield f"{each[:60]}: alone in an atomic migration, so that it lets others pass"


def broken_rules(statement: str, created: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the table of a statement and why it may not stand there, for every rule that it breaks."""
    for pattern, why in RULES:
        match = re.search(pattern, statement, re.IGNORECASE)
        if match and match["table"] not in created | SMALL:
            yield match["table"], why
    for pattern, why in ALWAYS:
        if match := re.search(pattern, statement, re.IGNORECASE):
            yield match["table"], why

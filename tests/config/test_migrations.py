"""Migrations from now on lock nobody out: their SQL is looked through, and one is applied while people vote."""

import math
import sys

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.embedded.postgres import Postgres
from config.embedded.processes import wait_until
from config.prepare import OUR_APPS
from corpus.errors import Refused
from tests.config.migration_rules import SMALL, problems
from tests.factories import dialogue, write_lines
from tests.test_faults import DIALOGUES, PATIENCE, WANTED, Installation, Voters, assert_votes_are_kept

LAST_BEFORE = {
    "adjudication": 9,
    "annotation": 12,
    "attacks": 1,
    "corpus": 15,
    "guards": 7,
    "jury": 8,
    "quality": 4,
    "releases": 1,
    "workspace": 6,
}
"The last migration of each app from before the rules."
VOTE = 'ALTER TABLE "annotation_vote"'


def new_migrations():
    """Return the migrations that the rules are for."""
    known = MigrationLoader(None).disk_migrations
    return sorted(key for key in known if key[0] in LAST_BEFORE and int(key[1][:4]) > LAST_BEFORE[key[0]])


def problems_of(key):
    loader = MigrationLoader(connection, replace_migrations=False)
    migration = loader.disk_migrations[key]
    return problems(loader.collect_sql([(migration, False)]), is_atomic=migration.atomic)


def test_every_app_has_a_first_migration_under_the_rules():
    assert set(LAST_BEFORE) == OUR_APPS
    assert {model._meta.db_table for model in apps.get_models()} >= SMALL


def test_new_migrations_lock_nobody_out():
    found = {key: said for key in new_migrations() if (said := problems_of(key))}
    assert found == {}


def test_rules_find_what_old_migrations_did():
    found = {
        each for key in [("guards", "0007_twins"), ("annotation", "0012_ordered_queue")] for each in problems_of(key)
    }
    assert problems_of(("workspace", "0001_initial")) == []
    assert found, "both add columns and constraints to tables with rows"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('CREATE INDEX "i" ON "annotation_vote" ("x")', "AddIndexConcurrently"),
        ('CREATE UNIQUE INDEX "i" ON "corpus_item" ("x") WHERE "x" > 0', "AddIndexConcurrently"),
        (f'{VOTE} ADD CONSTRAINT "c" CHECK ("x" > 0)', "NOT VALID"),
        (f'{VOTE} ADD CONSTRAINT "c" FOREIGN KEY ("x") REFERENCES "corpus_item" ("id")', "NOT VALID"),
        (f'{VOTE} ADD CONSTRAINT "c" UNIQUE ("x")', "USING INDEX"),
        (f'{VOTE} ALTER COLUMN "x" TYPE bigint USING "x"::bigint', "rewritten"),
        (f'{VOTE} ALTER COLUMN "x" SET NOT NULL', "CHECK first"),
        (f'{VOTE} ADD COLUMN "x" integer NOT NULL', "db_default"),
        (f'{VOTE} ADD COLUMN "x" uuid DEFAULT gen_random_uuid() NOT NULL', "rewritten"),
        (f'{VOTE} ADD COLUMN "x" integer NULL UNIQUE', "index"),
        (f'{VOTE} ALTER COLUMN "x" DROP DEFAULT', "db_default"),
        (f'{VOTE} DROP COLUMN "x" CASCADE', "one release after"),
        ('ALTER TABLE "corpus_project" RENAME COLUMN "x" TO "y"', "one release after"),
        ('DROP TABLE "corpus_project" CASCADE', "one release after"),
        ('UPDATE "annotation_vote" SET "x" = 1', "batches"),
        ('INSERT INTO annotation_vote (x) SELECT 1', "batches"),
        ('LOCK TABLE "annotation_vote"', "locks all out"),
        ("-- THIS OPERATION CANNOT BE WRITTEN AS SQL", "a task"),
    ],
)  # fmt: skip
def test_statement_that_locks_people_out_is_found(statement, words):
    (problem,) = problems([f"{statement};"], is_atomic=True)
    assert words in problem


@pytest.mark.parametrize(
    "statements",
    [
        [f'{VOTE} ADD COLUMN "x" integer NULL'],
        [f'{VOTE} ADD COLUMN "x" integer DEFAULT 7 NOT NULL'],
        [f'{VOTE} ADD COLUMN "x" timestamptz DEFAULT now() NOT NULL'],
        [f'{VOTE} ADD CONSTRAINT "c" CHECK ("x" > 0) NOT VALID'],
        [f'{VOTE} VALIDATE CONSTRAINT "c"'],
        [f'{VOTE} ADD CONSTRAINT "c" UNIQUE USING INDEX "i"'],
        ['CREATE TABLE "new" ("id" bigint)', 'CREATE INDEX "i" ON "new" ("id")'],
        ['CREATE INDEX "i" ON "corpus_project" ("x")', 'UPDATE corpus_project SET "x" = 1'],
    ],
)  # fmt: skip
def test_statement_that_locks_nobody_out_is_allowed(statements):
    assert problems([f"{each};" for each in statements], is_atomic=True) == []


def test_what_waits_without_a_limit_stands_alone():
    concurrent = 'CREATE INDEX CONCURRENTLY "i" ON "annotation_vote" ("x");'
    assert problems([concurrent], is_atomic=False) == []
    assert "alone in an atomic" in problems([concurrent, f'{VOTE} ADD COLUMN "x" integer NULL;'], is_atomic=False)[0]


def test_constraint_is_validated_after_its_lock_is_gone():
    both = [f'{VOTE} ADD CONSTRAINT "c" CHECK ("x" > 0) NOT VALID;', f'{VOTE} VALIDATE CONSTRAINT "c";']
    assert "another migration" in problems(both, is_atomic=True)[0]


@pytest.fixture
def later(settings):
    """Have migrations of a later version, each of another kind; afterwards the database is as it was."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.config.later"]
    yield
    settings.MIGRATION_LOCK_SECONDS, settings.MIGRATION_PATIENCE_SECONDS = 10, 60
    call_command("migrate", "later", "zero", verbosity=0)


def other_session():
    """Return another session of the database, as a person's vote has one."""
    return psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"])


def test_table_in_use_is_a_refusal_that_names_who_uses_it(later, settings):
    settings.MIGRATION_LOCK_SECONDS, settings.MIGRATION_PATIENCE_SECONDS = 0.1, 0
    before = current_limits()
    with other_session() as person:
        person.execute("SELECT count(*) FROM annotation_vote")
        with pytest.raises(Refused, match=f"process {person.info.backend_pid}"):
            call_command("migrate", "later", verbosity=0)
    assert current_limits() == before


def test_statement_that_takes_too_long_is_a_refusal_and_undone(later, settings):
    settings.MIGRATION_LOCK_SECONDS, settings.MIGRATION_STATEMENT_SECONDS = 0, 0.3
    before = current_limits()
    with other_session() as person:
        person.execute("SELECT count(*) FROM annotation_vote")
        with pytest.raises(Refused, match="MIGRATION_STATEMENT_SECONDS=0"):
            call_command("migrate", "later", verbosity=0)
    assert current_limits() == before


def test_half_built_index_of_a_killed_migration_is_built_anew(later):
    call_command("migrate", "later", "0001", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX later_vote_flag ON annotation_vote (later_flag)")
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'later_vote_flag'::regclass")
    call_command("migrate", "later", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'later_vote_flag'::regclass")
        assert cursor.fetchone() == (True,)


def current_limits():
    """Return the limits of this session, which those of a web process are if an earlier test was one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
        return cursor.fetchone()


@pytest.mark.slow
def test_people_vote_while_two_processes_migrate_and_a_table_is_in_use(tmp_path):
    place = Installation(tmp_path)
    place.environment |= {"MIGRATION_LOCK_SECONDS": "0.3"}
    later = place.environment | {"DJANGO_SETTINGS_MODULE": "tests.config.later.settings"}
    try:
        lines = write_lines(tmp_path, [dialogue(f"d{n}", response=False) for n in range(DIALOGUES)])
        tokens = [row["token"] for row in place.commands(
            ["create_project", "mine", "--votes-wanted", WANTED],
            ["import_dialogues", lines, "--project", "mine"],
            *(["create_user", f"v{n}", "--token", "--project", "mine"] for n in range(4)),
        )[2:]]  # fmt: skip
        place.start_web()
        voters = Voters(place, tokens, pause=0.1)
        voters.start()
        assert voters.have_cast(4), voters.problems
        with psycopg.connect(Postgres(place.home).address()) as reader:
            reader.execute("SELECT count(*) FROM annotation_vote")  # holds what the first migration needs
            place.environment, voters.limit = later, 20  # the rest is for while the table is in use
            running = [place.launch([sys.executable, "manage.py", "migrate", "later"]) for _ in range(2)]
            assert wait_until(lambda: "A table is in use" in place.log.read_text(), seconds=PATIENCE), (
                place.log.read_text()
            )
            voters.limit, so_far = math.inf, len(voters.acknowledged)
            assert voters.have_cast(so_far + 20), voters.problems
        codes = [process.wait(PATIENCE) for process in running]
        voters.finish()
        built = place.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'later_vote_flag'::regclass")
        checked = place.rows("SELECT convalidated FROM pg_constraint WHERE conname = 'later_flag_is_small'")
        votes = place.rows("SELECT id, item_id, annotator_id FROM annotation_vote")
        slots = place.rows("SELECT item_id, count(*), count(vote_id) FROM annotation_slot GROUP BY 1")
    finally:
        place.close()

    assert codes == [0, 0], place.log.read_text()[-3000:]
    assert (built, checked) == ([(True,)], [(True,)])
    assert not voters.problems
    assert_votes_are_kept(voters.acknowledged, votes, slots)

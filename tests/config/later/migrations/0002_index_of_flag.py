from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexOfFlag(AddIndexConcurrently):
    """Builds an index of a table that no model of this app stands for."""

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute("CREATE INDEX CONCURRENTLY later_vote_flag ON annotation_vote (later_flag)")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute("DROP INDEX CONCURRENTLY later_vote_flag")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("later", "0001_flag")]

    operations = [AddIndexOfFlag("vote", models.Index(fields=["later_flag"], name="later_vote_flag"))]

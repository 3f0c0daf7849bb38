from django.db import migrations

# A trigger for each row, as the one there is, is not asked when a table is emptied as a whole.
FORBID = """
CREATE TRIGGER event_is_not_truncated BEFORE TRUNCATE ON corpus_event
    FOR EACH STATEMENT EXECUTE FUNCTION corpus_event_is_append_only();
"""
ALLOW = "DROP TRIGGER event_is_not_truncated ON corpus_event;"


class Migration(migrations.Migration):
    dependencies = [("corpus", "0003_items_version")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]

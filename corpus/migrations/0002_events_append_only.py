from django.db import migrations

FORBID = """
CREATE FUNCTION corpus_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON corpus_event
    FOR EACH ROW EXECUTE FUNCTION corpus_event_is_append_only();
"""
ALLOW = """
DROP TRIGGER event_is_append_only ON corpus_event;
DROP FUNCTION corpus_event_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("corpus", "0001_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]

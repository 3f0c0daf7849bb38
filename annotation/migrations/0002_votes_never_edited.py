from django.db import migrations

FORBID = """
CREATE FUNCTION annotation_vote_is_never_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.is_current AND NOT NEW.is_current THEN
        OLD.is_current := false;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'votes are never edited, only superseded' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER vote_is_never_edited BEFORE UPDATE OR DELETE ON annotation_vote
    FOR EACH ROW EXECUTE FUNCTION annotation_vote_is_never_edited();
-- A row trigger does not fire when a table is emptied as a whole.
CREATE TRIGGER vote_is_not_truncated BEFORE TRUNCATE ON annotation_vote
    FOR EACH STATEMENT EXECUTE FUNCTION annotation_vote_is_never_edited();
"""
ALLOW = """
DROP TRIGGER vote_is_not_truncated ON annotation_vote;
DROP TRIGGER vote_is_never_edited ON annotation_vote;
DROP FUNCTION annotation_vote_is_never_edited();
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0001_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]

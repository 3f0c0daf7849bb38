from django.db import migrations

# An event may be changed in one way: the name of an account that is made anonymous gives way to its new one, where
# names of accounts are kept. What was done, by whom, when and to what number stays. See docs/decisions/0011.
FORBID = """
CREATE FUNCTION corpus_event_subject(verb text, subject text, old text, new text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN subject = old AND split_part(verb, '.', 1) IN ('member', 'account', 'preferences', 'token')
        THEN new ELSE subject END
$$;
CREATE FUNCTION corpus_event_detail(detail jsonb, old text, new text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT detail
        || CASE WHEN detail -> 'annotator' = to_jsonb(old) THEN jsonb_build_object('annotator', new) ELSE '{}' END
        || CASE WHEN jsonb_typeof(detail -> 'people') = 'array' THEN jsonb_build_object('people', (
            SELECT coalesce(jsonb_agg(CASE WHEN name = to_jsonb(old) THEN to_jsonb(new) ELSE name END ORDER BY at), '[]')
            FROM jsonb_array_elements(detail -> 'people') WITH ORDINALITY AS each(name, at))) ELSE '{}' END
$$;
CREATE FUNCTION corpus_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    names jsonb := nullif(current_setting('assize.renamed', true), '')::jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF names ->> 'new' ~ '^former-[0-9a-f]{12}$'
            AND (NEW.id, NEW.project_id, NEW.actor_id, NEW.verb, NEW.at)
                IS NOT DISTINCT FROM (OLD.id, OLD.project_id, OLD.actor_id, OLD.verb, OLD.at)
            AND NEW.subject = corpus_event_subject(OLD.verb, OLD.subject, names ->> 'old', names ->> 'new')
            AND NEW.detail = corpus_event_detail(OLD.detail, names ->> 'old', names ->> 'new')
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON corpus_event
    FOR EACH ROW EXECUTE FUNCTION corpus_event_is_append_only();
-- A row trigger does not fire when a table is emptied as a whole.
CREATE TRIGGER event_is_not_truncated BEFORE TRUNCATE ON corpus_event
    FOR EACH STATEMENT EXECUTE FUNCTION corpus_event_is_append_only();
-- Else `SET session_replication_role = replica` would turn them off for a session.
ALTER TABLE corpus_event ENABLE ALWAYS TRIGGER event_is_append_only;
ALTER TABLE corpus_event ENABLE ALWAYS TRIGGER event_is_not_truncated;
"""
ALLOW = """
DROP TRIGGER event_is_not_truncated ON corpus_event;
DROP TRIGGER event_is_append_only ON corpus_event;
DROP FUNCTION corpus_event_is_append_only();
DROP FUNCTION corpus_event_subject;
DROP FUNCTION corpus_event_detail;
"""


class Migration(migrations.Migration):
    dependencies = [("corpus", "0001_initial")]

    operations = [migrations.RunSQL(FORBID, ALLOW)]

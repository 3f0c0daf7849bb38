from django.db import migrations, models

# The database keeps it, so that no way of adding questions can forget it.
KEEP = """
CREATE FUNCTION corpus_question_is_known_to_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE corpus_project SET has_questions = true WHERE id = NEW.project_id AND NOT has_questions;
    RETURN NULL;
END $$;
CREATE TRIGGER question_is_known_to_project AFTER INSERT ON corpus_question
    FOR EACH ROW EXECUTE FUNCTION corpus_question_is_known_to_project();
"""
FORGET = """
DROP TRIGGER question_is_known_to_project ON corpus_question;
DROP FUNCTION corpus_question_is_known_to_project();
"""


class Migration(migrations.Migration):
    dependencies = [("corpus", "0006_questions")]

    operations = [
        migrations.AddField(
            "project", "has_questions", models.BooleanField(db_default=False, default=False, editable=False)
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]

from django.db import migrations

FILL = """
UPDATE annotation_seat SET project_id = corpus_item.project_id FROM corpus_item WHERE corpus_item.id = item_id;
UPDATE annotation_seat SET lease = NULL, leased_to_id = NULL, leased_until = NULL WHERE vote_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0002_room")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]

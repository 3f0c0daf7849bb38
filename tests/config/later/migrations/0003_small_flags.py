from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("later", "0002_index_of_flag")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE annotation_vote ADD CONSTRAINT later_flag_is_small CHECK (later_flag < 9) NOT VALID",
            "ALTER TABLE annotation_vote DROP CONSTRAINT later_flag_is_small",
        )
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotation", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE annotation_vote ADD COLUMN later_flag integer NULL",
            "ALTER TABLE annotation_vote DROP COLUMN later_flag",
        )
    ]

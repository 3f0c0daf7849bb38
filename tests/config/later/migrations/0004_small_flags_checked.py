from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("later", "0003_small_flags")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE annotation_vote VALIDATE CONSTRAINT later_flag_is_small",
            migrations.RunSQL.noop,
        )
    ]

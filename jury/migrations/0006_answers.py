from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jury", "0005_ballots_by_outcome")]

    operations = [
        migrations.AddField("ballot", "answers", models.JSONField(db_default={}, default=dict)),
    ]

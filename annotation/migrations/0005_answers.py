from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0004_shown_dialogues")]

    operations = [
        migrations.AddField("vote", "answers", models.JSONField(db_default={}, default=dict)),
    ]

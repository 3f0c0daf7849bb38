from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("adjudication", "0003_decisions_that_wait")]

    operations = [
        migrations.AddField("blindanswer", "answers", models.JSONField(db_default={}, default=dict)),
        migrations.AddField("case", "blind_answers", models.JSONField(db_default={}, default=dict)),
        migrations.AddField("case", "answers", models.JSONField(db_default={}, default=dict)),
    ]

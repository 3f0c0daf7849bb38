from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jury", "0008_prompts_by_page")]

    operations = [
        migrations.AddField("juror", "asks_probability", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("ballot", "prompt_probability", models.FloatField(null=True)),
        migrations.AddField("ballot", "response_probability", models.FloatField(null=True)),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("adjudication", "0002_cases_by_project")]

    operations = [
        migrations.AddIndex(
            "decision",
            models.Index(fields=["policy", "item"], condition=models.Q(stale=True), name="stale_decisions"),
        ),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["policy", "item"],
                include=["prompt_status", "response_status"],
                condition=models.Q(status="disputed"),
                name="disputed_decisions",
            ),
        ),
    ]

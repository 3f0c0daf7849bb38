from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("guards", "0008_near_cases_left_out")]

    operations = [
        migrations.AddField(
            model_name="casetext",
            name="ends_at_prompt",
            field=models.BooleanField(db_default=False, default=False),
        )
    ]

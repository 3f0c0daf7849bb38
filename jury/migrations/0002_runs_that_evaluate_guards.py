"""Runs may ask for verdicts on the cases of a benchmark."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jury", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="generates",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Ballots"),
                    ("responses", "Responses"),
                    ("refusals", "Refusals"),
                    ("verdicts", "Verdicts"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspace", "0003_digests")]

    operations = [
        migrations.AlterField(
            "job",
            "state",
            models.CharField(
                choices=[
                    ("draft", "Not imported yet"),
                    ("waiting", "Waiting for a worker"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                ],
                default="waiting",
                max_length=7,
            ),
        )
    ]

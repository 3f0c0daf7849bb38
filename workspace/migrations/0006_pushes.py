from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspace", "0005_group_roles")]

    operations = [
        migrations.AlterField(
            "job",
            "kind",
            models.CharField(
                choices=[
                    ("dialogues", "Import of dialogues"),
                    ("votes", "Import of votes"),
                    ("release", "Release"),
                    ("push", "Push of a release"),
                ],
                max_length=9,
            ),
        )
    ]

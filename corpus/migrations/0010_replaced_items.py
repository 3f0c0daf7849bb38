from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("corpus", "0009_turns_of_tools")]

    operations = [
        migrations.AddField("item", "replaces", models.TextField(blank=True, null=True)),
        migrations.AddIndex(
            "item",
            models.Index(
                condition=models.Q(("replaces__isnull", False)), fields=["project", "replaces"], name="replacing_items"
            ),
        ),
    ]

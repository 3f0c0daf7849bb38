from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("corpus", "0002_append_only_events")]

    operations = [
        migrations.AddIndex(
            "item",
            models.Index(fields=["id"], condition=models.Q(withdrawn_at__isnull=False), name="withdrawn_items"),
        ),
    ]

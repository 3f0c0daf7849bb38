from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("corpus", "0003_withdrawn_items")]

    operations = [migrations.AddField("project", "archived_at", models.DateTimeField(blank=True, null=True))]

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jury", "0010_shards_that_wait")]

    operations = [
        migrations.AddField("batch", "names", ArrayField(base_field=models.TextField(), null=True, size=None)),
    ]

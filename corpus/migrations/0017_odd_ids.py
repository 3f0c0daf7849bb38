from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('corpus', '0016_certified_score'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='item',
            index=models.Index(condition=models.Q(('external_id__regex', '[^!-@\\[-~]')), fields=['project'], name='items_with_an_odd_id'),
        ),
    ]

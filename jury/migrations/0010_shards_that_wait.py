from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('jury', '0009_probabilities'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='shard',
            index=models.Index(models.F('run'), models.F('juror'), models.F('items__0'), models.F('id'), condition=models.Q(('state', 'waiting')), name='shards_that_wait'),
        ),
    ]

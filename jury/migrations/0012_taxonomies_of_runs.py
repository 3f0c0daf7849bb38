import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("corpus", "0018_texts_without_statistics"), ("jury", "0011_names_that_batches_ask")]

    operations = [
        migrations.AddField(
            "run",
            "taxonomy",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="corpus.taxonomy",
            ),
        ),
    ]

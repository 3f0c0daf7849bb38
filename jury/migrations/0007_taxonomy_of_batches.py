import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("corpus", "0008_taxonomy_drafts"), ("jury", "0006_answers")]

    operations = [
        migrations.AddField(
            "batch",
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

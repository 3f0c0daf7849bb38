import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("adjudication", "0006_comments")]

    operations = [
        migrations.AlterField(
            "answerdecision",
            name,
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=f"corpus.{name}",
            ),
        )
        for name in ("item", "question")
    ]

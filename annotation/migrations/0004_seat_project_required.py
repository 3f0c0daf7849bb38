import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0003_fill_seat_project"),
        ("corpus", "0003_items_version"),
    ]

    operations = [
        migrations.AlterField(
            model_name="seat",
            name="project",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="corpus.project"
            ),
        ),
    ]

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0008_similar_apart"), ("corpus", "0010_replaced_items")]

    operations = [
        migrations.AddField("queue", "stops_early", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "queue",
            "most_votes",
            models.PositiveSmallIntegerField(
                blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
            ),
        ),
        migrations.CreateModel(
            name="SparedVotes",
            fields=[
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="corpus.item",
                    ),
                ),
                ("votes", models.PositiveSmallIntegerField()),
            ],
        ),
    ]

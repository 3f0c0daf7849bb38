import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0011_background"), ("corpus", "0012_certified_labels")]

    operations = [
        migrations.AddField(
            "queue",
            "orders_by",
            models.CharField(
                choices=[
                    ("random", "at random"),
                    ("disagreement", "where people will probably disagree first"),
                ],
                db_default="random",
                default="random",
                max_length=12,
            ),
        ),
        migrations.AddField(
            "queue",
            "random_percent",
            models.PositiveSmallIntegerField(
                db_default=10,
                default=10,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.AddConstraint(
            "queue",
            models.CheckConstraint(
                condition=models.Q(("random_percent__gte", 1), ("random_percent__lte", 100)),
                name="queue_keeps_some_claims_random",
            ),
        ),
        migrations.AddField("slot", "place", models.FloatField(null=True)),
        migrations.AddField("slot", "random_odds", models.FloatField(null=True)),
        migrations.AddConstraint(
            "slot",
            models.CheckConstraint(
                condition=models.Q(("place", None), ("random_odds", None))
                | models.Q(("random_odds__gt", 0), ("random_odds__lte", 1)),
                name="slot_odds_are_a_probability",
            ),
        ),
        migrations.CreateModel(
            name="QueuePlace",
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
                ("place", models.FloatField()),
                ("lot", models.FloatField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="annotation.batch",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="corpus.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "batch", "place"], name="places_in_order"),
                    models.Index(fields=["project", "batch", "lot"], name="places_by_lot"),
                ],
            },
        ),
    ]

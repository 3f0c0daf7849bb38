import django.db.models.deletion
from django.db import migrations, models

SPLIT_BY = [("prompt", "Equal prompts"), ("cluster", "Near-duplicate prompts")]


class Migration(migrations.Migration):
    dependencies = [("corpus", "0010_replaced_items")]

    operations = [
        migrations.CreateModel(
            name="DuplicateSearch",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="corpus.project",
                    ),
                ),
                ("method", models.PositiveSmallIntegerField()),
                ("newest_item", models.BigIntegerField()),
                ("items", models.PositiveIntegerField()),
                ("clusters", models.PositiveIntegerField()),
                ("clustered", models.PositiveIntegerField()),
                ("largest", models.PositiveIntegerField()),
                ("cut", models.PositiveIntegerField()),
                ("seconds", models.FloatField()),
                ("searched_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="ItemCluster",
            fields=[
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="corpus.item",
                    ),
                ),
                ("cluster", models.BinaryField(max_length=16)),
                ("size", models.PositiveIntegerField()),
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
                    models.Index(fields=["project", "cluster"], name="items_of_a_cluster"),
                    models.Index(
                        condition=models.Q(("size__gt", 1)), fields=["item"], name="items_with_near_duplicates"
                    ),
                ],
            },
        ),
        # Projects that are there already keep the splits that they have made releases with.
        migrations.AddField(
            "project",
            "split_by",
            models.CharField(choices=SPLIT_BY, db_default="prompt", default="prompt", max_length=7),
        ),
        migrations.AlterField(
            "project",
            "split_by",
            models.CharField(choices=SPLIT_BY, db_default="cluster", default="cluster", max_length=7),
        ),
    ]

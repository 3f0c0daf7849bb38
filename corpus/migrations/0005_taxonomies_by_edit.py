import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("corpus", "0004_archived_projects")]

    operations = [
        migrations.AddField("category", "crosswalk", models.JSONField(blank=True, default=dict)),
        migrations.AddField(
            "taxonomy",
            "based_on",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="corpus.taxonomy",
            ),
        ),
        migrations.CreateModel(
            "CategoryMap",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(db_index=False, max_length=60)),
                (
                    "counts_as",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "earlier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="corpus.taxonomy",
                    ),
                ),
                (
                    "taxonomy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="corpus.taxonomy",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("taxonomy", "earlier", "slug"), name="one_map_a_category"),
                    models.CheckConstraint(
                        condition=~models.Q(taxonomy=models.F("earlier")), name="map_is_from_an_earlier_version"
                    ),
                ],
            },
        ),
    ]

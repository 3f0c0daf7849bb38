from pathlib import Path

import django.db.models.deletion
import orjson
from django.conf import settings
from django.db import migrations, models

# Versions that were made before the column by adding a category say in their event what they were made from.
BASED_ON = """
UPDATE corpus_taxonomy later SET based_on_id = earlier.id
FROM corpus_event e, corpus_taxonomy earlier
WHERE e.verb = 'taxonomy.extended' AND later.based_on_id IS NULL AND earlier.id <> later.id
    AND e.subject = later.name || ' v' || later.version
    AND e.detail ->> 'before' = earlier.name || ' v' || earlier.version
"""
# Codes of other taxonomies are nothing that opinions refer to, so stored copies of the delivered taxonomy get them.
DELIVERED = Path(__file__).resolve().parent.parent / "taxonomies" / "aegis2.json"
CROSSWALKS = """
WITH RECURSIVE copy AS (
    SELECT id FROM corpus_taxonomy WHERE name = 'aegis2' AND version = 1
    UNION SELECT later.id FROM corpus_taxonomy later JOIN copy ON later.based_on_id = copy.id
)
UPDATE corpus_category SET crosswalk = delivered -> 'crosswalk'
FROM jsonb_array_elements(%s::jsonb -> 'categories') AS delivered
WHERE taxonomy_id IN (SELECT id FROM copy) AND slug = delivered ->> 'slug' AND crosswalk = '{}'
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(BASED_ON)
        if apps.get_model("corpus", "Taxonomy").objects.filter(name="aegis2", version=1).exists():
            cursor.execute(CROSSWALKS, [orjson.dumps(orjson.loads(DELIVERED.read_bytes())).decode()])


class Migration(migrations.Migration):
    dependencies = [
        ("corpus", "0007_projects_with_questions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("categorymap", "one_map_a_category"),
        migrations.AddConstraint(
            "categorymap", models.UniqueConstraint(fields=("taxonomy", "slug"), name="one_map_a_category")
        ),
        migrations.CreateModel(
            name="TaxonomyDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("changes", models.JSONField(default=list)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "based_on",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="corpus.taxonomy"
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="corpus.project"
                    ),
                ),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

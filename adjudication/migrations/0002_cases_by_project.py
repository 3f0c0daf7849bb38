import django.db.models.deletion
from django.db import migrations, models

COPY = """
UPDATE adjudication_case SET project_id = i.project_id, source = i.source
FROM corpus_item i WHERE i.id = adjudication_case.item_id;
SET CONSTRAINTS ALL IMMEDIATE; -- PostgreSQL alters no table whose checks are still due
"""


class Migration(migrations.Migration):
    dependencies = [("adjudication", "0001_initial"), ("corpus", "0003_withdrawn_items")]

    operations = [
        migrations.AddField(
            "case",
            "project",
            models.ForeignKey(
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="corpus.project",
            ),
        ),
        migrations.AddField("case", "source", models.TextField(blank=True, default="")),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.AlterField(
            "case",
            "project",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="corpus.project"
            ),
        ),
        migrations.AddIndex(
            "case", models.Index(fields=["project", "state", "opened_at", "id"], name="cases_by_opening")
        ),
        migrations.AddIndex(
            "case", models.Index(fields=["project", "state", "closed_at", "id"], name="cases_by_closing")
        ),
    ]

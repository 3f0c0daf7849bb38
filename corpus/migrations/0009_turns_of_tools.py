from django.db import migrations, models
from django.db.models.expressions import RawSQL

ENDS_IN_RESPONSE = r"""
    coalesce(turns -> -1 ->> 'role', '') = 'assistant' AND NOT (turns -> -1 -> 'message' -> 'tool_calls' IS NOT NULL
        AND btrim(coalesce(turns -> -1 -> 'message' ->> 'content', ''), E' \t\r\n') = '')
"""


class Migration(migrations.Migration):
    """A turn that only calls tools is no response. The expression of a generated column cannot be changed in place."""

    dependencies = [("corpus", "0008_taxonomy_drafts")]

    operations = [
        migrations.RemoveField("item", "has_response"),
        migrations.AddField(
            "item",
            "has_response",
            models.GeneratedField(
                db_persist=True, expression=RawSQL(ENDS_IN_RESPONSE, ()), output_field=models.BooleanField()
            ),
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    """
    Remove publications that have whole percents: whoever sees the votes could tell from them who is in a group.

    They can be published again, as comparisons with groups picked at random.
    """

    dependencies = [("quality", "0006_score_of_promises")]

    operations = [migrations.RunSQL("DELETE FROM quality_perspectives", migrations.RunSQL.noop)]

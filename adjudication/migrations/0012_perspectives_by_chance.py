from django.db import migrations


class Migration(migrations.Migration):
    """Remove what was stated of groups of people: it is stated anew with the next publication."""

    dependencies = [("adjudication", "0011_stated_twins")]

    operations = [
        migrations.RunSQL(
            "DELETE FROM adjudication_statedfigures WHERE kind = 'perspectives'", migrations.RunSQL.noop
        )
    ]

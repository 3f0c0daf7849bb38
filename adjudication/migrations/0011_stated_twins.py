from django.db import migrations, models


class Migration(migrations.Migration):
    """What was measured on twins may be stated."""

    dependencies = [("adjudication", "0010_stated_figures")]

    operations = [
        migrations.AlterField(
            model_name="statedfigures",
            name="kind",
            field=models.CharField(
                choices=[
                    ("disagreement", "Disagreement"),
                    ("bias", "Bias"),
                    ("perspectives", "Perspectives"),
                    ("twins", "Twins"),
                ],
                max_length=20,
            ),
        )
    ]

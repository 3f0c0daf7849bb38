import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0007_blind_sample")]

    operations = [
        migrations.AddField(
            "queue",
            "similar_apart",
            models.PositiveSmallIntegerField(
                db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(200)]
            ),
        ),
    ]

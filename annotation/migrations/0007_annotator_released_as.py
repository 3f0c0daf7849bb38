from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0006_further_votes")]

    operations = [
        migrations.AddField("annotator", "released_as", models.TextField(blank=True, db_default="", default="")),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("guards", "0006_hash_lists")]

    operations = [migrations.AddField(model_name="benchmark", name="twins", field=models.JSONField(null=True))]

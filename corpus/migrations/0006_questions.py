import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("corpus", "0005_taxonomies_by_edit")]

    operations = [
        migrations.CreateModel(
            "Question",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=60)),
                ("text", models.CharField(max_length=300)),
                ("guidance", models.TextField(blank=True, default="")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("yes_no", "Yes or no"),
                            ("one_of", "One of several"),
                            ("many_of", "Any of several"),
                            ("ordinal", "A scale"),
                            ("text", "A text"),
                        ],
                        max_length=8,
                    ),
                ),
                ("choices", models.JSONField(blank=True, default=list)),
                (
                    "asked_of",
                    models.CharField(
                        choices=[("people", "People"), ("jurors", "Jurors"), ("both", "People and jurors")],
                        default="people",
                        max_length=7,
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        choices=[
                            ("prompt", "The prompt"),
                            ("response", "The response"),
                            ("dialogue", "The whole dialogue"),
                        ],
                        default="dialogue",
                        max_length=8,
                    ),
                ),
                ("is_required", models.BooleanField(default=True)),
                ("opens_cases", models.BooleanField(default=False)),
                ("position", models.PositiveSmallIntegerField()),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="corpus.project"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "key"), name="one_question_a_key"),
                    models.CheckConstraint(
                        condition=models.Q(type__in=["yes_no", "text"], choices=[])
                        | (models.Q(type__in=["one_of", "many_of", "ordinal"]) & ~models.Q(choices=[])),
                        name="question_has_the_choices_of_its_type",
                    ),
                ],
            },
        ),
    ]

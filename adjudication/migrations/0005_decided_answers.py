import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("adjudication", "0004_answers"),
        ("corpus", "0007_projects_with_questions"),
    ]

    operations = [
        migrations.CreateModel(
            "AnswerDecision",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy", models.CharField(max_length=20)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("unanimous", "Unanimous"),
                            ("majority", "Majority"),
                            ("decided", "Decided"),
                            ("disputed", "Disputed"),
                            ("pending", "Pending"),
                            ("settled", "Settled"),
                        ],
                        max_length=9,
                    ),
                ),
                ("value", models.JSONField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("spread", models.PositiveSmallIntegerField(null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="corpus.item",
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="corpus.question",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "disputed")),
                        fields=["question", "policy", "item"],
                        name="disputed_answers",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "policy", "question"), name="one_answer_decision_a_policy"
                    )
                ],
            },
        ),
    ]

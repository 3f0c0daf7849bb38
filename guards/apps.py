"""The app's configuration."""

from django.apps import AppConfig


class GuardsConfig(AppConfig):
    """Benchmarks, evaluations of guards on them, and guards of one's own."""

    name = "guards"

    def ready(self) -> None:
        """Tell the jury's engine how guards are asked about the cases of benchmarks."""
        from jury.kinds import KINDS, RunKind
        from jury.models import Run

        KINDS[Run.Generates.VERDICTS] = RunKind(
            model="guards.Verdict",
            client_path="guards.engine.verdict_client.VerdictClient",
            items_path="guards.queries.texts_by_pk",
            items_to_ask_path="guards.queries.texts_to_ask",
        )

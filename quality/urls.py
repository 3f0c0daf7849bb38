from django.urls import path

from quality.views import advice, case_figures, certified, group_terms, panel, perspectives, quality, state

app_name = "quality"
urlpatterns = [
    path("quality/", quality.quality, name="quality"),
    path("quality/state/", state.state, name="state"),
    path("quality/measure/", state.measure, name="measure"),
    path("quality/advice/", advice.advice, name="advice"),
    path("quality/certified/", certified.certified, name="certified"),
    path("quality/certified/watch/", certified.watch, name="watch-promise"),
    path("quality/perspectives/", perspectives.perspectives, name="perspectives"),
    path("quality/perspectives/publish/", perspectives.publish, name="publish-perspectives"),
    path("quality/terms/", group_terms.group_terms, name="group-terms"),
    path("quality/terms/<int:terms>.csv", group_terms.download, name="download-group-terms"),
    path("jury/panel/", panel.panel, name="panel"),
    path("cases/figures/", case_figures.figures, name="case-figures"),
    path("cases/figures/keep/", case_figures.update_case_settings, name="update-case-settings"),
]

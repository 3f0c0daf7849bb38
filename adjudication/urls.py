from django.urls import path

from adjudication import case_views, other_views, panel_views, policy_views, quality_views, trail_views

app_name = "adjudication"
urlpatterns = [
    path("other/", other_views.others, name="others"),
    path("other/add/", other_views.add, name="add-category"),
    path("jury/panel/", panel_views.panel, name="panel"),
    path("quality/", quality_views.quality, name="quality"),
    path("quality/state/", quality_views.state, name="quality-state"),
    path("quality/measure/", quality_views.measure, name="measure"),
    path("quality/advice/", quality_views.advice, name="advice"),
    path("quality/policies/", policy_views.policies, name="policies"),
    path("quality/policies/change/", policy_views.change, name="change-policy"),
    path("cases/", case_views.docket, name="cases"),
    path("cases/next/", case_views.take_next, name="next-case"),
    path("cases/figures/", case_views.figures, name="figures"),
    path("cases/figures/keep/", case_views.keep_docket, name="keep-docket"),
    path("cases/<int:case>/", case_views.case, name="case"),
    path("cases/<int:case>/claim/", case_views.claim, name="claim"),
    path("cases/<int:case>/renew/", case_views.renew, name="renew"),
    path("cases/<int:case>/release/", case_views.release, name="release"),
    path("cases/<int:case>/blind/", case_views.blind, name="blind"),
    path("cases/<int:case>/settle/", case_views.settle, name="settle"),
    path("cases/<int:case>/send-back/", case_views.send_back, name="send-back"),
    path("cases/<int:case>/reopen/", case_views.reopen, name="reopen"),
    path("cases/<int:case>/ask-second/", case_views.ask_second, name="ask-second"),
    path("items/<path:external_id>/history/", trail_views.item_history, name="history"),
    path("events/", trail_views.events, name="events"),
]

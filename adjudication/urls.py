"""Pages of adjudication, under /projects/<slug>/."""

from django.urls import path

from adjudication.views import audit_log, audits, ballots, cases, comments, history, other_category, policies
from adjudication.views import taxonomy as taxonomy_pages

app_name = "adjudication"
urlpatterns = [
    path("other/", other_category.other_texts, name="other-texts"),
    path("other/add/", other_category.add, name="add-category"),
    path("audits/", audits.audits, name="audits"),
    path("audits/<int:item>/", audits.audit, name="audit"),
    path("audits/<int:item>/show/", audits.show, name="show-audit"),
    path("jury/ballots/<int:ballot>/", ballots.ballot, name="ballot"),
    path("quality/policies/", policies.policies, name="policies"),
    path("quality/policies/change/", policies.change, name="change-policy"),
    path("taxonomy/", taxonomy_pages.taxonomy, name="taxonomy"),
    path("taxonomy/file/", taxonomy_pages.download, name="taxonomy-file"),
    path("taxonomy/change/", taxonomy_pages.change, name="change-taxonomy"),
    path("taxonomy/draft/", taxonomy_pages.draft, name="taxonomy-draft"),
    path("taxonomy/draft/undo/", taxonomy_pages.undo, name="undo-change"),
    path("taxonomy/draft/discard/", taxonomy_pages.discard, name="discard-draft"),
    path("taxonomy/draft/publish/", taxonomy_pages.publish, name="publish-taxonomy"),
    path("taxonomy/questions/add/", taxonomy_pages.add_question, name="add-question"),
    path("taxonomy/questions/<slug:key>/", taxonomy_pages.edit_question, name="edit-question"),
    path("taxonomy/questions/<slug:key>/act/", taxonomy_pages.act_on_question, name="act-on-question"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/next/", cases.claim_next, name="next-case"),
    path("cases/<int:case>/", cases.case, name="case"),
    path("cases/<int:case>/claim/", cases.claim, name="claim"),
    path("cases/<int:case>/show/", cases.show, name="show-case"),
    path("cases/<int:case>/renew/", cases.renew, name="renew"),
    path("cases/<int:case>/release/", cases.release, name="release"),
    path("cases/<int:case>/blind/", cases.blind, name="blind"),
    path("cases/<int:case>/settle/", cases.settle, name="settle"),
    path("cases/<int:case>/send-back/", cases.send_back, name="send-back"),
    path("cases/<int:case>/reopen/", cases.reopen, name="reopen"),
    path("cases/<int:case>/ask-second/", cases.ask_second, name="ask-second"),
    path("items/<path:external_id>/history/", history.item_history, name="history"),
    path("items/<path:external_id>/comments/", comments.comments, name="comments"),
    path("items/<path:external_id>/comments/<int:comment>/remove/", comments.remove, name="remove-comment"),
    path("events/", audit_log.events, name="events"),
]
